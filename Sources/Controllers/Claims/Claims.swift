import JSON
import KubeClient
import KubeModel

/// Carries out who owns which dependents.
struct Claims: Sendable {
    let api: any ObjectAPI
    let owners: ResourceID
    let dependents: ResourceID

    /// - Parameter candidates: the owner's dependents and those of its namespace that nobody controls.
    /// - Returns: the owner's dependents, adopted ones with it.
    func claim(_ candidates: [JSON], owner: JSON, selector: LabelSelector) async throws -> [JSON] {
        let plan = ClaimPlan(candidates, owner: owner, selector: selector)
        for object in plan.released { try await release(object, from: owner) }
        guard !plan.adopted.isEmpty else { return plan.owned }
        try await checkOwner(owner)
        var owned = plan.owned
        for object in plan.adopted {
            let patch = ClaimPlan.adoption(of: object, by: owner)
            if let adopted = try await change(object, patch) { owned.append(adopted) }
        }
        return owned
    }

    private func release(_ object: JSON, from owner: JSON) async throws {
        _ = try await change(object, ClaimPlan.release(of: object, from: [owner.uid]))
    }

    /// - Returns: nil when the object is gone, or another of its name is there, which nobody asked us about.
    private func change(_ object: JSON, _ patch: JSON) async throws(APIStatus) -> JSON? {
        do {
            return try await api.patch(
                dependents, object.objectNamespace, object.objectName, subresource: "", .strategic(patch))
        } catch {
            if error.isNotFound || error.reason == "Invalid" || error.isConflict { return nil }
            throw error
        }
    }

    /// Whether the owner is still there and stays: the cache may be late, and what a deleted owner adopts is deleted.
    private func checkOwner(_ owner: JSON) async throws {
        let fresh = try await api.get(owners, owner.objectNamespace, owner.objectName)
        let name = "\(owner.objectNamespace)/\(owner.objectName)"
        guard fresh.uid == owner.uid else {
            throw ClaimFailure(
                "original \(owner.text("kind")) \(name) is gone: got uid \(fresh.uid), wanted \(owner.uid)")
        }
        guard !fresh.isBeingDeleted else {
            throw ClaimFailure("\(name) has just been deleted at \(fresh["metadata"].text("deletionTimestamp"))")
        }
    }
}

struct ClaimFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
