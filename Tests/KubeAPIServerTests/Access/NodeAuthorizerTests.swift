import JSON
import Testing

@testable import KubeAPIServer

@Suite("What a node may do")
struct NodeAuthorizerTests {
    private let node = UserInfo(name: "system:node:n1", groups: ["system:nodes", "system:authenticated"])

    private func pod(_ name: String, on node: String, mirror: Bool = false, _ spec: JSON) -> JSON {
        var spec = spec
        spec["nodeName"] = .string(node)
        var pod: JSON = ["metadata": ["namespace": "d", "name": .string(name)], "spec": spec]
        if mirror { pod["metadata", "annotations", "kubernetes.io/config.mirror"] = "x" }
        return pod
    }

    private func objects() -> FakeObjects {
        FakeObjects([
            (
                "pods",
                pod(
                    "web", on: "n1",
                    [
                        "serviceAccountName": "bot", "imagePullSecrets": [["name": "pull"]],
                        "resourceClaims": [["name": "gpu", "resourceClaimName": "gpu-1"]],
                        "containers": [
                            [
                                "env": [["valueFrom": ["secretKeyRef": ["name": "env-secret"]]]],
                                "envFrom": [["configMapRef": ["name": "env-map"]]],
                            ]
                        ],
                        "initContainers": [["envFrom": [["secretRef": ["name": "init-secret"]]]]],
                        "volumes": [
                            ["name": "a", "secret": ["secretName": "vol-secret"]],
                            ["name": "b", "configMap": ["name": "vol-map"]],
                            ["name": "c", "persistentVolumeClaim": ["claimName": "data"]],
                            ["name": "scratch", "ephemeral": [:]],
                            ["name": "d", "projected": ["sources": [["secret": ["name": "proj"]]]]],
                        ],
                    ])
            ),
            ("pods", pod("other", on: "n2", ["volumes": [["secret": ["secretName": "theirs"]]]])),
            ("pods", pod("mirror", on: "n1", mirror: true, ["volumes": [["secret": ["secretName": "bait"]]]])),
            (
                "persistentvolumes",
                [
                    "metadata": ["name": "pv1"],
                    "spec": [
                        "claimRef": ["namespace": "d", "name": "data"],
                        "csi": ["nodeStageSecretRef": ["namespace": "store", "name": "stage"]],
                    ],
                ]
            ),
            (
                "persistentvolumeclaims",
                ["metadata": ["namespace": "d", "name": "data"], "spec": ["volumeName": "pv1"]]
            ),
            ("volumeattachments.storage.k8s.io", ["metadata": ["name": "va1"], "spec": ["nodeName": "n1"]]),
            ("resourceslices.resource.k8s.io", ["metadata": ["name": "s1"], "spec": ["nodeName": "n1"]]),
        ])
    }

    @Test(
        "it reads what its pods use",
        arguments: [
            ("get", "secrets", "", "d", "pull", true), ("list", "secrets", "", "d", "env-secret", true),
            ("watch", "secrets", "", "d", "init-secret", true), ("get", "secrets", "", "d", "vol-secret", true),
            ("get", "secrets", "", "d", "proj", true), ("get", "secrets", "", "d", "theirs", false),
            ("get", "secrets", "", "d", "bait", false), ("get", "secrets", "", "other", "pull", false),
            ("get", "secrets", "", "store", "stage", true), ("list", "secrets", "", "d", "", false),
            ("update", "secrets", "", "d", "pull", false), ("get", "configmaps", "", "d", "env-map", true),
            ("get", "configmaps", "", "d", "vol-map", true), ("get", "persistentvolumeclaims", "", "d", "data", true),
            ("get", "persistentvolumeclaims", "", "d", "web-scratch", true),
            ("patch", "persistentvolumeclaims/status", "", "d", "data", true),
            ("update", "persistentvolumeclaims", "", "d", "data", false),
            ("get", "persistentvolumes", "", "", "pv1", true), ("get", "persistentvolumes", "", "", "pv2", false),
            ("get", "resourceclaims", "resource.k8s.io", "d", "gpu-1", true),
            ("get", "volumeattachments", "storage.k8s.io", "", "va1", true),
            ("create", "serviceaccounts/token", "", "d", "bot", true),
            ("create", "serviceaccounts/token", "", "d", "default", false),
            ("get", "serviceaccounts", "", "d", "bot", true), ("get", "serviceaccounts", "", "d", "x", false),
            ("update", "leases", "coordination.k8s.io", "kube-node-lease", "n1", true),
            ("update", "leases", "coordination.k8s.io", "kube-node-lease", "n2", false),
            ("get", "leases", "coordination.k8s.io", "kube-system", "n1", false),
            ("create", "leases", "coordination.k8s.io", "kube-node-lease", "", true),
            ("patch", "csinodes", "storage.k8s.io", "", "n1", true),
            ("get", "csinodes", "storage.k8s.io", "", "n2", false),
            ("get", "nodes", "", "", "n1", true), ("get", "nodes", "", "", "n2", false),
            ("list", "nodes", "", "", "", false), ("patch", "nodes/status", "", "", "n1", true),
            ("delete", "nodes", "", "", "n1", false), ("get", "pods", "", "d", "web", true),
            ("get", "pods", "", "d", "other", false), ("list", "pods", "", "", "", false),
            ("patch", "pods/status", "", "d", "web", true), ("create", "pods/exec", "", "d", "web", false),
            ("delete", "resourceslices", "resource.k8s.io", "", "s1", true), ("list", "services", "", "", "", true),
            ("create", "tokenreviews", "authentication.k8s.io", "", "", true),
            ("get", "deployments", "apps", "d", "x", false),
        ])
    func table(_ verb: String, _ resource: String, _ group: String, _ namespace: String, _ name: String, _ may: Bool)
        async
    {
        let decision = await NodeAuthorizer(objects()).authorize(
            attributes(node, verb, resource, group: group, namespace: namespace, name: name))
        #expect((decision == .allow("")) == may, "\(decision)")
    }

    @Test("it lists its own pods with a field selector")
    func fieldSelector() async {
        var request = attributes(node, "list", "pods")
        request.fieldSelector = "spec.nodeName=n1"
        #expect(await NodeAuthorizer(objects()).authorize(request) == .allow(""))
        request.fieldSelector = "spec.nodeName=n2"
        #expect(
            await NodeAuthorizer(objects()).authorize(request)
                == .noOpinion("can only list/watch pods with spec.nodeName field selector"))
    }

    @Test("it says why not; others it doesn't know")
    func reasons() async {
        let authorizer = NodeAuthorizer(objects())
        #expect(
            await authorizer.authorize(attributes(node, "get", "secrets", namespace: "d", name: "theirs"))
                == .noOpinion("no relationship found between node 'n1' and this object"))
        #expect(
            await authorizer.authorize(attributes(node, "get", "nodes", name: "n2"))
                == .noOpinion("node 'n1' cannot read 'n2', only its own Node object"))
        #expect(
            await authorizer.authorize(attributes(UserInfo(name: "system:node:n1"), "get", "nodes", name: "n1"))
                == .noOpinion(""))
    }

    @Test("a new pod opens what it uses at once, and its end closes it")
    func changes() async {
        let objects = objects()
        let authorizer = NodeAuthorizer(objects)
        let wanted = attributes(node, "get", "secrets", namespace: "d", name: "fresh")
        #expect(await authorizer.authorize(wanted) != .allow(""))
        objects.add("pods", pod("new", on: "n1", ["imagePullSecrets": [["name": "fresh"]]]))
        #expect(await authorizer.authorize(wanted) == .allow(""))
        objects.remove("pods", "d", "new")
        #expect(await authorizer.authorize(wanted) != .allow(""))
    }
}
