import DockerModel
import Fault
import JSON
import KubeModel
import NIOCore

@testable import Kubelet

/// A container engine that keeps state and runs nothing: containers run until a test, or a signal, ends them.
actor FakeEngine: ContainerBackend, ImageBackend, SystemBackend {
    struct Container {
        var id: String, name: String
        var body: JSON
        var status = "created"
        var exitCode = 0
        var isOutOfMemory = false
        var startedAt = "0001-01-01T00:00:00Z", finishedAt = "0001-01-01T00:00:00Z"
        var error = ""
    }

    private(set) var containers: [String: Container] = [:]
    /// References that `pullImage` finds.
    var remote: Set<String> = []
    private(set) var images: Set<String> = ["registry.k8s.io/pause:3.10"]
    /// By name of the container in its pod: what its start fails of.
    var startFaults: [String: String] = [:]
    /// What every start takes.
    var startPause = Duration.zero
    /// By command: exit code and output of execs.
    var commands: [String: (Int, String)] = [:]
    /// By name of the container in its pod: signals that it doesn't heed.
    var stubborn: Set<String> = []
    private(set) var logLines: [String: [String]] = [:]
    private(set) var stops: [(name: String, timeout: Int?)] = []
    private(set) var pulls: [String] = []
    /// Names of containers that were updated.
    private(set) var updates: [String] = []
    /// Bytes that each container is said to use.
    var memoryInUse = 0
    private var listeners: [AsyncStream<JSON>.Continuation] = []
    private var execs: [String: [String]] = [:]
    private var count = 0

    init(images: Set<String> = []) { self.images.formUnion(images) }

    // MARK: For tests

    func change(_ change: @Sendable (isolated FakeEngine) -> Void) { change(self) }
    func offer(_ reference: String) { remote.insert(reference) }
    func write(_ line: String, _ id: String) { logLines[id, default: []].append(line) }

    /// The newest container of that name in any pod.
    func newest(_ name: String) -> Container? {
        containers.values.filter { label($0, ContainerIdentity.Label.container) == name }
            .max { attempt($0) < attempt($1) }
    }

    private func attempt(_ container: Container) -> Int { Int(label(container, ContainerIdentity.Label.attempt)) ?? 0 }
    private func label(_ container: Container, _ name: String) -> String {
        container.body["Labels"][name].string ?? ""
    }

    /// It ends by itself.
    func end(_ name: String, exitCode: Int, outOfMemory: Bool = false) {
        guard let newest = newest(name), newest.status == "running" else { return }
        finish(newest.id, exitCode, outOfMemory: outOfMemory)
    }

    private func finish(_ id: String, _ exitCode: Int, outOfMemory: Bool = false) {
        guard var container = containers[id], container.status == "running" else { return }
        container.status = "exited"
        container.exitCode = exitCode
        container.isOutOfMemory = outOfMemory
        container.finishedAt = now
        containers[id] = container
        publish("die", container)
    }

    private nonisolated var now: String { Timestamp(clock()).text }

    private func publish(_ action: String, _ container: Container) {
        let event: JSON = [
            "Type": "container", "Action": .string(action),
            "Actor": ["ID": .string(container.id), "Attributes": container.body["Labels"]],
        ]
        for listener in listeners { listener.yield(event) }
    }

    // MARK: Containers

    private func find(_ ref: String) throws -> Container {
        if let found = containers[ref] ?? containers.values.first(where: { $0.name == ref }) { return found }
        throw Fault(.notFound, "No such container: \(ref)")
    }

    func listContainers(all: Bool, limit: Int?, size: Bool, filters: Filters) async throws -> [JSON] {
        containers.values.map { ["Id": .string($0.id), "Labels": $0.body["Labels"]] }
    }

    func createContainer(name: String?, platform: String?, body: JSON) async throws -> JSON {
        let name = name ?? ""
        if containers.values.contains(where: { $0.name == name }) { throw Fault(.conflict, "Conflict: \(name)") }
        count += 1
        let id = String(repeating: "0", count: 58) + "\(100_000 + count)"
        containers[id] = Container(id: id, name: name, body: body)
        return ["Id": .string(id), "Warnings": []]
    }

    func inspectContainer(_ ref: String, size: Bool) async throws -> JSON {
        let container = try find(ref)
        let isOwn = container.body["HostConfig"]["NetworkMode"] == "bridge"
        let address = isOwn && container.status == "running" ? "10.244.0.\(Int(container.id.suffix(3)) ?? 0)" : ""
        return [
            "Id": .string(container.id), "Name": .string("/" + container.name), "Created": .string(now),
            "Image": "sha256:abc", "Config": container.body, "HostConfig": container.body["HostConfig"],
            "State": [
                "Status": .string(container.status), "ExitCode": JSON(container.exitCode),
                "OOMKilled": .bool(container.isOutOfMemory), "StartedAt": .string(container.startedAt),
                "FinishedAt": .string(container.finishedAt), "Error": .string(container.error),
            ],
            "NetworkSettings": ["IPAddress": .string(address), "GlobalIPv6Address": ""],
        ]
    }

    func startContainer(_ ref: String, detachKeys: String?) async throws {
        if startPause > .zero { try await Task.sleep(for: startPause) }
        var container = try find(ref)
        if let fault = startFaults[label(container, ContainerIdentity.Label.container)] {
            container.error = fault
            containers[container.id] = container
            throw Fault(.invalid, fault)
        }
        container.status = "running"
        container.startedAt = now
        containers[container.id] = container
    }

    func stopContainer(_ ref: String, signal: String?, timeout: Int?) async throws {
        let container = try find(ref)
        let name = label(container, ContainerIdentity.Label.container)
        guard container.status == "running" else { throw Fault(.unchanged, "already stopped") }
        stops.append((name, timeout))
        if stubborn.contains(name) {
            try await Task.sleep(for: .milliseconds(50))
            finish(container.id, 137)
        } else {
            finish(container.id, name == ContainerIdentity.sandboxName ? 137 : 143)
        }
    }

    func updateContainer(_ ref: String, body: JSON) async throws -> JSON {
        var container = try find(ref)
        updates.append(label(container, ContainerIdentity.Label.container))
        container.body.edit("HostConfig") { host in
            for (name, value) in body.object ?? JSONObject() where value != 0 { host[name] = value }
        }
        containers[container.id] = container
        return ["Warnings": .null]
    }

    func containerStats(_ ref: String, stream: Bool, oneShot: Bool) async throws -> JSONSource {
        let used = memoryInUse
        return JSONSource(next: { ["memory_stats": ["usage": JSON(used)]] }, cancel: {})
    }

    func removeContainer(_ ref: String, force: Bool, volumes: Bool, link: Bool) async throws {
        let container = try find(ref)
        finish(container.id, 137)
        containers[container.id] = nil
        publish("destroy", container)
    }

    func containerLogs(_ ref: String, _ options: LogOptions) async throws -> (OutputSource, isTerminal: Bool) {
        let lines = Lines(logLines[try find(ref).id] ?? [])
        return (OutputSource(next: { await lines.next() }), false)
    }

    private actor Lines {
        var left: [String]
        init(_ lines: [String]) { left = lines }
        func next() -> OutputChunk? {
            left.isEmpty ? nil : OutputChunk(.stdout, ByteBuffer(string: left.removeFirst() + "\n"))
        }
    }

    func createExec(_ ref: String, body: JSON) async throws -> JSON {
        let container = try find(ref)
        guard container.status == "running" else { throw Fault(.conflict, "container \(ref) is not running") }
        count += 1
        execs["exec\(count)"] = body["Cmd"].strings
        return ["Id": .string("exec\(count)")]
    }

    func startExec(_ id: String, body: JSON) async throws -> Attachment? {
        let output = Lines([commands[(execs[id] ?? []).joined(separator: " ")]?.1 ?? ""])
        return Attachment(
            output: OutputSource(next: { await output.next() }), write: { _ in }, closeInput: {}, isTerminal: false)
    }

    func inspectExec(_ id: String) async throws -> JSON {
        ["ExitCode": JSON(commands[(execs[id] ?? []).joined(separator: " ")]?.0 ?? 0), "Pid": 0]
    }

    // MARK: Images and events

    func inspectImage(_ ref: String, platform: String?) async throws -> JSON {
        guard images.contains(ref) || ref == "sha256:abc" else { throw Fault(.notFound, "No such image: \(ref)") }
        return ["Id": "sha256:abc", "Size": 1_234, "RepoDigests": [], "Config": [:]]
    }

    func pullImage(_ reference: String, platform: String?, auth: JSON, progress: @escaping ProgressSink) async throws {
        pulls.append(reference)
        guard remote.contains(reference) else {
            throw Fault(.notFound, "manifest for \(reference) not found: manifest unknown")
        }
        images.insert(reference)
    }

    func listImages(all: Bool, digests: Bool, sharedSize: Bool, manifests: Bool, filters: Filters) async throws
        -> [JSON]
    { images.sorted().map { ["RepoTags": [.string($0)], "RepoDigests": [], "Size": 1_234] } }

    func events(since: Int64?, until: Int64?, filters: Filters) async throws -> JSONSource {
        let (stream, continuation) = AsyncStream.makeStream(of: JSON.self)
        listeners.append(continuation)
        return JSONSource(
            next: { await stream.first { _ in true } }, cancel: { continuation.finish() })
    }

    func info() async throws -> JSON { [:] }
    func version() async throws -> JSON { ["Version": "29.0.0"] }
}

// What the kubelet doesn't ask for.
extension FakeEngine {
    private var nothing: Fault { Fault(.notImplemented, "the fake engine has no such method") }

    func restartContainer(_ ref: String, signal: String?, timeout: Int?) async throws { throw nothing }
    func killContainer(_ ref: String, signal: String?) async throws { throw nothing }
    func pauseContainer(_ ref: String) async throws { throw nothing }
    func unpauseContainer(_ ref: String) async throws { throw nothing }
    func renameContainer(_ ref: String, to name: String) async throws { throw nothing }
    func resizeContainer(_ ref: String, height: Int, width: Int) async throws { throw nothing }
    func waitContainer(_ ref: String, condition: WaitCondition) async throws -> Task<JSON, any Error> { throw nothing }
    func attachContainer(_ ref: String, _ options: AttachOptions) async throws -> Attachment { throw nothing }
    func topContainer(_ ref: String, psArguments: String) async throws -> JSON { throw nothing }
    func containerChanges(_ ref: String) async throws -> JSON { throw nothing }
    func exportContainer(_ ref: String) async throws -> ByteSource { throw nothing }
    func statPath(_ ref: String, path: String) async throws -> JSON { throw nothing }
    func getArchive(_ ref: String, path: String) async throws -> (stat: JSON, tar: ByteSource) { throw nothing }
    func putArchive(_ ref: String, path: String, noOverwriteDirNonDir: Bool, copyUIDGID: Bool, tar: ByteSource)
        async throws
    { throw nothing }
    func pruneContainers(_ filters: Filters) async throws -> JSON { throw nothing }
    func resizeExec(_ id: String, height: Int, width: Int) async throws { throw nothing }
    func imageHistory(_ ref: String, platform: String?) async throws -> JSON { throw nothing }
    func pushImage(_ reference: String, platform: String?, auth: JSON, progress: @escaping ProgressSink) async throws {
        throw nothing
    }
    func importImage(reference: String?, message: String, changes: [String], platform: String?, tar: ByteSource)
        async throws -> String
    { throw nothing }
    func tagImage(_ ref: String, repository: String, tag: String) async throws { throw nothing }
    func removeImage(_ ref: String, force: Bool, prune: Bool) async throws -> JSON { throw nothing }
    func pruneImages(_ filters: Filters) async throws -> JSON { throw nothing }
    func saveImages(_ refs: [String], platform: String?) async throws -> ByteSource { throw nothing }
    func loadImages(_ tar: ByteSource, quiet: Bool, progress: @escaping ProgressSink) async throws { throw nothing }
    func commitContainer(
        _ ref: String, reference: String?, author: String, message: String, pause: Bool, changes: [String], config: JSON
    ) async throws -> JSON { throw nothing }
    func checkRegistryAuth(_ auth: JSON) async throws -> JSON { throw nothing }
    func inspectDistribution(_ reference: String, auth: JSON) async throws -> JSON { throw nothing }
    func searchImages(_ term: String, limit: Int, filters: Filters, auth: JSON) async throws -> [JSON] { throw nothing }
    func diskUsage(types: [String]) async throws -> JSON { throw nothing }
    func pruneBuildCache(all: Bool, keep: Int64, filters: Filters) async throws -> JSON { throw nothing }
}
