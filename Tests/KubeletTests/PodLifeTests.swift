import Foundation
import JSON
import KubeAPIServer
import KubeClient
import KubeModel
import NIOCore
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
                for event in [
                    "Pulled: Container image \"web:1\" already present on machine and can be accessed by the pod",
                    "Created: Container created", "Started: Container started", "Killing: Stopping container web",
                ] { try await node.told("a", event) }
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
                var log = ""
                for try await piece in try await node.router.log(of: pod, PodLogOptions(container: "web")) {
                    log += String(buffer: piece)
                }
                #expect(log == "hello\n")
                #expect(await kubelet.worker(pod["metadata"].text("uid"))?.situation.current("web")?.phase == .running)
            }
        }
    }
}

@Suite("static pods")
struct StaticPodTests {
    private static let manifest = """
        apiVersion: v1
        kind: Pod
        metadata:
          name: web
          namespace: kube-system
        spec:
          containers:
          - name: web
            image: web:1
        """

    @Test("a manifest's UID follows from its content; its pod has a name on the node and defaults")
    func manifests() throws {
        let bytes = Array(Self.manifest.utf8)
        let pod = try StaticManifest.pod(bytes, file: "/m/web.yaml", node: "n1", time: Timestamp(seconds: 1))
        #expect(pod["metadata"]["name"] == "web-n1" && pod["metadata"]["namespace"] == "kube-system")
        #expect(pod["spec"]["restartPolicy"] == "Always")
        #expect(pod["spec"]["containers"][0]["terminationMessagePath"] == "/dev/termination-log")
        let other = try StaticManifest.pod(bytes + [10], file: "/m/web.yaml", node: "n1", time: Timestamp(seconds: 1))
        #expect(pod["metadata"].text("uid").count == 32)
        #expect(pod["metadata"]["uid"] != other["metadata"]["uid"])
        #expect(throws: StaticManifest.Fault.self) {
            try StaticManifest.pod(Array("kind: Job".utf8), file: "x", node: "n1", time: Timestamp(seconds: 1))
        }
    }

    @Test("a pod from a file runs and is shown by its mirror; without the file it goes")
    func life() async throws {
        try await TestNode.with { node in
            let engine = FakeEngine(images: ["web:1"])
            let folder = node.folder + "/manifests"
            try await node.kubelet(engine, { $0.manifestFolder = folder }) { _ in
                for _ in 0..<300 where !FileManager.default.fileExists(atPath: folder) {
                    try await Task.sleep(for: .milliseconds(10))
                }
                try Self.manifest.write(toFile: folder + "/web.yaml", atomically: true, encoding: .utf8)
                func mirror() async -> JSON { (try? await node.api.get(.pods, "kube-system", "web-n1")) ?? .null }
                for _ in 0..<500 where await mirror().condition("Ready") != "True" {
                    try await Task.sleep(for: .milliseconds(10))
                }
                let shown = await mirror()
                #expect(shown.condition("Ready") == "True", "\(shown["status"].text)")
                #expect(shown["metadata"]["ownerReferences"][0]["kind"] == "Node")
                try await node.api.delete(.pods, "kube-system", "web-n1", [:])
                for _ in 0..<500 where await mirror()["metadata"]["uid"] == shown["metadata"]["uid"] {
                    try await Task.sleep(for: .milliseconds(10))
                }
                for _ in 0..<500 where await mirror().condition("Ready") != "True" {
                    try await Task.sleep(for: .milliseconds(10))
                }
                #expect(await mirror().condition("Ready") == "True")
                #expect(await engine.newest("web")?.status == "running")
                try FileManager.default.removeItem(atPath: folder + "/web.yaml")
                for _ in 0..<500 {
                    let isThere = await !mirror().isNull
                    let isEmpty = await engine.containers.isEmpty
                    if !isThere, isEmpty { break }
                    try await Task.sleep(for: .milliseconds(10))
                }
                #expect(await mirror().isNull)
                #expect(await engine.containers.isEmpty)
            }
        }
    }
}
