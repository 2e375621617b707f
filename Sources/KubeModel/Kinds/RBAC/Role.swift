import JSON

/// `rbac.authorization.k8s.io` Role: permissions within a namespace.
enum Role {
    static let rules: KindRules = {
        var rules = KindRules(group: RolePermissions.group, kind: "Role")
        rules.nameRule = .pathSegment
        rules.allowsCreateOnUpdate = true
        rules.validate = { RolePermissions.faults($0, isNamespaced: true) }
        rules.validatesChangesLikeCreations()
        rules.table = RolePermissions.table
        return rules
    }()
}
