import Fault
import Foundation
import JSON
import KubeAPIServer
import KubeClient
import KubeModel
import Logging
import NIOConcurrencyHelpers
import NIOPosix
import Testing

@testable import Kubelet

/// Seconds since 1970.
@Sendable func clock() -> Double { Date().timeIntervalSince1970 }

/// Volumes and variables as far as a test gives some.
final class FakePodData: VolumeManager, EnvironmentBuilder {
    private struct State {
        var variables: [String] = []
        var environmentFault: PodFault?
        var volumeFault: PodFault?
        var removed: Set<String> = []
    }
    private let state = NIOLockedValueBox(State())

    func fail(environment: PodFault? = nil, volumes: PodFault? = nil) {
        state.withLockedValue { state in
            state.environmentFault = environment
            state.volumeFault = volumes
        }
    }

    var removed: Set<String> { state.withLockedValue { $0.removed } }

    func prepare(_ pod: JSON) async throws(PodFault) -> [String: String] {
        if let fault = state.withLockedValue({ $0.volumeFault }) { throw fault }
        return [:]
    }
    func remove(podUID: String) async { state.withLockedValue { _ = $0.removed.insert(podUID) } }
    func mounts(_ container: JSON, _ pod: JSON, _ volumes: [String: String]) throws(PodFault) -> [JSON] { [] }
    func environment(_ container: JSON, _ pod: JSON, _ facts: PodFacts) async throws(PodFault) -> [String] {
        if let fault = state.withLockedValue({ $0.environmentFault }) { throw fault }
        return container.list("env").map { "\($0.text("name"))=\($0.text("value"))" }
    }
}

/// Control groups that aren't made.
final class FakeGroups: PodGroups {
    private let state = NIOLockedValueBox<[String: [PodGroup]]>([:])

    /// What the pod's group was set to, in turn; empty when it is gone.
    func history(_ uid: String) -> [PodGroup] { state.withLockedValue { $0[uid] ?? [] } }

    func set(_ group: PodGroup) throws(Fault) { state.withLockedValue { $0[group.uid, default: []].append(group) } }
    func remove(podUID: String) throws(Fault) { state.withLockedValue { $0[podUID] = nil } }
}

/// A whole API server in this process, and a kubelet of the node `n1` over an engine.
struct TestNode: Sendable {
    let api: any ObjectAPI
    let nodeAPI: any ObjectAPI
    let router: NodeRouter
    let data = FakePodData()
    let groups = FakeGroups()
    let folder: String

    static func with<T: Sendable>(_ body: @Sendable (TestNode) async throws -> T) async throws -> T {
        let folder = NSTemporaryDirectory() + "hako-kubelet-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var configuration = APIServerConfiguration()
        configuration.dataFolder = folder + "/api"
        configuration.bindAddress = "127.0.0.1"
        configuration.port = 0
        configuration.admissionOff = ["ServiceAccount"]
        let router = NodeRouter()
        let running = try await RunningAPIServer.start(
            configuration, group: MultiThreadedEventLoopGroup.singleton, node: router, log: Logger(label: "test"))
        let node = TestNode(
            api: running.api(as: .loopback, manager: "test"),
            nodeAPI: running.api(
                as: UserInfo(name: "system:node:n1", groups: ["system:nodes", "system:authenticated"]),
                manager: "kubelet"), router: router, folder: folder)
        do {
            let result = try await body(node)
            await running.stop()
            return result
        } catch {
            await running.stop()
            throw error
        }
    }

    /// Runs a kubelet while the work is done; then it is gone, and its containers aren't.
    func kubelet<T: Sendable>(
        _ engine: Kubelet.NodeEngine, _ change: (inout KubeletSettings) -> Void = { _ in },
        _ body: @Sendable (Kubelet) async throws -> T
    ) async throws -> T {
        var settings = KubeletSettings(nodeName: "n1", addresses: ["192.168.49.2"])
        settings.rootFolder = folder + "/kubelet"
        settings.groupRoot = "/hako-test-\(getpid())"
        change(&settings)
        let isReal = !(engine is FakeEngine)
        let real = KernelPodGroups(settings)
        defer { if isReal { try? real.removeAll() } }
        let kubelet = Kubelet(
            settings, api: nodeAPI, engine: engine, volumes: data, environment: data,
            groups: isReal ? real : groups, log: Logger(label: "test"), now: clock)
        router.serve("n1", by: LocalPods(kubelet))
        let running = Task { await kubelet.run() }
        do {
            let result = try await body(kubelet)
            running.cancel()
            await running.value
            return result
        } catch {
            running.cancel()
            await running.value
            throw error
        }
    }

    // MARK: Pods

    @discardableResult
    func make(_ name: String, _ spec: JSON) async throws -> JSON {
        var spec = spec
        spec["nodeName"] = "n1"
        return try await api.create(
            .pods,
            [
                "kind": "Pod", "apiVersion": "v1", "metadata": ["name": .string(name), "namespace": "default"],
                "spec": spec,
            ])
    }

    func pod(_ name: String) async throws -> JSON { try await api.get(.pods, "default", name) }

    /// Looks until it holds; a failed test when it doesn't within ten seconds.
    @discardableResult
    func until(
        _ what: String, _ name: String, at place: SourceLocation = #_sourceLocation,
        _ holds: @Sendable (JSON) -> Bool
    ) async throws -> JSON {
        var last: JSON = .null
        for _ in 0..<500 {
            last = (try? await pod(name)) ?? .null
            if holds(last) { return last }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("\(what) doesn't come; status: \(last["status"].text)", sourceLocation: place)
        return last
    }

    /// Looks until the event is there; a failed test when it doesn't come within two seconds.
    func told(
        _ name: String, _ event: String, startsWith: Bool = false, at place: SourceLocation = #_sourceLocation
    ) async throws {
        for _ in 0..<200 {
            if try await events(name).contains(where: { startsWith ? $0.hasPrefix(event) : $0 == event }) { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("no \(event) in \(try await events(name))", sourceLocation: place)
    }

    /// `Reason: message` of all events about the pod.
    func events(_ name: String) async throws -> [String] {
        try await api.list(.events, "default").items.filter { $0["involvedObject"]["name"].string == name }
            .map { "\($0["reason"].string ?? ""): \($0["message"].string ?? "")" }
    }
}

extension JSON {
    /// Of the pod's container with that name, in any of the three lists.
    func container(_ name: String) -> JSON {
        for list in ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"] {
            for status in self["status"].list(list) where status.text("name") == name { return status }
        }
        return .null
    }

    func condition(_ type: String) -> String {
        self["status"].list("conditions").first { $0.text("type") == type }?.text("status") ?? ""
    }
}
