import KubeModel

/// What kubelets may do: their own objects, and of others those that pods on their node use.
package struct NodeAuthorizer: Authorizer {
    private static let rules = RoleTable.clusterRoles.first { $0.name == "system:node" }?.rules ?? []
    private let relations: NodeRelations

    package init(_ reader: any ObjectReader) { relations = NodeRelations(reader: reader) }

    package func authorize(_ request: RequestAttributes) async -> AccessDecision {
        guard let node = NodeName.of(request.user) else { return .noOpinion("") }
        guard !node.isEmpty else {
            return .noOpinion("unknown node for user \(GoText.quoted(request.user.name))")
        }
        guard request.isResource else { return byRules(request) }
        switch (request.group, request.resource) {
        case ("", "secrets"): return readNamespaced(node, .secret, request)
        case ("", "configmaps"): return readNamespaced(node, .configMap, request)
        case ("", "persistentvolumeclaims"):
            return request.subresource == "status"
                ? updateStatus(node, .claim, request) : get(node, .claim, request)
        case ("", "persistentvolumes"): return get(node, .volume, request)
        case ("resource.k8s.io", "resourceclaims"): return get(node, .resourceClaim, request)
        case ("storage.k8s.io", "volumeattachments"): return get(node, .attachment, request)
        case ("", "serviceaccounts"): return serviceAccount(node, request)
        case ("coordination.k8s.io", "leases"): return lease(node, request)
        case ("storage.k8s.io", "csinodes"): return csiNode(node, request)
        case ("resource.k8s.io", "resourceslices"): return slice(node, request)
        case ("", "nodes"): return ownNode(node, request)
        case ("", "pods"): return pod(node, request)
        default: return byRules(request)
        }
    }

    private func byRules(_ request: RequestAttributes) -> AccessDecision {
        Self.rules.contains { $0.allows(request) } ? .allow("") : .noOpinion("")
    }

    private func related(_ node: String, _ kind: NodeRelations.Kind, _ request: RequestAttributes) -> AccessDecision {
        guard !request.name.isEmpty else { return .noOpinion("No Object name found") }
        return relations.isRelated(kind, request.namespace, request.name, node: node)
            ? .allow("") : .noOpinion("no relationship found between node '\(node)' and this object")
    }

    private func updateStatus(_ node: String, _ kind: NodeRelations.Kind, _ request: RequestAttributes)
        -> AccessDecision
    {
        guard ["update", "patch"].contains(request.verb) else {
            return .noOpinion("can only get/update/patch this type")
        }
        return related(node, kind, request)
    }

    private func get(_ node: String, _ kind: NodeRelations.Kind, _ request: RequestAttributes) -> AccessDecision {
        guard request.verb == "get" else { return .noOpinion("can only get individual resources of this type") }
        guard request.subresource.isEmpty else { return .noOpinion("cannot get subresource") }
        return related(node, kind, request)
    }

    private func readNamespaced(_ node: String, _ kind: NodeRelations.Kind, _ request: RequestAttributes)
        -> AccessDecision
    {
        guard ["get", "list", "watch"].contains(request.verb) else {
            return .noOpinion("can only read resources of this type")
        }
        guard request.subresource.isEmpty else { return .noOpinion("cannot read subresource") }
        guard !request.namespace.isEmpty else { return .noOpinion("can only read namespaced object of this type") }
        return related(node, kind, request)
    }

    /// Tokens of the accounts of the node's pods, and, for credential providers, those accounts themselves.
    private func serviceAccount(_ node: String, _ request: RequestAttributes) -> AccessDecision {
        if request.verb == "get", request.subresource.isEmpty { return related(node, .serviceAccount, request) }
        guard request.verb == "create", !request.name.isEmpty else {
            return .noOpinion("can only create tokens for individual service accounts")
        }
        guard request.subresource == "token" else {
            return .noOpinion("can only create token subresource of serviceaccount")
        }
        return related(node, .serviceAccount, request)
    }

    /// A creation names no lease yet: NodeRestriction checks its name.
    private func lease(_ node: String, _ request: RequestAttributes) -> AccessDecision {
        guard ["get", "create", "update", "patch", "delete"].contains(request.verb) else {
            return .noOpinion("can only get, create, update, patch, or delete a node lease")
        }
        guard request.namespace == "kube-node-lease" else {
            return .noOpinion("can only access leases in the \"kube-node-lease\" system namespace")
        }
        guard request.verb == "create" || request.name == node else {
            return .noOpinion("can only access node lease with the same name as the requesting node")
        }
        return .allow("")
    }

    private func csiNode(_ node: String, _ request: RequestAttributes) -> AccessDecision {
        guard ["get", "create", "update", "patch", "delete"].contains(request.verb) else {
            return .noOpinion("can only get, create, update, patch, or delete a CSINode")
        }
        guard request.subresource.isEmpty else { return .noOpinion("cannot authorize CSINode subresources") }
        guard request.verb == "create" || request.name == node else {
            return .noOpinion("can only access CSINode with the same name as the requesting node")
        }
        return .allow("")
    }

    private func slice(_ node: String, _ request: RequestAttributes) -> AccessDecision {
        guard request.subresource.isEmpty else { return .noOpinion("cannot authorize ResourceSlice subresources") }
        switch request.verb {
        case "create": return .allow("")
        case "get", "update", "patch", "delete": return related(node, .slice, request)
        case "watch", "list", "deletecollection":
            return selects(request, "spec.nodeName", node)
                ? .allow("")
                : .noOpinion("can only list/watch/deletecollection resourceslices with nodeName field selector")
        default:
            return .noOpinion(
                "only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, "
                    + "delete, deletecollection")
        }
    }

    private func ownNode(_ node: String, _ request: RequestAttributes) -> AccessDecision {
        switch (request.subresource, request.verb) {
        case ("", "create"), ("", "update"), ("", "patch"), ("status", "update"), ("status", "patch"): return .allow("")
        case ("", "get"), ("", "list"), ("", "watch"):
            if request.name == node { return .allow("") }
            return .noOpinion(
                request.name.isEmpty
                    ? "node '\(node)' cannot read all nodes, only its own Node object"
                    : "node '\(node)' cannot read '\(request.name)', only its own Node object")
        default: return .noOpinion("")
        }
    }

    private func pod(_ node: String, _ request: RequestAttributes) -> AccessDecision {
        switch (request.subresource, request.verb) {
        case ("", "get"): return get(node, .pod, request)
        case ("", "list"), ("", "watch"):
            if selects(request, "spec.nodeName", node) { return .allow("") }
            if !request.name.isEmpty { return related(node, .pod, request) }
            return .noOpinion("can only list/watch pods with spec.nodeName field selector")
        case ("", "create"), ("", "delete"), ("status", "update"), ("status", "patch"), ("eviction", "create"):
            return .allow("")
        default: return .noOpinion("")
        }
    }

    private func selects(_ request: RequestAttributes, _ field: String, _ value: String) -> Bool {
        guard let selector = try? FieldSelector(parsing: request.fieldSelector) else { return false }
        return selector.terms.contains { $0.field == field && $0.isEqual && $0.value == value }
    }
}
