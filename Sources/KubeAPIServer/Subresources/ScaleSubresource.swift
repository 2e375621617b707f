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
            let patch = try await verbs.patchWork(as: Schema.builtIn.type(WorkloadScale.groupVersion, kind: "Scale"))
            return try await put { scale throws(APIStatus) in try patch(scale) }
        }
    }

    private func scale(of object: JSON, isForUpdate: Bool = false) throws(APIStatus) -> JSON {
        if let custom = verbs.served.custom?.scale { return try custom.scale(of: object, isForUpdate: isForUpdate) }
        return try WorkloadScale.of(object)
    }

    private func put(_ change: @escaping @Sendable (_ scale: JSON) throws(APIStatus) -> JSON) async throws(APIStatus)
        -> Answer
    {
        let this = self
        let rules = verbs.rules
        let door = ChangeRules(
            subresource: "scale", prepare: { rules.prepareForUpdate(&$0, $1) },
            validate: { rules.validateUpdate($0, $1) })
        let answer = try await verbs.change(door) { object throws(APIStatus) in
            let old = try this.scale(of: object, isForUpdate: true)
            let new = try change(old)
            if let custom = this.verbs.served.custom?.scale { return try custom.scaled(object, to: new) }
            return try WorkloadScale.scaled(object, to: new)
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
