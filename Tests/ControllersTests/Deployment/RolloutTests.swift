import JSON
import KubeClient
import KubeModel
import Testing

@testable import Controllers

/// On a real API server.
@Suite(.serialized) struct RolloutTests {
    @Test("a deployment gets a replica set and pods with the original's names, labels and owners")
    func creation() async throws {
        try await TestCluster.with { cluster in
            let deployment = try await cluster.api.create(.deployments, TestCluster.deployment("web", replicas: 3))
            let pods = try await cluster.until("three pods", .pods) { $0.count == 3 }
            let sets = try await cluster.until("status", .replicaSets) { $0.first?.count("replicas") == 3 }
            let set = try #require(sets.first)
            let hash = set.labels.text("pod-template-hash")
            #expect(set.objectName == "web-\(hash)" && set.ownerReferences.first?.text("uid") == deployment.uid)
            #expect(set.annotation(DeploymentRevisions.revision) == "1")
            #expect(set.annotation(DeploymentRevisions.maxReplicas) == "4")
            for pod in pods {
                #expect(pod.objectName.hasPrefix("web-\(hash)-") && pod.controllerReference?.text("uid") == set.uid)
                #expect(pod.labels.text("pod-template-hash") == hash)
            }
            let seen = try await cluster.until("revision", .deployments, "default", "web") {
                $0.annotation(DeploymentRevisions.revision) == "1" && $0.count("unavailableReplicas") == 3
            }
            #expect(Conditions.find("Available", in: seen["status"])["status"] == "False")
            let events = try await cluster.until("events", .events) { events in
                events.contains { $0.text("reason") == "ScalingReplicaSet" }
                    && events.filter { $0.text("reason") == "SuccessfulCreate" }.count == 3
            }
            #expect(events.contains { $0.text("message") == "Scaled up replica set web-\(hash) from 0 to 3" })
        }
    }

    @Test("a deleted pod is replaced, a deployment scaled, and a new image rolled out and back")
    func rollout() async throws {
        try await TestCluster.with { cluster in
            try await cluster.api.create(.deployments, TestCluster.deployment("web", replicas: 3))
            try await cluster.withKubelet {
                _ = try await cluster.until("available", .deployments, "default", "web") {
                    Conditions.find("Progressing", in: $0["status"]).text("reason") == "NewReplicaSetAvailable"
                }
                let pods = try await cluster.api.list(.pods, "default").items
                try await cluster.api.delete(.pods, "default", pods[0].objectName, ["gracePeriodSeconds": 0])
                try await cluster.until("replaced", .pods) { now in
                    now.count == 3 && !now.contains { $0.uid == pods[0].uid }
                }
                _ = try await cluster.api.patch(
                    .deployments, "default", "web", subresource: "", .merge(["spec": ["replicas": 5]]))
                try await cluster.until("five", .pods) { $0.count == 5 }
                try await change(cluster, image: "nginx:2")
                let rolled = try await cluster.until("new set", .replicaSets) { sets in
                    sets.count == 2 && sets.map(\.wanted).sorted() == [0, 5]
                }
                #expect(Set(rolled.compactMap { $0.annotation(DeploymentRevisions.revision) }) == ["1", "2"])
                try await change(cluster, image: "nginx:1")
                let back = try await cluster.until("old set", .replicaSets) { sets in
                    sets.contains { $0.wanted == 5 && $0.annotation(DeploymentRevisions.revision) == "3" }
                        && sets.map(\.wanted).sorted() == [0, 5]
                }
                #expect(back.contains { $0.annotation(DeploymentRevisions.history) == "1" })
            }
        }
    }

    @Test("recreate ends the old pods before it begins the new ones")
    func recreate() async throws {
        try await TestCluster.with { cluster in
            try await cluster.api.create(
                .deployments, TestCluster.deployment("web", replicas: 2, strategy: ["type": "Recreate"]))
            try await cluster.until("two", .pods) { $0.count == 2 }
            try await cluster.withKubelet {
                try await change(cluster, image: "nginx:2")
                let pods = try await cluster.until("new pods", .pods) { pods in
                    pods.count == 2 && pods.allSatisfy { $0["spec"]["containers"][0]["image"] == "nginx:2" }
                }
                #expect(pods.count == 2)
            }
        }
    }

    @Test("a paused deployment is scaled and not rolled out")
    func paused() async throws {
        try await TestCluster.with { cluster in
            try await cluster.api.create(.deployments, TestCluster.deployment("web", replicas: 1))
            try await cluster.until("one", .pods) { $0.count == 1 }
            _ = try await cluster.api.patch(
                .deployments, "default", "web", subresource: "", .merge(["spec": ["paused": true, "replicas": 2]]))
            try await change(cluster, image: "nginx:2")
            try await cluster.until("two", .pods) { $0.count == 2 }
            _ = try await cluster.until("told", .deployments, "default", "web") {
                Conditions.find("Progressing", in: $0["status"]).text("reason") == "DeploymentPaused"
            }
            #expect(try await cluster.api.list(.replicaSets, "default").items.count == 1)
        }
    }

    @Test("pods that a set selects are adopted, and released when their labels change")
    func adoption() async throws {
        try await TestCluster.with { cluster in
            let deployment = TestCluster.deployment("web", replicas: 1)
            var set: JSON = ["apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": deployment["metadata"]]
            set["spec"] = [
                "replicas": 1, "selector": deployment["spec"]["selector"], "template": deployment["spec"]["template"],
            ]
            let pod: JSON = [
                "apiVersion": "v1", "kind": "Pod",
                "metadata": ["name": "lone", "namespace": "default", "labels": ["app": "web"]],
                "spec": ["containers": [["name": "c", "image": "x"]]],
            ]
            // The service account's admission wants the account first.
            try await cluster.until("account", .serviceAccounts) { !$0.isEmpty }
            try await cluster.api.create(.pods, pod)
            let made = try await cluster.api.create(.replicaSets, set)
            _ = try await cluster.until("adopted", .pods, "default", "lone") {
                $0.controllerReference?.text("uid") == made.uid
            }
            _ = try await cluster.api.patch(
                .pods, "default", "lone", subresource: "", .merge(["metadata": ["labels": ["app": "other"]]]))
            try await cluster.until("released and replaced", .pods) { pods in
                pods.count == 2 && pods.contains { $0.objectName == "lone" && $0.controllerReference == nil }
            }
        }
    }

    private func change(_ cluster: TestCluster, image: String) async throws {
        _ = try await cluster.api.patch(
            .deployments, "default", "web", subresource: "",
            .strategic([
                "spec": ["template": ["spec": ["containers": [["name": "c", "image": .string(image)]]]]]
            ]))
    }
}
