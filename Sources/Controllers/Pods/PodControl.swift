import JSON
import KubeClient
import KubeModel

/// Creates and deletes an owner's pods and tells of it by events about the owner.
struct PodControl: Sendable {
    let api: any ObjectAPI
    let recorder: EventRecorder

    /// Pods that are created at first in a turn; doubled while that goes well.
    private static let slowStart = 1

    /// The pod that a template makes for its owner, with `generateName`.
    static func pod(_ template: JSON, owner: JSON) -> JSON {
        var metadata: JSON = ["generateName": .string(prefix(owner.objectName))]
        for name in ["labels", "annotations", "finalizers"] where !template["metadata"][name].isNull {
            metadata[name] = template["metadata"][name]
        }
        metadata["namespace"] = owner["metadata"]["namespace"]
        metadata["ownerReferences"] = [OwnerReferences.make(to: owner, isController: true)]
        return ["apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]]
    }

    /// `web-`; without the dash where that would be no name.
    static func prefix(_ name: String) -> String { Names.dnsSubdomain(name + "a").isEmpty ? name + "-" : name }

    func create(_ pod: JSON, for owner: JSON) async throws(APIStatus) -> JSON {
        do {
            let made = try await api.create(.pods, pod)
            recorder.record(.normal, about: owner, reason: "SuccessfulCreate", "Created pod: \(made.objectName)")
            return made
        } catch {
            if !error.isNamespaceTerminating {
                recorder.record(.warning, about: owner, reason: "FailedCreate", "Error creating: \(error)")
            }
            throw error
        }
    }

    /// Deletes; that the pod is gone already throws NotFound.
    func delete(_ pod: JSON, for owner: JSON) async throws(APIStatus) {
        let name = pod.objectName
        do {
            try await api.delete(.pods, pod.objectNamespace, name, .null)
            recorder.record(.normal, about: owner, reason: "SuccessfulDelete", "Deleted pod: \(name)")
        } catch {
            if error.code == 404 { throw error }
            recorder.record(.warning, about: owner, reason: "FailedDelete", "Error deleting: \(error)")
            throw APIStatus(code: error.code, reason: error.reason, message: "unable to delete pods: \(error)")
        }
    }

    /// Creates many, few at first: when the first ones fail, as by a quota, the others aren't tried.
    /// - Returns: what was made, and the first failure. In a namespace that goes, nothing fails.
    func create(_ pods: [JSON], for owner: JSON) async -> (made: [JSON], failure: APIStatus?) {
        var made: [JSON] = []
        var rest = pods[...]
        var batch = Self.slowStart
        while !rest.isEmpty {
            let now = rest.prefix(batch)
            rest = rest.dropFirst(batch)
            let (created, failure) = await createAtOnce(Array(now), for: owner)
            made += created
            if let failure { return (made, failure) }
            batch *= 2
        }
        return (made, nil)
    }

    private func createAtOnce(_ pods: [JSON], for owner: JSON) async -> (made: [JSON], failure: APIStatus?) {
        await withTaskGroup(of: Result<JSON, APIStatus>.self) { group in
            for pod in pods {
                group.addTask {
                    do throws(APIStatus) { return .success(try await create(pod, for: owner)) } catch {
                        return .failure(error)
                    }
                }
            }
            var (made, failure): ([JSON], APIStatus?) = ([], nil)
            for await result in group {
                switch result {
                case .success(let pod): made.append(pod)
                case .failure(let error): if !error.isNamespaceTerminating, failure == nil { failure = error }
                }
            }
            return (made, failure)
        }
    }
}

extension APIStatus {
    /// Nothing can be made in a namespace that is being deleted.
    var isNamespaceTerminating: Bool {
        details.list("causes").contains { $0.text("reason") == "NamespaceTerminating" }
    }
    var isNotFound: Bool { code == 404 }
    var isConflict: Bool { reason == "Conflict" }
    var isAlreadyExists: Bool { reason == "AlreadyExists" }
}

extension ObjectAPI {
    /// Deletes; that the object isn't there is as good.
    func deleteIfThere(_ resource: ResourceID, _ namespace: String, _ name: String, _ options: JSON = .null)
        async throws(APIStatus)
    {
        do {
            try await delete(resource, namespace, name, options)
        } catch {
            if !error.isNotFound { throw error }
        }
    }
}
