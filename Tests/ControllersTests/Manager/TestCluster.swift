import Foundation
import JSON
import KubeAPIServer
import KubeClient
import KubeModel
import Logging
import NIOPosix
import Testing

@testable import Controllers

/// A real API server with a store on disk, and the controller manager beside it, in this process.
struct TestCluster: Sendable {
    let server: RunningAPIServer
    /// As the administrator.
    let api: any ObjectAPI

    /// Seconds since 1970.
    func now() -> Double { Date().timeIntervalSince1970 }

    /// Longest wait for something to come true.
    private static let patience = Duration.seconds(20)

    static func with<T>(
        _ settings: ControllerSettings = ControllerSettings(), _ body: (TestCluster) async throws -> T
    ) async throws -> T {
        let folder = NSTemporaryDirectory() + "hako-controllers-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var configuration = APIServerConfiguration()
        configuration.dataFolder = folder
        configuration.bindAddress = "127.0.0.1"
        configuration.port = 0
        var log = Logger(label: "test")
        log.logLevel = .critical
        let server = try await RunningAPIServer.start(
            configuration, group: MultiThreadedEventLoopGroup.singleton, log: log)
        let manager = ControllerManager(
            settings,
            api: { name in
                let isAccount = name.hasPrefix("system:serviceaccount:")
                let groups = isAccount ? ["system:serviceaccounts", "system:serviceaccounts:kube-system"] : []
                return server.api(
                    as: UserInfo(name: name, groups: groups + ["system:authenticated"]),
                    manager: "kube-controller-manager")
            }, log: log, now: { Date().timeIntervalSince1970 })
        let running = Task { await manager.run() }
        let cluster = TestCluster(
            server: server,
            api: server.api(as: UserInfo(name: "admin", groups: ["system:masters"]), manager: "kubectl"))
        let result: Result<T, any Error>
        do { result = .success(try await body(cluster)) } catch { result = .failure(error) }
        running.cancel()
        await running.value
        await server.stop()
        return try result.get()
    }

    /// Waits until the objects of a resource are as wanted; a failed test after a while.
    @discardableResult
    func until(
        _ what: String, _ resource: ResourceID, _ namespace: String = "default", labels: String = "",
        at place: SourceLocation = #_sourceLocation, _ isSo: ([JSON]) -> Bool
    ) async throws -> [JSON] {
        let selection = ObjectSelection(labels: labels)
        let deadline = ContinuousClock.now + Self.patience
        var items: [JSON] = []
        repeat {
            items = try await api.list(resource, namespace, selection).items
            if isSo(items) { return items }
            try await Task.sleep(for: .milliseconds(20))
        } while ContinuousClock.now < deadline
        Issue.record("\(what): \(JSON.array(items))", sourceLocation: place)
        return items
    }

    func until(
        _ what: String, _ resource: ResourceID, _ namespace: String, _ name: String,
        at place: SourceLocation = #_sourceLocation, _ isSo: (JSON) -> Bool
    ) async throws -> JSON {
        let found = try await until(what, resource, namespace, at: place) { items in
            items.contains { $0.objectName == name && isSo($0) }
        }
        return found.first { $0.objectName == name } ?? .null
    }

    func bind(_ pod: JSON, to node: String) async throws {
        _ = try await api.create(
            .pods, pod.objectNamespace, name: pod.objectName, subresource: "binding",
            [
                "apiVersion": "v1", "kind": "Binding", "metadata": ["name": pod["metadata"]["name"]],
                "target": ["apiVersion": "v1", "kind": "Node", "name": .string(node)],
            ])
    }

    /// What a kubelet would say of a pod that runs and is ready.
    func run(_ pod: JSON, address: String = "10.244.0.9") async throws {
        let time: JSON = .string(Timestamp(Date().timeIntervalSince1970).text)
        let status: JSON = [
            "status": [
                "phase": "Running", "podIP": .string(address), "podIPs": [["ip": .string(address)]],
                "conditions": [["type": "Ready", "status": "True", "lastTransitionTime": time]],
            ]
        ]
        _ = try await api.patch(
            .pods, pod.objectNamespace, pod.objectName, subresource: "status", .strategic(status))
    }

    /// Plays scheduler and kubelet for all pods until cancelled: they run, are ready, and go when they are deleted.
    func playKubelet() async {
        while !Task.isCancelled {
            let pods = (try? await api.list(.pods).items) ?? []
            for pod in pods {
                if pod.isBeingDeleted {
                    try? await api.delete(.pods, pod.objectNamespace, pod.objectName, ["gracePeriodSeconds": 0])
                } else if PodFacts.phase(pod) != "Running" {
                    try? await run(pod)
                }
            }
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    /// With a kubelet that plays along.
    func withKubelet<T>(_ body: () async throws -> T) async throws -> T {
        let kubelet = Task { await playKubelet() }
        defer { kubelet.cancel() }
        return try await body()
    }

    static func deployment(_ name: String, replicas: Int, image: String = "nginx:1", strategy: JSON = .null) -> JSON {
        var spec: JSON = [
            "replicas": JSON(replicas), "selector": ["matchLabels": ["app": .string(name)]],
            "template": [
                "metadata": ["labels": ["app": .string(name)]],
                "spec": ["containers": [["name": "c", "image": .string(image)]]],
            ],
        ]
        if !strategy.isNull { spec["strategy"] = strategy }
        return [
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": ["name": .string(name), "namespace": "default", "labels": ["app": .string(name)]],
            "spec": spec,
        ]
    }
}
