import JSON
import KubeClient
import KubeModel
import Testing

@testable import Controllers

/// On a real API server.
@Suite(.serialized) struct DeletionTests {
    private func begin(_ cluster: TestCluster, _ namespace: String = "default") async throws {
        var deployment = TestCluster.deployment("web", replicas: 2)
        deployment["metadata", "namespace"] = .string(namespace)
        try await cluster.until("account", .serviceAccounts, namespace) { !$0.isEmpty }
        try await cluster.api.create(.deployments, deployment)
        try await cluster.until("pods", .pods, namespace) { $0.count == 2 }
    }

    @Test("a deployment's deletion takes its sets and pods with it", arguments: ["Background", "Foreground"])
    func cascades(_ policy: String) async throws {
        try await TestCluster.with { cluster in
            try await begin(cluster)
            try await cluster.withKubelet {
                try await cluster.until("running", .pods) { $0.allSatisfy { PodFacts.isReady($0) } }
                try await cluster.api.delete(
                    .deployments, "default", "web", ["propagationPolicy": .string(policy)])
                try await cluster.until("pods gone", .pods) { $0.isEmpty }
                try await cluster.until("sets gone", .replicaSets) { $0.isEmpty }
                try await cluster.until("deployment gone", .deployments) { $0.isEmpty }
            }
        }
    }

    @Test("in the foreground the owner is the last to go")
    func foreground() async throws {
        try await TestCluster.with { cluster in
            try await begin(cluster)
            let pods = try await cluster.api.list(.pods, "default").items
            for pod in pods { try await cluster.bind(pod, to: "n1") }
            try await cluster.api.delete(.deployments, "default", "web", ["propagationPolicy": "Foreground"])
            try await cluster.until("pods told", .pods) { $0.count == 2 && $0.allSatisfy(\.isBeingDeleted) }
            #expect(try await cluster.api.list(.deployments, "default").items.count == 1)
            try await cluster.withKubelet {
                try await cluster.until("deployment gone", .deployments) { $0.isEmpty }
                #expect(try await cluster.api.list(.pods, "default").items.isEmpty)
            }
        }
    }

    @Test("orphans keep running without their owner")
    func orphan() async throws {
        try await TestCluster.with { cluster in
            try await begin(cluster)
            try await cluster.api.delete(.deployments, "default", "web", ["propagationPolicy": "Orphan"])
            try await cluster.until("deployment gone", .deployments) { $0.isEmpty }
            try await cluster.until("set let go", .replicaSets) { $0.count == 1 && $0[0].ownerReferences.isEmpty }
            #expect(try await cluster.api.list(.pods, "default").items.count == 2)
        }
    }

    @Test("what names an owner that never was goes; what names one of a custom kind follows that one")
    func unknownOwners() async throws {
        try await TestCluster.with { cluster in
            let lost: JSON = [
                "apiVersion": "v1", "kind": "ConfigMap",
                "metadata": [
                    "name": "lost", "namespace": "default",
                    "ownerReferences": [
                        ["apiVersion": "v1", "kind": "ConfigMap", "name": "nobody", "uid": "0000-1111"]
                    ],
                ],
            ]
            try await cluster.api.create(.configMaps, lost)
            try await cluster.until("gone", .configMaps) { all in !all.contains { $0.objectName == "lost" } }
            try await cluster.api.create(ResourceCatalog.definitions, Self.definition)
            let widgets = ResourceID("example.com", "v1", "widgets")
            try await cluster.until("definition", ResourceCatalog.definitions, "") {
                $0.contains { ResourceCatalog.entry($0) != nil }
            }
            let widget = try await cluster.api.create(
                widgets,
                [
                    "apiVersion": "example.com/v1", "kind": "Widget",
                    "metadata": ["name": "w", "namespace": "default"],
                ])
            var owned = lost
            owned["metadata"] = [
                "name": "owned", "namespace": "default", "ownerReferences": [OwnerReferences.make(to: widget)],
            ]
            try await cluster.api.create(.configMaps, owned)
            try await cluster.api.delete(widgets, "default", "w", .null)
            try await cluster.until("owned gone", .configMaps) { all in !all.contains { $0.objectName == "owned" } }
        }
    }

    private static let definition: JSON = [
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": ["name": "widgets.example.com"],
        "spec": [
            "group": "example.com", "scope": "Namespaced",
            "names": ["plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"],
            "versions": [
                [
                    "name": "v1", "served": true, "storage": true,
                    "schema": ["openAPIV3Schema": ["type": "object", "x-kubernetes-preserve-unknown-fields": true]],
                ]
            ],
        ],
    ]

    @Test("a namespace goes with all that is in it, and says why it waits")
    func namespace() async throws {
        try await TestCluster.with { cluster in
            try await cluster.api.create(
                .namespaces, ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "team"]])
            try await begin(cluster, "team")
            try await cluster.api.create(
                .configMaps,
                [
                    "apiVersion": "v1", "kind": "ConfigMap",
                    "metadata": ["name": "held", "namespace": "team", "finalizers": ["example.com/hold"]],
                ])
            try await cluster.withKubelet {
                try await cluster.api.delete(.namespaces, "", "team", .null)
                let waiting = try await cluster.until("waits", .namespaces, "", "team") {
                    Conditions.find("NamespaceFinalizersRemaining", in: $0["status"]).text("status") == "True"
                }
                let content = Conditions.find("NamespaceContentRemaining", in: waiting["status"])
                #expect(content["message"] == "Some resources are remaining: configmaps. has 1 resource instances")
                _ = try await cluster.api.patch(
                    .configMaps, "team", "held", subresource: "", .merge(["metadata": ["finalizers": .null]]))
                try await cluster.until("gone", .namespaces, "") { all in !all.contains { $0.objectName == "team" } }
                #expect(try await cluster.api.list(.pods, "team").items.isEmpty)
            }
        }
    }
}
