import JSON
import KubeModel
import NIOHTTP1
import Wire

extension Subresources {
    /// `scale`: the number of replicas as an `autoscaling/v1` Scale, whatever the kind keeps it in.
    func scale() async throws(APIStatus) -> Answer {
        let served = verbs.served
        switch request.info.verb {
        case "get":
            let stored = try await parts.store.get(served, verbs.namespace, verbs.name)
            return .tree(code: 200, try scale(of: served.fromStorage(try ObjectStore.decode(stored))))
        case "update":
            let asked = try await decode("autoscaling/v1", "Scale")
            return try await put { _ in asked }
        default:
            guard let type = Schema.builtIn.type(WorkloadScale.groupVersion, kind: "Scale") else {
                throw .internalError("no schema of autoscaling/v1 Scale")
            }
            if verbs.isApply { return try await applyScale(type) }
            let patch = try await verbs.patchWork(as: type)
            return try await put { scale throws(APIStatus) in
                let patched = try patch(scale)
                return try Self.decoded(patched.tree, type) { patched.shown }
            }
        }
    }

    private func applyScale(_ type: SchemaType) async throws(APIStatus) -> Answer {
        try request.query.checkWriteOptions("PatchOptions", isApply: true)
        let config = try verbs.decodeApplied(
            try await request.http.body(), as: "Scale", of: WorkloadScale.groupVersion)
        let managed = parts.managed.ofScale
        let (manager, force) = (request.fieldManager, request.query.flag("force") ?? false)
        let now = Timestamp(parts.now())
        return try await put(isRecorded: true) { scale throws(APIStatus) in
            let applied = try managed.apply(config, to: scale, manager: manager, force: force, now: now)
            return try Self.decoded(applied, type) { applied.text }
        }
    }

    /// - Parameter shown: what stands for the tree when it is no scale.
    private static func decoded(_ tree: JSON, _ type: SchemaType, _ shown: () -> String) throws(APIStatus) -> JSON {
        do { return try StructuralDecoder.decode(tree, as: type).object } catch {
            throw ObjectVerbs.unfit(shown(), error.description)
        }
    }

    private func scale(of object: JSON, isForUpdate: Bool = false) throws(APIStatus) -> JSON {
        if let custom = verbs.served.custom?.scale { return try custom.scale(of: object, isForUpdate: isForUpdate) }
        return try WorkloadScale.of(object)
    }

    /// Writes the scale that `change` makes of the old one. Who owns the scale's replicas owns the object's.
    /// - Parameter isRecorded: whether `change` has noted its manager in the scale's managed fields.
    private func put(
        isRecorded: Bool = false, _ change: @escaping @Sendable (_ scale: JSON) throws(APIStatus) -> JSON
    ) async throws(APIStatus) -> Answer {
        let this = self
        let rules = verbs.rules
        let custom = verbs.served.custom?.scale
        let managed = parts.managed.ofScale
        let (manager, now) = (request.fieldManager, Timestamp(parts.now()))
        let groupVersion = verbs.served.groupVersion
        let door = ChangeRules(
            subresource: "scale", prepare: { rules.prepareForUpdate(&$0, $1) },
            validate: { rules.validateUpdate($0, $1) })
        let answer = try await verbs.change(door, record: { _, _ in }) { object throws(APIStatus) in
            let owners = ScaleManagedFields(
                parent: object["metadata"]["managedFields"], groupVersion: groupVersion,
                replicasPath: custom?.replicasPath)
            var old = try this.scale(of: object, isForUpdate: true)
            if !owners.scale.isNull { old["metadata"]["managedFields"] = owners.scale }
            var new = try change(old)
            if !isRecorded { new = managed.update(live: old, new: new, manager: manager, now: now) }
            var result: JSON
            if let custom {
                result = try custom.scaled(object, to: new)
            } else {
                result = try WorkloadScale.scaled(object, to: new)
            }
            let fields = owners.parent(after: new["metadata"]["managedFields"])
            if fields.isNull {
                result["metadata"].remove("managedFields")
            } else {
                result["metadata"]["managedFields"] = fields
            }
            return result
        }
        return .tree(code: 200, try scale(of: try answer.tree(verbs.served)))
    }
}

extension Answer {
    /// The object of an answer that has one, in the served version's form.
    func tree(_ served: ServedResource) throws(APIStatus) -> JSON {
        switch self {
        case .stored(_, let value): served.fromStorage(try ObjectStore.decode(value))
        case .tree(_, let object): object
        default: .null
        }
    }
}
