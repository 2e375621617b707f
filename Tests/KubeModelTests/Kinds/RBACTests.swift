import JSON
import Testing

@testable import KubeModel

@Suite("rbac.authorization.k8s.io")
struct RBACTests {
    func role(_ kind: String) throws -> JSON {
        try JSON(
            parsing: """
                {"kind": "\(kind)", "metadata": {"name": "a:b"},
                 "rules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}]}
                """)
    }

    func binding(_ rules: KindRules) throws -> JSON {
        try rules.defaulted(
            """
            {"metadata": {"name": "b"}, "roleRef": {"kind": "ClusterRole", "name": "edit"},
             "subjects": [{"kind": "User", "name": "ann"}, {"kind": "Group", "name": "ops"},
                          {"kind": "ServiceAccount", "name": "bot", "namespace": "ns"}]}
            """)
    }

    @Test("rules of a Role name resources only")
    func role() throws {
        Role.rules.expect(
            [
                FaultCase("verbs", "rules[0].verbs: Required value: verbs must contain at least one value") {
                    $0["rules"] = [["apiGroups": [""], "resources": ["pods"]]]
                },
                FaultCase(
                    "empty", "rules[0].verbs: Required value: verbs must contain at least one value",
                    "rules[0].apiGroups: Required value: resource rules must supply at least one api group",
                    "rules[0].resources: Required value: resource rules must supply at least one resource"
                ) { $0["rules"] = [[:]] },
                FaultCase(
                    "URLs",
                    "rules[0].nonResourceURLs: Invalid value: [\"/x\"]: "
                        + "namespaced rules cannot apply to non-resource URLs",
                    "rules[0].nonResourceURLs: Invalid value: [\"/x\"]: "
                        + "rules cannot apply to both regular resources and non-resource URLs"
                ) { $0["rules"] = [["verbs": ["get"], "nonResourceURLs": ["/x"], "resources": ["pods"]]] },
            ], of: try role("Role"))
        #expect(Role.rules.columnNames == ["Name", "Created At"])
        #expect(Role.rules.row(try role("Role")) == ["a:b", "2026-01-01T00:00:00Z"])
    }

    @Test("a ClusterRole may name URLs, and collect others' rules")
    func clusterRole() throws {
        ClusterRole.rules.expect(
            [
                FaultCase("URLs") { $0["rules"] = [["verbs": ["get"], "nonResourceURLs": ["/x"]]] },
                FaultCase(
                    "no selectors",
                    "aggregationRule.clusterRoleSelectors: Required value: "
                        + "at least one clusterRoleSelector required if aggregationRule is non-nil"
                ) { $0["aggregationRule"] = [:] },
                FaultCase(
                    "selector",
                    "aggregationRule.clusterRoleSelectors[0].matchExpressions[0].operator: "
                        + "Invalid value: \"Odd\": not a valid selector operator",
                    "aggregationRule.clusterRoleSelectors[0]: Invalid value: null: invalid label selector."
                ) {
                    $0["aggregationRule"] = [
                        "clusterRoleSelectors": [["matchExpressions": [["key": "a", "operator": "Odd"]]]]
                    ]
                },
            ], of: try role("ClusterRole"))
    }

    @Test("groups of a binding's role and users are filled in")
    func bindingDefaults() throws {
        let object = try binding(RoleBinding.rules)
        #expect(object["roleRef"]["apiGroup"] == "rbac.authorization.k8s.io")
        #expect(object["subjects"][0]["apiGroup"] == "rbac.authorization.k8s.io")
        #expect(object["subjects"][1]["apiGroup"] == "rbac.authorization.k8s.io")
        #expect(object["subjects"][2].has("apiGroup") == false)
    }

    @Test("a RoleBinding's faults are the original's")
    func roleBinding() throws {
        let rules = RoleBinding.rules
        rules.expect(
            [
                FaultCase(
                    "role's group",
                    "roleRef.apiGroup: Unsupported value: \"x\": supported values: \"rbac.authorization.k8s.io\""
                ) { $0["roleRef", "apiGroup"] = "x" },
                FaultCase(
                    "role's kind", "roleRef.kind: Unsupported value: \"x\": supported values: \"Role\", \"ClusterRole\""
                ) { $0["roleRef", "kind"] = "x" },
                FaultCase("no role", "roleRef.name: Required value") { $0["roleRef", "name"] = "" },
                FaultCase("role's name", "roleRef.name: Invalid value: \"a/b\": may not contain '/'") {
                    $0["roleRef", "name"] = "a/b"
                },
                FaultCase("subject's name", "subjects[0].name: Required value") {
                    $0["subjects"] = [["kind": "ServiceAccount"]]
                },
                FaultCase(
                    "subject's kind",
                    "subjects[0].kind: Unsupported value: \"\": "
                        + "supported values: \"ServiceAccount\", \"User\", \"Group\""
                ) { $0["subjects"] = [["name": "a"]] },
                FaultCase(
                    "account's group", "subjects[0].apiGroup: Unsupported value: \"x\": supported values: \"\""
                ) { $0["subjects"] = [["kind": "ServiceAccount", "name": "a", "apiGroup": "x"]] },
                FaultCase(
                    "user's group",
                    "subjects[0].apiGroup: Unsupported value: \"\": "
                        + "supported values: \"rbac.authorization.k8s.io\""
                ) { $0["subjects"] = [["kind": "User", "name": "a"]] },
            ], of: try binding(rules))
        rules.expectUpdates(
            [
                FaultCase(
                    "another role",
                    "roleRef: Invalid value: {\"APIGroup\":\"rbac.authorization.k8s.io\",\"Kind\":\"ClusterRole\","
                        + "\"Name\":\"view\"}: cannot change roleRef"
                ) { $0["roleRef", "name"] = "view" },
                FaultCase("no subjects") { $0.remove("subjects") },
            ], of: try binding(rules))
    }

    @Test("a ClusterRoleBinding needs a ClusterRole, and accounts with their namespaces")
    func clusterRoleBinding() throws {
        let rules = ClusterRoleBinding.rules
        rules.expect(
            [
                FaultCase("kind", "roleRef.kind: Unsupported value: \"Role\": supported values: \"ClusterRole\"") {
                    $0["roleRef", "kind"] = "Role"
                },
                FaultCase("namespace", "subjects[0].namespace: Required value") {
                    $0["subjects"] = [["kind": "ServiceAccount", "name": "a"]]
                },
            ], of: try binding(rules))
    }

    @Test("a binding is printed with its role and subjects")
    func table() throws {
        let names = ["Name", "Role", "Age", "[Users]", "[Groups]", "[ServiceAccounts]"]
        #expect(RoleBinding.rules.columnNames == names)
        let row = RoleBinding.rules.row(try binding(RoleBinding.rules))
        #expect(row == ["b", "ClusterRole/edit", "60m", "ann", "ops", "ns/bot"])
    }

    @Test("a PUT may create what RBAC holds, under any name that fits a path")
    func flags() {
        for rules in [Role.rules, ClusterRole.rules, RoleBinding.rules, ClusterRoleBinding.rules] {
            #expect(rules.allowsCreateOnUpdate)
            guard case .pathSegment = rules.nameRule else {
                Issue.record("\(rules.kind)")
                continue
            }
        }
    }
}
