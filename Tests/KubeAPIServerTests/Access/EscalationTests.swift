import JSON
import KubeModel
import Testing

@testable import KubeAPIServer

@Suite("Nobody grants what they don't hold")
struct EscalationTests {
    private static let rbac = "rbac.authorization.k8s.io"
    private let alice = UserInfo(name: "alice", groups: ["devs", "system:authenticated"])

    private func check(
        _ resource: String, _ object: JSON, old: JSON = .null, holding rules: JSON, user: UserInfo? = nil,
        name: String = ""
    ) async -> APIStatus? {
        let objects = FakeObjects([
            ("clusterroles.\(Self.rbac)", ["metadata": ["name": "held"], "rules": rules]),
            (
                "clusterroles.\(Self.rbac)",
                ["metadata": ["name": "big"], "rules": [["verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]]]]
            ),
            (
                "clusterrolebindings.\(Self.rbac)",
                [
                    "metadata": ["name": "b"], "subjects": [["kind": "User", "name": "alice"]],
                    "roleRef": ["kind": "ClusterRole", "name": "held"],
                ]
            ),
        ])
        let authorizer = RBACAuthorizer(objects)
        do {
            try await EscalationCheck(rbac: authorizer, authorizer: authorizer).check(
                resource: resource, object: object, old: old, user: user ?? alice, namespace: "team", requestName: name)
            return nil
        } catch {
            return error
        }
    }

    private let secrets: JSON = [
        "metadata": ["name": "r"],
        "rules": [
            ["verbs": ["get", "list"], "apiGroups": [""], "resources": ["secrets"]],
            ["verbs": ["get"], "nonResourceURLs": ["/x"]],
        ],
    ]

    @Test("the message lists what is missing, put together")
    func message() async {
        let status = await check(
            "roles", secrets, holding: [["verbs": ["get"], "apiGroups": [""], "resources": ["pods"]]])
        #expect(
            status?.message == """
                roles.rbac.authorization.k8s.io "r" is forbidden: user "alice" (groups=["devs" "system:authenticated"]) \
                is attempting to grant RBAC permissions not currently held:
                {APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}
                {NonResourceURLs:["/x"], Verbs:["get"]}
                """)
        #expect(status?.code == 403)
    }

    @Test("held rules, a wider rule, escalate and system:masters each let it pass")
    func passes() async {
        #expect(await check("roles", secrets, holding: secrets["rules"]) == nil)
        #expect(
            await check(
                "roles", secrets,
                holding: [
                    ["verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]],
                    ["verbs": ["*"], "nonResourceURLs": ["*"]],
                ]) == nil)
        let escalate: JSON = [["verbs": ["escalate"], "apiGroups": [.string(Self.rbac)], "resources": ["roles"]]]
        #expect(await check("roles", secrets, holding: escalate) == nil)
        #expect(await check("clusterroles", secrets, holding: escalate) != nil)
        #expect(await check("roles", secrets, holding: [], user: .loopback) == nil)
    }

    @Test("a binding needs its role's rules or the verb bind")
    func bindings() async {
        let binding: JSON = ["metadata": ["name": "b"], "roleRef": ["kind": "ClusterRole", "name": "big"]]
        #expect(await check("rolebindings", binding, holding: [])?.code == 403)
        let bind: JSON = [
            [
                "verbs": ["bind"], "apiGroups": [.string(Self.rbac)], "resources": ["clusterroles"],
                "resourceNames": ["big"],
            ]
        ]
        #expect(await check("rolebindings", binding, holding: bind) == nil)
        let gone: JSON = ["metadata": ["name": "b"], "roleRef": ["kind": "ClusterRole", "name": "gone"]]
        let status = await check("rolebindings", gone, holding: [])
        #expect(status?.message == #"clusterrole.rbac.authorization.k8s.io "gone" not found"# && status?.code == 404)
    }

    @Test("an aggregated role needs everything")
    func aggregation() async {
        let role: JSON = [
            "metadata": ["name": "a"], "rules": [],
            "aggregationRule": ["clusterRoleSelectors": [["matchLabels": ["x": "y"]]]],
        ]
        #expect(
            await check("clusterroles", role, holding: [])?.message
                == #"clusterroles.rbac.authorization.k8s.io "a" is forbidden: must have cluster-admin privileges to use the aggregationRule"#
        )
    }

    @Test("the garbage collector may change references without holding the rules")
    func references() async {
        var changed = secrets
        changed["metadata", "finalizers"] = ["x"]
        #expect(await check("roles", changed, old: secrets, holding: [], name: "r") == nil)
        changed["rules"] = []
        #expect(await check("roles", changed, old: secrets, holding: [], name: "r") == nil)
        #expect(await check("roles", secrets, old: changed, holding: [], name: "r") != nil)
    }

    @Test("a huge product of lists is refused, not computed")
    func huge() async {
        let many = JSON((0..<1_000).map { "r\($0)" })
        let role: JSON = ["metadata": ["name": "h"], "rules": [["verbs": many, "apiGroups": many, "resources": many]]]
        #expect(
            await check("roles", role, holding: [])?.message.hasSuffix("the rules are too many to be checked") == true)
    }
}
