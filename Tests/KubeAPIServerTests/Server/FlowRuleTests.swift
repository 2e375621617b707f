import JSON
import Testing

@testable import KubeAPIServer

@Suite("Rules of FlowSchemas")
struct FlowRuleTests {
    private static let rule: JSON = [
        "subjects": [
            ["kind": "User", "user": ["name": "ann"]], ["kind": "Group", "group": ["name": "crew"]],
            ["kind": "ServiceAccount", "serviceAccount": ["namespace": "a", "name": "*"]],
            ["kind": "ServiceAccount", "serviceAccount": ["namespace": "b", "name": "bot"]],
        ],
        "resourceRules": [
            [
                "verbs": ["get", "list"], "apiGroups": ["", "apps"], "resources": ["pods", "pods/log"],
                "namespaces": ["x"],
            ],
            ["verbs": ["*"], "apiGroups": ["*"], "resources": ["nodes"], "clusterScope": true],
        ],
        "nonResourceRules": [["verbs": ["get"], "nonResourceURLs": ["/healthz", "/metrics/*"]]],
    ]

    @Test(
        "whom they are about",
        arguments: [
            ("ann", [], true), ("bob", ["crew"], true), ("bob", ["other"], false),
            ("system:serviceaccount:a:any", [], true), ("system:serviceaccount:b:bot", [], true),
            ("system:serviceaccount:b:any", [], false), ("system:serviceaccount:ab:x", [], false),
        ])
    func subjects(_ user: String, _ groups: [String], _ fits: Bool) {
        let request = attributes(UserInfo(name: user, groups: groups), "get", "pods", namespace: "x", name: "p")
        #expect(FlowRule(Self.rule).matches(request) == fits)
    }

    @Test(
        "what they are about",
        arguments: [
            ("get", "pods", "x", true), ("get", "pods/log", "x", true), ("get", "pods/exec", "x", false),
            ("watch", "pods", "x", false), ("get", "pods", "y", false), ("list", "pods", "", false),
            ("delete", "nodes", "", true), ("delete", "nodes", "x", false),
        ])
    func resources(_ verb: String, _ resource: String, _ namespace: String, _ fits: Bool) {
        let request = attributes(UserInfo(name: "ann"), verb, resource, namespace: namespace)
        #expect(FlowRule(Self.rule).matches(request) == fits)
    }

    @Test(
        "paths", arguments: [("/healthz", true), ("/metrics/slis", true), ("/metrics", false), ("/healthz/x", false)])
    func paths(_ path: String, _ fits: Bool) {
        var request = RequestAttributes(user: UserInfo(name: "ann"), verb: "get", isResource: false)
        request.path = path
        #expect(FlowRule(Self.rule).matches(request) == fits)
    }
}
