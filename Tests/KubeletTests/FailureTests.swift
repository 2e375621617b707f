import JSON
import KubeClient
import KubeModel
import Testing

@testable import Kubelet

@Suite("what goes wrong with a pod, in the original's words")
struct FailureTests {
    private func spec(_ image: String = "web:1", _ more: JSON = [:]) -> JSON {
        var container: JSON = ["name": "web", "image": .string(image)]
        for (name, value) in more.object ?? JSONObject() { container[name] = value }
        return ["containers": [container], "terminationGracePeriodSeconds": 1]
    }

    private func waits(_ reason: String) -> @Sendable (JSON) -> Bool {
        { $0.container("web")["state"]["waiting"]["reason"].string == reason }
    }

    @Test("a wrong image: ErrImagePull, then ImagePullBackOff with the reason")
    func wrongImage() async throws {
        try await TestNode.with { node in
            let engine = FakeEngine()
            try await node.kubelet(engine) { _ in
                try await node.make("a", spec("web:typo"))
                let first = try await node.until("ErrImagePull", "a", waits("ErrImagePull"))
                let why = "manifest for web:typo not found: manifest unknown"
                #expect(first.container("web")["state"]["waiting"]["message"].string == why)
                #expect(first["status"]["phase"] == "Pending")
                let then = try await node.until("ImagePullBackOff", "a", waits("ImagePullBackOff"))
                #expect(
                    then.container("web")["state"]["waiting"]["message"].string
                        == "Back-off pulling image \"web:typo\": ErrImagePull: \(why)")
                for event in [
                    "Pulling: Pulling image \"web:typo\"", "Failed: Failed to pull image \"web:typo\": \(why)",
                    "Failed: Error: ErrImagePull", "BackOff: Back-off pulling image \"web:typo\"",
                    "Failed: Error: ImagePullBackOff",
                ] { try await node.told("a", event) }
            }
        }
    }

    @Test("a corrected image is started without waiting for the old one's pause")
    func correctedImage() async throws {
        try await TestNode.with { node in
            let engine = FakeEngine(images: ["web:2"])
            try await node.kubelet(engine) { _ in
                try await node.make("a", spec("web:typo"))
                try await node.until("ImagePullBackOff", "a", waits("ImagePullBackOff"))
                let patch: JSON = ["spec": ["containers": [["name": "web", "image": "web:2"]]]]
                _ = try await node.api.patch(.pods, "default", "a", subresource: "", .strategic(patch))
                try await node.until("running", "a") { $0["status"]["phase"] == "Running" }
            }
        }
    }

    @Test("images that must not be pulled, and names that are none")
    func otherImages() async throws {
        try await TestNode.with { node in
            try await node.kubelet(FakeEngine()) { _ in
                try await node.make("never", spec("web:1", ["imagePullPolicy": "Never"]))
                let never = try await node.until("ErrImageNeverPull", "never", waits("ErrImageNeverPull"))
                #expect(
                    never.container("web")["state"]["waiting"]["message"]
                        == "Container image \"web:1\" is not present with pull policy of Never")
                try await node.make("bad", spec("Web:1"))
                try await node.until("InvalidImageName", "bad", waits("InvalidImageName"))
            }
        }
    }

    @Test("a missing key of a ConfigMap: CreateContainerConfigError, and it runs once the key is there")
    func missingKey() async throws {
        try await TestNode.with { node in
            try await node.kubelet(FakeEngine(images: ["web:1"])) { _ in
                let why = "couldn't find key port in ConfigMap default/settings"
                node.data.fail(environment: PodFault(reason: "CreateContainerConfigError", message: why))
                try await node.make("a", spec())
                let pod = try await node.until("CreateContainerConfigError", "a", waits("CreateContainerConfigError"))
                #expect(pod.container("web")["state"]["waiting"]["message"].string == why)
                try await node.told("a", "Failed: Error: \(why)")
                node.data.fail()
                try await node.until("running", "a") { $0["status"]["phase"] == "Running" }
            }
        }
    }

    @Test("volumes that can't be mounted keep the pod at ContainerCreating")
    func volumes() async throws {
        try await TestNode.with { node in
            try await node.kubelet(FakeEngine(images: ["web:1"])) { _ in
                let why = "MountVolume.SetUp failed for volume \"v\" : configmap \"none\" not found"
                node.data.fail(volumes: PodFault(reason: "FailedMount", message: why))
                try await node.make("a", spec())
                try await node.until("ContainerCreating", "a", waits("ContainerCreating"))
                try await node.told("a", "FailedMount: \(why)")
                node.data.fail()
                try await node.until("running", "a") { $0["status"]["phase"] == "Running" }
            }
        }
    }

    @Test("a program that can't be started: RunContainerError, StartError, CrashLoopBackOff")
    func startError() async throws {
        try await TestNode.with { node in
            let engine = FakeEngine(images: ["web:1"])
            await engine.change { $0.startFaults["web"] = "exec: \"/nope\": no such file" }
            try await node.kubelet(engine) { _ in
                try await node.make("a", spec())
                let pod = try await node.until("CrashLoopBackOff", "a", waits("CrashLoopBackOff"))
                let last = pod.container("web")["lastState"]["terminated"]
                #expect(last["reason"] == "StartError" && last["exitCode"] == 128, "\(last.text)")
                #expect(last["message"] == "exec: \"/nope\": no such file")
                try await node.told("a", "Failed: Error: exec: \"/nope\": no such file")
            }
        }
    }

    @Test("a crash: started again at once, then after ten seconds; out of memory is told")
    func crashes() async throws {
        try await TestNode.with { node in
            let engine = FakeEngine(images: ["web:1"])
            try await node.kubelet(engine) { _ in
                try await node.make("a", spec())
                try await node.until("running", "a") { $0["status"]["phase"] == "Running" }
                await engine.change { $0.startPause = .milliseconds(300) }
                await engine.end("web", exitCode: 137, outOfMemory: true)
                try await Task.sleep(for: .milliseconds(100))
                // It looks again while the start is under way.
                _ = try await node.api.patch(
                    .pods, "default", "a", subresource: "", .merge(["metadata": ["labels": ["a": "b"]]]))
                let again = try await node.until("restarted", "a") {
                    $0.container("web")["restartCount"] == 1 && $0.container("web")["state"].has("running")
                }
                #expect(again.container("web")["lastState"]["terminated"]["reason"] == "OOMKilled")
                let events = try await node.api.list(.events, "default").items
                #expect(!events.contains { $0.text("reason") == "BackOff" }, "the first restart waits for nothing")
                await engine.end("web", exitCode: 3)
                let pod = try await node.until("CrashLoopBackOff", "a", waits("CrashLoopBackOff"))
                let waiting = pod.container("web")["state"]["waiting"].text("message")
                let name = "a_default(\(pod["metadata"].text("uid")))"
                #expect(waiting == "back-off 10s restarting failed container=web pod=\(name)")
                #expect(pod.container("web")["lastState"]["terminated"]["exitCode"] == 3)
                #expect(pod["status"]["phase"] == "Running" && pod.condition("Ready") == "False")
                try await node.told("a", "BackOff: Back-off restarting failed container web in pod \(name)")
            }
        }
    }

    @Test("a pod that is active longer than it may be fails")
    func deadline() async throws {
        try await TestNode.with { node in
            try await node.kubelet(FakeEngine(images: ["web:1"])) { _ in
                var spec = spec()
                spec["activeDeadlineSeconds"] = 1
                try await node.make("a", spec)
                let pod = try await node.until("Failed", "a") { $0["status"]["phase"] == "Failed" }
                #expect(pod["status"]["reason"] == "DeadlineExceeded")
                #expect(
                    pod["status"]["message"] == "Pod was active on the node longer than the specified deadline")
            }
        }
    }

    @Test("a container that doesn't heed its signal is killed; hooks run before")
    func ending() async throws {
        try await TestNode.with { node in
            let engine = FakeEngine(images: ["web:1"])
            await engine.change { engine in
                engine.commands["bye"] = (1, "no")
                engine.stubborn = ["web"]
            }
            try await node.kubelet(engine) { _ in
                try await node.make("a", spec("web:1", ["lifecycle": ["preStop": ["exec": ["command": ["bye"]]]]]))
                try await node.until("running", "a") { $0["status"]["phase"] == "Running" }
                try await node.api.delete(.pods, "default", "a", ["gracePeriodSeconds": 3])
                try await node.until("gone", "a") { $0.isNull }
                #expect(await engine.stops.first { $0.name == "web" }?.timeout == 3)
                try await node.told("a", "FailedPreStopHook: PreStopHook failed")
            }
        }
    }

    @Test("a pod that came past the scheduler and asks for a port that another has fails")
    func ports() async throws {
        try await TestNode.with { node in
            let engine = FakeEngine(images: ["web:1"])
            @Sendable func spec(_ address: String, _ transport: String = "TCP") -> JSON {
                [
                    "containers": [
                        [
                            "name": "web", "image": "web:1",
                            "ports": [
                                [
                                    "containerPort": 80, "hostPort": 80, "hostIP": .string(address),
                                    "protocol": .string(transport),
                                ]
                            ],
                        ]
                    ],
                    "terminationGracePeriodSeconds": 1,
                ]
            }
            try await node.kubelet(engine) { _ in
                try await node.make("a", spec("127.0.0.1"))
                try await node.until("running", "a") { $0["status"]["phase"] == "Running" }
                for (name, spec) in [("b", spec("192.168.49.2")), ("c", spec("", "UDP"))] {
                    try await node.make(name, spec)
                    try await node.until("running", name) { $0["status"]["phase"] == "Running" }
                }
                try await node.make("d", spec(""))
                let pod = try await node.until("failed", "d") { $0["status"]["phase"] == "Failed" }
                #expect(pod["status"]["reason"] == "NodePorts")
                let words = "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports"
                #expect(pod["status"]["message"].string == "Pod was rejected: " + words)
                try await node.told("d", "NodePorts: " + words)
                for name in ["a", "b", "d"] { try await node.api.delete(.pods, "default", name, [:]) }
                for name in ["a", "b", "d"] { try await node.until("gone", name) { $0.isNull } }
                try await node.make("e", spec(""))
                try await node.until("running", "e") { $0["status"]["phase"] == "Running" }
            }
        }
    }
}
