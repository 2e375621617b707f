/// `rbac.authorization.k8s.io` ClusterRoleBinding: gives a ClusterRole to users everywhere.
enum ClusterRoleBinding {
    static let rules = RoleSubjects.rules(kind: "ClusterRoleBinding", isNamespaced: false)
}
