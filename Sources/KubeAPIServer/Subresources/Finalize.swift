import JSON
import KubeModel

extension Subresources {
    /// Changes a namespace's `spec.finalizers` and nothing else; an empty list lets a namespace that is going go.
    func finalize() async throws(APIStatus) -> Answer {
        try await throughOwnDoor(
            ChangeRules(
                subresource: "finalize",
                prepare: { new, old in
                    let finalizers = new["spec"]["finalizers"]
                    let metadata = new["metadata"]
                    new = old
                    new["metadata"] = metadata
                    if finalizers.isNull {
                        new["spec"].remove("finalizers")
                    } else {
                        new["spec"]["finalizers"] = finalizers
                    }
                },
                validate: { _, _ in [] }))
    }
}
