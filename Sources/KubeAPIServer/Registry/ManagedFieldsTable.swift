import JSON
import KubeModel
import NIOConcurrencyHelpers

/// The keepers of managed fields, one for each way of writing to a resource, made when first used.
final class ManagedFieldsTable: Sendable {
    private struct Key: Hashable {
        let type: ObjectIdentifier
        let version: GroupVersion
        let subresource: String
    }

    private let made = NIOLockedValueBox<[Key: ManagedFields]>([:])
    /// Ways of writing that are kept; types of custom resources change with their definitions.
    private static let most = 4_096

    /// Of `scale`, whatever it is the scale of.
    let ofScale = ManagedFields(
        type: Schema.builtIn.type(WorkloadScale.groupVersion, kind: "Scale"), groupVersion: WorkloadScale.groupVersion,
        kind: "Scale", subresource: "scale")

    func of(_ served: ServedResource, _ subresource: String, in table: ResourceTable) -> ManagedFields {
        let resource = served.resource
        let key = Key(
            type: ObjectIdentifier(resource.type), version: served.groupVersion, subresource: subresource)
        if let known = made.withLockedValue({ $0[key] }) { return known }
        let fields = ManagedFields(
            type: resource.type, groupVersion: served.groupVersion, kind: resource.kind, subresource: subresource,
            resetFields: ManagedFields.resetFields(
                group: resource.groupVersion.group, kind: resource.kind, subresource: subresource,
                hasStatus: resource.subresource("status") != nil, isCustom: resource.isCustom)
        ) { object, from, to in
            guard let source = table.find(group: from.group, version: from.version, resource: resource.plural),
                let target = table.find(group: to.group, version: to.version, resource: resource.plural)
            else { return nil }
            return (target.fromStorage(source.toStorage(object)), target.resource.type)
        }
        made.withLockedValue { made in
            if made.count >= Self.most { made = [:] }
            made[key] = fields
        }
        return fields
    }
}

extension ObjectVerbs {
    private func managed(_ subresource: String) -> ManagedFields {
        parts.managed.of(served, subresource, in: parts.table)
    }

    /// Notes in the object's `managedFields` what the request changed.
    /// - Parameter object: in the stored form, as `old`.
    func record(_ object: inout JSON, old: JSON?, _ subresource: String = "") throws(APIStatus) {
        let recorded = managed(subresource).update(
            live: old.map(served.fromStorage), new: served.fromStorage(object), manager: request.fieldManager,
            now: Timestamp(parts.now()))
        let fields = recorded["metadata"]["managedFields"]
        if fields.isNull {
            object["metadata"].remove("managedFields")
        } else {
            object["metadata"]["managedFields"] = fields
        }
    }

    /// The object after applying the configuration, as a client's that is still to be decoded.
    func applied(_ config: JSON, to live: JSON?, force: Bool, subresource: String) throws(APIStatus) -> JSON {
        try managed(subresource).apply(
            config, to: live, manager: request.fieldManager, force: force, now: Timestamp(parts.now()))
    }
}
