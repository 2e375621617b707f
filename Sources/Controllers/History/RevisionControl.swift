import JSON
import KubeClient
import KubeModel

/// Writes ControllerRevisions.
struct RevisionControl: Sendable {
    /// Other revisions of the same name that are got around in one turn.
    private static let tries = 10

    let api: any ObjectAPI
    let revisions: Informer

    /// The revision of the owner's template as it is now, with the highest number; made when there is none.
    /// - Parameters:
    ///   - known: those of the owner.
    ///   - collisions: counted up for each other revision that has the name.
    func latest(of owner: JSON, known: [JSON], collisions: inout Int) async throws -> JSON {
        let sorted = RevisionHistory.sort(known)
        let wanted = RevisionHistory.make(of: owner, number: RevisionHistory.next(sorted), collisions: collisions)
        if let equal = sorted.last(where: { RevisionHistory.isSame($0, wanted) }) {
            guard let last = sorted.last, !RevisionHistory.isSame(last, equal) else { return sorted.last ?? equal }
            var renewed = equal
            renewed["revision"] = wanted["revision"]
            let written = try await api.update(.controllerRevisions, renewed)
            await revisions.reached(written)
            return written
        }
        return try await create(of: owner, number: RevisionHistory.number(wanted), collisions: &collisions)
    }

    private func create(of owner: JSON, number: Int, collisions: inout Int) async throws -> JSON {
        for _ in 0..<Self.tries {
            let revision = RevisionHistory.make(of: owner, number: number, collisions: collisions)
            do throws(APIStatus) {
                let made = try await api.create(.controllerRevisions, revision)
                await revisions.reached(made)
                return made
            } catch {
                guard error.isAlreadyExists else { throw error }
                let there = try await api.get(
                    .controllerRevisions, revision.objectNamespace, revision.objectName)
                if RevisionHistory.isSame(there, revision) { return there }
                collisions += 1
            }
        }
        throw ClaimFailure("no free name for a revision of \(owner.objectNamespace)/\(owner.objectName)")
    }

    func delete(_ expired: [JSON]) async throws {
        for revision in expired {
            try await api.deleteIfThere(.controllerRevisions, revision.objectNamespace, revision.objectName)
        }
    }
}
