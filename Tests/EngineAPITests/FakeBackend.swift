import DockerModel
import Fault
import JSON
import NIOConcurrencyHelpers
import NIOCore
import Wire

/// A backend that writes down what it is asked, answers with a document that names the method, and fails where told.
final class FakeBackend: Backend, BuildBackend {
    struct State {
        var calls: [String] = []
        var faults: [String: Fault] = [:]
        var answers: [String: JSON] = [:]
        var received: [UInt8] = []
    }

    let state = NIOLockedValueBox(State())
    /// Opened when a source is cancelled.
    let cancelled = Latch()
    /// What attach and exec give out, and whether that is a terminal's.
    let attachment = NIOLockedValueBox<Attachment?>(nil)
    let isTerminal = NIOLockedValueBox(false)
    /// Ends a wait.
    let exit = Latch()

    var calls: [String] { state.withLockedValue { $0.calls } }

    func fail(_ method: String, _ kind: Fault.Kind, _ message: String) {
        state.withLockedValue { $0.faults[method] = Fault(kind, message) }
    }

    func answer(_ method: String, _ value: JSON) { state.withLockedValue { $0.answers[method] = value } }

    @discardableResult
    private func call(_ method: String, _ arguments: [Any?] = []) throws -> JSON {
        try state.withLockedValue { state in
            state.calls.append("\(method)(\(arguments.map { $0.map { "\($0)" } ?? "nil" }.joined(separator: ", ")))")
            if let fault = state.faults[method] { throw fault }
            return state.answers[method] ?? ["method": .string(method)]
        }
    }

    private func bytes(_ parts: [String]) -> ByteSource {
        let rest = NIOLockedValueBox(parts[...])
        return ByteSource(
            next: { rest.withLockedValue { $0.popFirst() }.map { ByteBuffer(string: $0) } },
            cancel: { [cancelled] in cancelled.open() })
    }

    private func documents(_ count: Int, endless: Bool = false) -> JSONSource {
        let number = NIOLockedValueBox(0)
        return JSONSource(
            next: { [cancelled] in
                let next = number.withLockedValue { number in
                    number += 1
                    return number
                }
                if next <= count { return ["number": JSON(next)] }
                if endless { await cancelled.wait() }
                return nil
            }, cancel: { [cancelled] in cancelled.open() })
    }

    private func take(_ tar: ByteSource) async throws {
        while let part = try await tar.next() { state.withLockedValue { $0.received += Array(part.readableBytesView) } }
    }

    // MARK: Containers

    func listContainers(all: Bool, limit: Int?, size: Bool, filters: Filters) async throws -> [JSON] {
        [try call("listContainers", [all, limit, size, filters.json.text])]
    }
    func createContainer(name: String?, platform: String?, body: JSON) async throws -> JSON {
        try call("createContainer", [name, platform, body.text])
    }
    func inspectContainer(_ ref: String, size: Bool) async throws -> JSON { try call("inspectContainer", [ref, size]) }
    func startContainer(_ ref: String, detachKeys: String?) async throws {
        try call("startContainer", [ref, detachKeys])
    }
    func stopContainer(_ ref: String, signal: String?, timeout: Int?) async throws {
        try call("stopContainer", [ref, signal, timeout])
    }
    func restartContainer(_ ref: String, signal: String?, timeout: Int?) async throws {
        try call("restartContainer", [ref, signal, timeout])
    }
    func killContainer(_ ref: String, signal: String?) async throws { try call("killContainer", [ref, signal]) }
    func pauseContainer(_ ref: String) async throws { try call("pauseContainer", [ref]) }
    func unpauseContainer(_ ref: String) async throws { try call("unpauseContainer", [ref]) }
    func renameContainer(_ ref: String, to name: String) async throws { try call("renameContainer", [ref, name]) }
    func updateContainer(_ ref: String, body: JSON) async throws -> JSON {
        try call("updateContainer", [ref, body.text])
    }
    func removeContainer(_ ref: String, force: Bool, volumes: Bool, link: Bool) async throws {
        try call("removeContainer", [ref, force, volumes, link])
    }
    func resizeContainer(_ ref: String, height: Int, width: Int) async throws {
        try call("resizeContainer", [ref, height, width])
    }
    func waitContainer(_ ref: String, condition: WaitCondition) async throws -> Task<JSON, any Error> {
        try call("waitContainer", [ref, condition.rawValue])
        return Task { [exit] in
            await exit.wait()
            if Task.isCancelled { self.cancelled.open() }
            return ["StatusCode": 3]
        }
    }
    func attachContainer(_ ref: String, _ options: AttachOptions) async throws -> Attachment {
        try call(
            "attachContainer",
            [ref, options.stdin, options.stdout, options.stderr, options.logs, options.stream, options.detachKeys])
        return attachment.withLockedValue { $0 } ?? echoing()
    }
    func containerLogs(_ ref: String, _ options: LogOptions) async throws -> (OutputSource, isTerminal: Bool) {
        try call(
            "containerLogs",
            [
                ref, options.stdout, options.stderr, options.follow, options.timestamps, options.tail, options.since,
                options.until,
            ])
        let rest = NIOLockedValueBox(
            [OutputChunk(.stdout, ByteBuffer(string: "out\n")), OutputChunk(.stderr, ByteBuffer(string: "err\n"))][...])
        let source = OutputSource(
            next: { [cancelled] in
                if let chunk = rest.withLockedValue({ $0.popFirst() }) { return chunk }
                if options.follow { await cancelled.wait() }
                return nil
            }, cancel: { [cancelled] in cancelled.open() })
        return (source, isTerminal.withLockedValue { $0 })
    }
    func containerStats(_ ref: String, stream: Bool, oneShot: Bool) async throws -> JSONSource {
        try call("containerStats", [ref, stream, oneShot])
        return documents(stream ? 2 : 1, endless: stream)
    }
    func topContainer(_ ref: String, psArguments: String) async throws -> JSON {
        try call("topContainer", [ref, psArguments])
    }
    func containerChanges(_ ref: String) async throws -> JSON { try call("containerChanges", [ref]) }
    func exportContainer(_ ref: String) async throws -> ByteSource {
        try call("exportContainer", [ref])
        return bytes(["tar", "ball"])
    }
    func statPath(_ ref: String, path: String) async throws -> JSON { try call("statPath", [ref, path]) }
    func getArchive(_ ref: String, path: String) async throws -> (stat: JSON, tar: ByteSource) {
        (try call("getArchive", [ref, path]), bytes(["tar"]))
    }
    func putArchive(_ ref: String, path: String, noOverwriteDirNonDir: Bool, copyUIDGID: Bool, tar: ByteSource)
        async throws
    {
        try call("putArchive", [ref, path, noOverwriteDirNonDir, copyUIDGID])
        try await take(tar)
    }
    func pruneContainers(_ filters: Filters) async throws -> JSON { try call("pruneContainers", [filters.json.text]) }

    func createExec(_ ref: String, body: JSON) async throws -> JSON { try call("createExec", [ref, body.text]) }
    func startExec(_ id: String, body: JSON) async throws -> Attachment? {
        try call("startExec", [id, body.text])
        return body["Detach"].bool == true ? nil : attachment.withLockedValue { $0 } ?? echoing()
    }
    func resizeExec(_ id: String, height: Int, width: Int) async throws { try call("resizeExec", [id, height, width]) }
    func inspectExec(_ id: String) async throws -> JSON { try call("inspectExec", [id]) }

    /// Gives its input back on stdout, and `closed` on stderr once the input is closed.
    func echoing() -> Attachment {
        let (stream, continuation) = AsyncStream<OutputChunk>.makeStream()
        let reader = Reader(stream.makeAsyncIterator())
        return Attachment(
            output: OutputSource(
                next: { await reader.next() },
                cancel: { [cancelled] in
                    cancelled.open()
                    continuation.finish()
                }),
            write: { continuation.yield(OutputChunk(.stdout, $0)) },
            closeInput: {
                continuation.yield(OutputChunk(.stderr, ByteBuffer(string: "closed")))
                continuation.finish()
            }, isTerminal: isTerminal.withLockedValue { $0 })
    }

    // MARK: Images

    func listImages(
        all: Bool, digests: Bool, sharedSize: Bool, manifests: Bool, filters: Filters
    ) async throws -> [JSON] {
        [try call("listImages", [all, digests, sharedSize, manifests, filters.json.text])]
    }
    func inspectImage(_ ref: String, platform: String?) async throws -> JSON {
        try call("inspectImage", [ref, platform])
    }
    func imageHistory(_ ref: String, platform: String?) async throws -> JSON {
        try call("imageHistory", [ref, platform])
    }
    func pullImage(_ reference: String, platform: String?, auth: JSON, progress: @escaping ProgressSink) async throws {
        try call("pullImage", [reference, platform, auth.text])
        try await progress(["status": "Pulling"])
        try call("pullImage.late")
    }
    func pushImage(_ reference: String, platform: String?, auth: JSON, progress: @escaping ProgressSink) async throws {
        try call("pushImage", [reference, platform, auth.text])
        try await progress(["status": "Pushing"])
    }
    func importImage(reference: String?, message: String, changes: [String], platform: String?, tar: ByteSource)
        async throws -> String
    {
        try call("importImage", [reference, message, changes, platform])
        try await take(tar)
        return "sha256:1234"
    }
    func tagImage(_ ref: String, repository: String, tag: String) async throws {
        try call("tagImage", [ref, repository, tag])
    }
    func removeImage(_ ref: String, force: Bool, prune: Bool) async throws -> JSON {
        try call("removeImage", [ref, force, prune])
    }
    func pruneImages(_ filters: Filters) async throws -> JSON { try call("pruneImages", [filters.json.text]) }
    func saveImages(_ refs: [String], platform: String?) async throws -> ByteSource {
        try call("saveImages", [refs, platform])
        return bytes(["tar"])
    }
    func loadImages(_ tar: ByteSource, quiet: Bool, progress: @escaping ProgressSink) async throws {
        try call("loadImages", [quiet])
        try await take(tar)
        try await progress(["stream": "Loaded image: x\n"])
    }
    func commitContainer(
        _ ref: String, reference: String?, author: String, message: String, pause: Bool, changes: [String], config: JSON
    ) async throws -> JSON {
        try call("commitContainer", [ref, reference, author, message, pause, changes, config.text])
    }
    func checkRegistryAuth(_ auth: JSON) async throws -> JSON { try call("checkRegistryAuth", [auth.text]) }

    func inspectDistribution(_ reference: String, auth: JSON) async throws -> JSON {
        try call("inspectDistribution", [reference, auth.text])
    }
    func searchImages(_ term: String, limit: Int, filters: Filters, auth: JSON) async throws -> [JSON] {
        [try call("searchImages", [term, limit, filters.json.text, auth.text])]
    }

    // MARK: Networks, volumes, system

    func listNetworks(_ filters: Filters) async throws -> [JSON] { [try call("listNetworks", [filters.json.text])] }
    func inspectNetwork(_ ref: String, verbose: Bool) async throws -> JSON {
        try call("inspectNetwork", [ref, verbose])
    }
    func createNetwork(_ body: JSON) async throws -> JSON { try call("createNetwork", [body.text]) }
    func removeNetwork(_ ref: String) async throws { try call("removeNetwork", [ref]) }
    func connectNetwork(_ ref: String, body: JSON) async throws { try call("connectNetwork", [ref, body.text]) }
    func disconnectNetwork(_ ref: String, body: JSON) async throws { try call("disconnectNetwork", [ref, body.text]) }
    func pruneNetworks(_ filters: Filters) async throws -> JSON { try call("pruneNetworks", [filters.json.text]) }

    func listVolumes(_ filters: Filters) async throws -> JSON { try call("listVolumes", [filters.json.text]) }
    func inspectVolume(_ name: String) async throws -> JSON { try call("inspectVolume", [name]) }
    func createVolume(_ body: JSON) async throws -> JSON { try call("createVolume", [body.text]) }
    func removeVolume(_ name: String, force: Bool) async throws { try call("removeVolume", [name, force]) }
    func pruneVolumes(_ filters: Filters) async throws -> JSON { try call("pruneVolumes", [filters.json.text]) }

    func info() async throws -> JSON { try call("info") }
    func version() async throws -> JSON { try call("version") }
    func diskUsage(types: [String]) async throws -> JSON { try call("diskUsage", [types]) }
    func pruneBuildCache(all: Bool, keep: Int64, filters: Filters) async throws -> JSON {
        try call("pruneBuildCache", [all, keep, filters.json.text])
    }
    func build(_ request: BuildRequest, context: ByteSource, progress: @escaping ProgressSink) async throws {
        try call(
            "build",
            [
                request.dockerfile, request.tags, request.target, request.usesCache, request.arguments["A"] ?? "none",
                request.host.text,
            ])
        try await take(context)
        try await progress(["stream": "Step 1/1 : FROM scratch\n"])
    }
    func events(since: Int64?, until: Int64?, filters: Filters) async throws -> JSONSource {
        try call("events", [since, until, filters.json.text])
        return documents(1, endless: until == nil)
    }
}

/// One reader at a time, as sources have it, so nothing is shared.
private final class Reader: @unchecked Sendable {
    private var iterator: AsyncStream<OutputChunk>.Iterator
    init(_ iterator: AsyncStream<OutputChunk>.Iterator) { self.iterator = iterator }
    func next() async -> OutputChunk? { await iterator.next() }
}
