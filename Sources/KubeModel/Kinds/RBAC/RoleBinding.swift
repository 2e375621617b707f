/// `rbac.authorization.k8s.io` RoleBinding: gives a role to users within a namespace.
enum RoleBinding {
    static let rules = RoleSubjects.rules(kind: "RoleBinding", isNamespaced: true)
}
