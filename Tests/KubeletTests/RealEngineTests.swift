import Engine
import Foundation
import JSON
import KubeClient
import KubeModel
import NIOCore
import Testing

@testable import KubeAPIServer
@testable import Kubelet

@Suite("pods on a real engine", .serialized, .enabled(if: RealEngine.canRun))
struct RealEngineTests {
    private func run(_ body: @Sendable (TestNode, Engine, Kubelet) async throws -> Void) async throws {
        try await TestNode.with { node in
            try await RealEngine.with(in: node.folder) { engine in
                try await node.kubelet(engine) { kubelet in
                    try await body(node, engine, kubelet)
                    for pod in try await node.api.list(.pods, "default").items {
                        let name = pod["metadata"].text("name")
                        try await node.api.delete(.pods, "default", name, ["gracePeriodSeconds": 1])
                        try await node.until("gone", name) { $0.isNull }
                    }
                    for _ in 0..<300 where !kubelet.workers.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
                }
                #expect(engine.containers.all.isEmpty)
            }
        }
    }

    @Test("a server is ready when it answers; its log, commands in it and its ports are there")
    func server() async throws {
        try await run { node, _, kubelet in
            try await node.make(
                "web",
                [
                    "containers": [
                        [
                            "name": "web", "image": "probe:1", "args": ["serve", "8080"],
                            "readinessProbe": ["httpGet": ["port": 8080], "periodSeconds": 1],
                            "livenessProbe": ["tcpSocket": ["port": 8080], "periodSeconds": 1],
                            "startupProbe": ["exec": ["command": ["/probe", "exit", "0"]], "periodSeconds": 1],
                        ]
                    ]
                ])
            let pod = try await node.until("ready", "web") { $0.condition("Ready") == "True" }
            let pods = LocalPods(kubelet)
            var log = ""
            for try await piece in try await pods.log(of: pod, PodLogOptions(container: "web")) {
                log += String(buffer: piece)
            }
            #expect(log == "serving\n")
            let streams = KeptStreams()
            var command = PodStreamOptions(container: "web")
            command.command = ["/probe", "cat", "/etc/hosts", "/etc/resolv.conf"]
            command.givesOutput = true
            command.givesError = true
            #expect(try await pods.exec(in: pod, command, streams) == .exited(0))
            #expect(streams.output.contains("\(pod["status"].text("podIP"))\tweb\n"), "\(streams.output)")
            #expect(streams.output.contains("search default.svc.cluster.local svc.cluster.local cluster.local"))
            #expect(streams.output.contains("nameserver 10.96.0.10\noptions ndots:5\n"))
            command.command = ["/probe", "exit", "7"]
            #expect(try await pods.exec(in: pod, command, streams) == .exited(7))
        }
    }

    @Test("a container that takes more memory than its limit is OOMKilled and waits longer each time")
    func outOfMemory() async throws {
        try await run { node, _, _ in
            try await node.make(
                "leak",
                [
                    "containers": [
                        [
                            "name": "leak", "image": "probe:1", "args": ["memhog", "400"],
                            "resources": ["limits": ["memory": "64Mi"]],
                        ]
                    ]
                ])
            let pod = try await node.until("CrashLoopBackOff", "leak") {
                $0.container("leak")["state"]["waiting"]["reason"] == "CrashLoopBackOff"
            }
            let last = pod.container("leak")["lastState"]["terminated"]
            #expect(last["reason"] == "OOMKilled" && last["exitCode"] == 137, "\(last.text)")
            #expect(pod["status"]["phase"] == "Running")
            let message = pod.container("leak")["state"]["waiting"].text("message")
            #expect(message.hasPrefix("back-off 10s restarting failed container=leak pod=leak_default("))
        }
    }

    @Test("a failing liveness probe ends the container, and it is started again")
    func liveness() async throws {
        try await run { node, _, _ in
            try await node.make(
                "sick",
                [
                    "terminationGracePeriodSeconds": 1,
                    "containers": [
                        [
                            "name": "sick", "image": "probe:1", "args": ["serve", "80"],
                            "livenessProbe": [
                                "httpGet": ["port": 81, "path": "/health"], "periodSeconds": 1, "failureThreshold": 1,
                            ],
                        ]
                    ],
                ])
            let pod = try await node.until("restarted", "sick") { ($0.container("sick")["restartCount"].int ?? 0) > 0 }
            #expect(pod.container("sick")["lastState"]["terminated"]["exitCode"] == 137)
            let events = try await node.events("sick")
            let address = pod["status"].text("podIP")
            let failed =
                "Unhealthy: Liveness probe failed: Get \"http://\(address):81/health\": "
                + "dial tcp \(address):81: connect: connection refused"
            #expect(events.contains(failed), "\(events)")
            #expect(events.contains("Killing: Container sick failed liveness probe, will be restarted"), "\(events)")
        }
    }

    @Test("init containers run one after the other before the pod's own; a job's pod completes")
    func initAndCompletion() async throws {
        try await run { node, _, _ in
            try await node.make(
                "job",
                [
                    "restartPolicy": "Never",
                    "initContainers": [
                        ["name": "one", "image": "probe:1", "args": ["exit", "0"]],
                        [
                            "name": "side", "image": "probe:1", "args": ["serve", "90"], "restartPolicy": "Always",
                            "startupProbe": ["tcpSocket": ["port": 90], "periodSeconds": 1],
                        ],
                    ],
                    "containers": [
                        [
                            "name": "main", "image": "probe:1",
                            "args": ["write", "/dev/termination-log", "all is well"],
                        ]
                    ], "terminationGracePeriodSeconds": 1,
                ])
            let pod = try await node.until("Succeeded", "job") { $0["status"]["phase"] == "Succeeded" }
            #expect(pod.container("one")["state"]["terminated"]["reason"] == "Completed")
            let main = pod.container("main")["state"]["terminated"]
            #expect(main["reason"] == "Completed" && main["message"] == "all is well", "\(main.text)")
        }
    }
}
