import JSON
import KubeModel

/// Resources that are questions: they are answered and not stored.
struct VirtualResources: Sendable {
    let access: AccessReviews
    let identity: IdentityReviews

    /// Nil when the resource is one that is stored.
    func answer(_ verbs: ObjectVerbs) async throws(APIStatus) -> Answer? {
        let resource = verbs.resource
        switch (resource.groupVersion.group, resource.plural) {
        case ("authorization.k8s.io", _), ("authentication.k8s.io", _):
            return try await review(verbs)
        case ("", "bindings"):
            try only("create", verbs)
            let binding = try await verbs.decodeBody()
            let name = binding["metadata"]["name"].string ?? ""
            guard let pods = verbs.parts.table.find(group: "", version: "v1", resource: "pods") else { return nil }
            return try await PodBinding(verbs: verbs, pods: pods).bind(name, binding)
        case ("", "componentstatuses"): return try await componentStatuses(verbs)
        default: return nil
        }
    }

    private func only(_ verb: String, _ verbs: ObjectVerbs) throws(APIStatus) {
        guard verbs.request.info.verb == verb else {
            throw .methodNotSupported(verbs.resource, verbs.request.info.verb)
        }
    }

    private func review(_ verbs: ObjectVerbs) async throws(APIStatus) -> Answer {
        try only("create", verbs)
        let asked = try await verbs.decodeBody()
        let faults = verbs.rules.validate(asked)
        if !faults.isEmpty { throw .invalid(verbs.resource, "", faults) }
        let user = verbs.request.user
        let answer: JSON
        switch verbs.resource.plural {
        case "tokenreviews": answer = try await identity.tokenReview(asked)
        case "selfsubjectreviews": answer = identity.selfSubjectReview(asked, user: user)
        case "subjectaccessreviews": answer = try await access.subjectAccessReview(asked)
        case "selfsubjectaccessreviews": answer = try await access.selfSubjectAccessReview(asked, user: user)
        case "localsubjectaccessreviews":
            answer = try await access.localSubjectAccessReview(asked, namespace: verbs.namespace)
        case "selfsubjectrulesreviews": answer = try access.selfSubjectRulesReview(asked, user: user)
        default: throw .methodNotSupported(verbs.resource, verbs.request.info.verb)
        }
        return .tree(code: 201, answer)
    }

    /// Out of date since 1.19, and still asked for: of this one process all parts are as well as it is.
    private func componentStatuses(_ verbs: ObjectVerbs) async throws(APIStatus) -> Answer {
        let names = ["controller-manager", "etcd-0", "scheduler"]
        func status(_ name: String) -> JSON {
            [
                "kind": "ComponentStatus", "apiVersion": "v1", "metadata": ["name": .string(name)],
                "conditions": [["type": "Healthy", "status": "True", "message": "ok"]],
            ]
        }
        switch verbs.request.info.verb {
        case "get":
            guard names.contains(verbs.name) else { throw .notFound(verbs.resource, verbs.name) }
            return .tree(code: 200, status(verbs.name))
        case "list": return .trees(names.map(status))
        default: throw .methodNotSupported(verbs.resource, verbs.request.info.verb)
        }
    }
}
