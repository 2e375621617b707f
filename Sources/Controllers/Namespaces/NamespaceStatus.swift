import JSON
import KubeModel

/// How far the deletion of a namespace's content has come.
struct NamespaceRemains: Equatable {
    /// Objects that are left, by `resource.group` (`pods.`).
    var objects: [String: Int] = [:]
    var finalizers: [String: Int] = [:]
    var failures: [String] = []

    var isEmpty: Bool { objects.isEmpty && failures.isEmpty }

    /// The namespace's conditions.
    /// - Parameter now: seconds since 1970.
    func conditions(_ old: [JSON], now: Double) -> [JSON] {
        var conditions = old
        for new in wanted(now) {
            guard let at = conditions.firstIndex(where: { $0["type"] == new["type"] }) else {
                conditions.append(new)
                continue
            }
            var changed = new
            if conditions[at]["status"] == new["status"] {
                changed["lastTransitionTime"] = conditions[at]["lastTransitionTime"]
            }
            conditions[at] = changed
        }
        return conditions
    }

    private func wanted(_ now: Double) -> [JSON] {
        func condition(_ type: String, _ isSo: Bool, _ reason: String, _ message: String) -> JSON {
            [
                "type": .string(type), "status": .string(isSo ? "True" : "False"),
                "lastTransitionTime": .string(Timestamp(now).text), "reason": .string(reason),
                "message": .string(message),
            ]
        }
        let left = objects.map { "\($0.key) has \($0.value) resource instances" }.sorted().joined(separator: ", ")
        let held = finalizers.map { "\($0.key) in \($0.value) resource instances" }.sorted().joined(separator: ", ")
        return [
            condition(
                "NamespaceDeletionDiscoveryFailure", false, "ResourcesDiscovered",
                "All resources successfully discovered"),
            condition(
                "NamespaceDeletionGroupVersionParsingFailure", false, "ParsedGroupVersions",
                "All legacy kube types successfully parsed"),
            failures.isEmpty
                ? condition(
                    "NamespaceDeletionContentFailure", false, "ContentDeleted",
                    "All content successfully deleted, may be waiting on finalization")
                : condition(
                    "NamespaceDeletionContentFailure", true, "ContentDeletionFailed",
                    "Failed to delete all resource types, \(failures.count) remaining: "
                        + failures.sorted().joined(separator: ", ")),
            objects.isEmpty
                ? condition(
                    "NamespaceContentRemaining", false, "ContentRemoved", "All content successfully removed")
                : condition(
                    "NamespaceContentRemaining", true, "SomeResourcesRemain", "Some resources are remaining: \(left)"),
            finalizers.isEmpty
                ? condition(
                    "NamespaceFinalizersRemaining", false, "ContentHasNoFinalizers",
                    "All content-preserving finalizers finished")
                : condition(
                    "NamespaceFinalizersRemaining", true, "SomeFinalizersRemain",
                    "Some content in the namespace has finalizers remaining: \(held)"),
        ]
    }
}
