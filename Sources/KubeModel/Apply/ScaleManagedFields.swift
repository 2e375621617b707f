import JSON

/// Managed fields of a `scale` subresource: its `spec.replicas` is the parent's field, under another path.
package struct ScaleManagedFields: Sendable {
    private static let scaleVersion = "autoscaling/v1"
    private static let replicas: [PathElement] = [.field("spec"), .field("replicas")]

    private let parent: FieldManagers
    private let version: String
    private let path: [PathElement]

    /// - Parameters:
    ///   - parent: the parent's `metadata.managedFields`.
    ///   - replicasPath: where the parent holds what the scale calls `spec.replicas`; nil: there too.
    package init(parent: JSON, groupVersion: GroupVersion, replicasPath: [String]? = nil) {
        self.parent = (try? FieldManagers(parent)) ?? FieldManagers()
        version = groupVersion.description
        path = replicasPath?.map(PathElement.field) ?? ScaleManagedFields.replicas
    }

    /// The scale's `metadata.managedFields`: the parent's managers that own the replicas.
    package var scale: JSON {
        var managers = FieldManagers()
        for entry in parent.entries where owns(entry) {
            var fields = FieldSet()
            fields.insert(ScaleManagedFields.replicas)
            let identity = FieldManagers.Identity(
                entry.identity.name, isApply: entry.identity.isApply, apiVersion: ScaleManagedFields.scaleVersion,
                subresource: entry.identity.subresource)
            managers.set(
                .init(identity, apiVersion: ScaleManagedFields.scaleVersion, time: entry.time, fields: fields))
        }
        return managers.json
    }

    /// The parent's `metadata.managedFields` after a write through the scale.
    /// - Parameter scale: the scale's, as the write left them.
    package func parent(after scale: JSON) -> JSON {
        var left = ((try? FieldManagers(scale)) ?? FieldManagers()).entries
            .filter { $0.fields.contains(ScaleManagedFields.replicas) }
        var replicas = FieldSet()
        replicas.insert(path)
        var managers = FieldManagers()
        for entry in parent.entries {
            var entry = entry
            if owns(entry) {
                if let at = left.firstIndex(where: { isSame($0.identity, entry.identity) }) {
                    left.remove(at: at)
                } else {
                    entry.fields = entry.fields.subtracting(replicas)
                }
            }
            if !entry.fields.isEmpty { managers.set(entry) }
        }
        for entry in left {
            let identity = FieldManagers.Identity(
                entry.identity.name, isApply: entry.identity.isApply, apiVersion: version,
                subresource: entry.identity.subresource)
            let before = managers[identity]?.fields ?? FieldSet()
            managers.set(
                .init(identity, apiVersion: version, time: entry.time, fields: before.union(replicas)))
        }
        return managers.json
    }

    private func owns(_ entry: FieldManagers.Entry) -> Bool {
        entry.apiVersion == version && entry.fields.contains(path)
    }

    /// The same but for the version, which is the scale's on one side and the parent's on the other.
    private func isSame(_ one: FieldManagers.Identity, _ other: FieldManagers.Identity) -> Bool {
        one.name == other.name && one.isApply == other.isApply && one.subresource == other.subresource
    }
}
