import JSON

/// `rbac.authorization.k8s.io` ClusterRole: permissions everywhere, or collected from other ClusterRoles.
enum ClusterRole {
    static let rules: KindRules = {
        var rules = KindRules(group: RolePermissions.group, kind: "ClusterRole")
        rules.nameRule = .pathSegment
        rules.allowsCreateOnUpdate = true
        rules.validate = { object in
            RolePermissions.faults(object, isNamespaced: false) + aggregationFaults(object["aggregationRule"])
        }
        rules.validatesChangesLikeCreations()
        rules.table = RolePermissions.table
        return rules
    }()

    private static func aggregationFaults(_ rule: JSON) -> [FieldError] {
        if rule.isNull { return [] }
        let path = FieldPath("aggregationRule")["clusterRoleSelectors"]
        let selectors = rule.list("clusterRoleSelectors")
        if selectors.isEmpty {
            let detail = "at least one clusterRoleSelector required if aggregationRule is non-nil"
            return [.required(path, detail)]
        }
        return selectors.enumerated().flatMap { index, selector -> [FieldError] in
            let faults = SpecSelector.faults(selector, path[index])
            if SpecSelector.isUsable(selector) { return faults }
            return faults + [.invalid(path[index], .null, "invalid label selector.")]
        }
    }
}
