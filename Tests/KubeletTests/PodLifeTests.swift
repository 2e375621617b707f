import JSON
import KubeClient
import KubeModel
import Testing

@testable import Kubelet

@Suite("a pod's life on a node")
struct PodLifeTests {
    private let web: JSON = ["containers": [["name": "web", "image": "web:1"]], "terminationGracePeriodSeconds": 5]

    @Test("a pod bound to the node runs, is ready, and goes when it is deleted")
    func runAndDelete() async throws {
        try await TestNode.with { node in
            let engine = FakeEngine(images: ["web:1"])
            try await node.kubelet(engine) { _ in
                try await node.make("a", web)
                let pod = try await node.until("running", "a") { $0["status"]["phase"] == "Running" }
                #expect(pod.condition("Ready") == "True")
                #expect(pod.condition("PodReadyToStartContainers") == "True")
                #expect(pod["status"]["hostIP"] == "192.168.49.2")
                #expect(pod["status"]["podIP"].string?.hasPrefix("10.244.0.") == true)
                #expect(pod.container("web")["restartCount"] == 0)
                #expect(pod.container("web").text("containerID").hasPrefix("docker://"))
                let uid = pod["metadata"].text("uid")
                let names = await engine.containers.values.map(\.name).sorted()
                #expect(names == ["k8s_POD_a_default_\(uid)_0", "k8s_web_a_default_\(uid)_0"])
                try await node.api.delete(.pods, "default", "a", [:])
                try await node.until("gone", "a") { $0.isNull }
                for _ in 0..<100 where await !engine.containers.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
                #expect(await engine.containers.isEmpty)
                #expect(await engine.stops.first { $0.name == "web" }?.timeout == 5)
                let events = try await node.events("a")
                for event in [
                    "Pulled: Container image \"web:1\" already present on machine and can be accessed by the pod",
                    "Created: Container created", "Started: Container started", "Killing: Stopping container web",
                ] { #expect(events.contains(event), "\(events)") }
            }
            #expect(node.data.removed.count == 1)
        }
    }

    @Test("a kubelet that comes back takes over what runs, and ends what was deleted meanwhile")
    func adoption() async throws {
        try await TestNode.with { node in
            let engine = FakeEngine(images: ["web:1"])
            try await node.kubelet(engine) { _ in
                for name in ["a", "b"] {
                    try await node.make(name, web)
                    try await node.until("running", name) { $0["status"]["phase"] == "Running" }
                }
            }
            let before = await Set(engine.containers.keys)
            try await node.api.delete(.pods, "default", "b", ["gracePeriodSeconds": 0])
            try await node.kubelet(engine) { _ in
                for _ in 0..<300 where await engine.containers.count > 2 {
                    try await Task.sleep(for: .milliseconds(10))
                }
                let pod = try await node.until("ready", "a") { $0.condition("Ready") == "True" }
                #expect(pod.container("web")["restartCount"] == 0)
            }
            let after = await Set(engine.containers.keys)
            #expect(after.count == 2)
            #expect(after.isSubset(of: before))
        }
    }

    @Test("the node registers itself, is ready, and keeps its lease")
    func registration() async throws {
        try await TestNode.with { node in
            try await node.kubelet(FakeEngine()) { _ in
                var found: JSON = .null
                for _ in 0..<300 where found.isNull {
                    found = (try? await node.api.get(.leases, "kube-node-lease", "n1")) ?? .null
                    try await Task.sleep(for: .milliseconds(10))
                }
                #expect(found["spec"]["holderIdentity"] == "n1")
                let object = try await node.api.get(.nodes, "", "n1")
                #expect(object.condition("Ready") == "True")
                #expect(object["status"]["nodeInfo"]["containerRuntimeVersion"] == "docker://29.0.0")
                #expect(object["metadata"]["labels"]["kubernetes.io/hostname"] == "n1")
            }
        }
    }

    @Test("logs and commands go through the node to the container")
    func streams() async throws {
        try await TestNode.with { node in
            let engine = FakeEngine(images: ["web:1"])
            try await node.kubelet(engine) { kubelet in
                try await node.make("a", web)
                let pod = try await node.until("running", "a") { $0["status"]["phase"] == "Running" }
                if let id = await engine.newest("web")?.id { await engine.write("hello", id) }
                let uid = pod["metadata"].text("uid")
                #expect(await kubelet.worker(uid)?.situation.current("web")?.phase == .running)
            }
        }
    }
}
