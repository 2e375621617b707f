import DockerModel
import Fault
import JSON
import NIOCore
import NIOHTTP1
import Wire

/// `/containers/…` (Engine API, "Container").
enum Containers {
    @Sendable static func list(_ call: Call) async throws {
        let limit = try call.integer("limit")
        let containers = try await call.backend.listContainers(
            all: call.flag("all"), limit: limit.flatMap { $0 > 0 ? $0 : nil }, size: call.flag("size"),
            filters: try call.filters())
        try await call.answer(.array(call.version.containerList(containers)))
    }

    @Sendable static func create(_ call: Call) async throws {
        let body = try await call.object()
        guard !body.isNull else { throw Fault(.invalid, "config cannot be empty in order to create a container") }
        var made = try await call.backend.createContainer(
            name: call.text("name"), platform: call.text("platform"), body: try call.version.creation(body))
        let warnings = call.version.creationWarnings(body)
        if !warnings.isEmpty { made["Warnings"] = .array((made["Warnings"].array ?? []) + warnings) }
        try await call.answer(.created, made)
    }

    @Sendable static func inspect(_ call: Call) async throws {
        let container = try await call.backend.inspectContainer(call.subject, size: call.flag("size"))
        try await call.answer(call.version.containerInspection(container))
    }

    @Sendable static func start(_ call: Call) async throws {
        let length = call.request.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
        guard length <= 2, !call.request.headers.contains(name: "transfer-encoding") else {
            throw Fault(
                .invalid,
                "starting container with non-empty request body was deprecated since API v1.22 and removed in v1.24")
        }
        try await call.backend.startContainer(call.subject, detachKeys: call.text("detachKeys"))
        try await call.answer(.noContent)
    }

    @Sendable static func stop(_ call: Call) async throws {
        try await call.backend.stopContainer(call.subject, signal: call.text("signal"), timeout: try call.integer("t"))
        try await call.answer(.noContent)
    }

    @Sendable static func restart(_ call: Call) async throws {
        try await call.backend.restartContainer(
            call.subject, signal: call.text("signal"), timeout: try call.integer("t"))
        try await call.answer(.noContent)
    }

    @Sendable static func kill(_ call: Call) async throws {
        try await call.backend.killContainer(call.subject, signal: call.text("signal"))
        try await call.answer(.noContent)
    }

    @Sendable static func pause(_ call: Call) async throws {
        try await call.backend.pauseContainer(call.subject)
        try await call.answer(.noContent)
    }

    @Sendable static func unpause(_ call: Call) async throws {
        try await call.backend.unpauseContainer(call.subject)
        try await call.answer(.noContent)
    }

    @Sendable static func rename(_ call: Call) async throws {
        try await call.backend.renameContainer(call.subject, to: call.query("name") ?? "")
        try await call.answer(.noContent)
    }

    @Sendable static func update(_ call: Call) async throws {
        try await call.answer(try await call.backend.updateContainer(call.subject, body: try await call.object()))
    }

    @Sendable static func remove(_ call: Call) async throws {
        try await call.backend.removeContainer(
            call.subject, force: call.flag("force"), volumes: call.flag("v"), link: call.flag("link"))
        try await call.answer(.noContent)
    }

    @Sendable static func prune(_ call: Call) async throws {
        try await call.answer(try await call.backend.pruneContainers(try call.filters()))
    }

    @Sendable static func resize(_ call: Call) async throws {
        let (height, width) = try call.windowSize()
        try await call.backend.resizeContainer(call.subject, height: height, width: width)
        try await call.answer(.ok)
    }

    @Sendable static func top(_ call: Call) async throws {
        let arguments = call.text("ps_args") ?? "-ef"
        try await call.answer(try await call.backend.topContainer(call.subject, psArguments: arguments))
    }

    @Sendable static func changes(_ call: Call) async throws {
        try await call.answer(try await call.backend.containerChanges(call.subject))
    }

    @Sendable static func export(_ call: Call) async throws {
        try await call.stream(try await call.backend.exportContainer(call.subject), type: "application/x-tar")
    }

    @Sendable static func stats(_ call: Call) async throws {
        let streams = call.flag("stream", default: true)
        let oneShot = call.flag("one-shot")
        guard !(streams && oneShot) else { throw Fault(.invalid, "cannot have stream=true and one-shot=true") }
        try await call.stream(try await call.backend.containerStats(call.subject, stream: streams, oneShot: oneShot))
    }

    @Sendable static func logs(_ call: Call) async throws {
        var options = LogOptions()
        options.stdout = call.flag("stdout")
        options.stderr = call.flag("stderr")
        guard options.stdout || options.stderr else {
            throw Fault(.invalid, "Bad parameters: you must choose at least one stream")
        }
        options.follow = call.flag("follow")
        options.timestamps = call.flag("timestamps")
        options.details = call.flag("details")
        // Anything but a count means all of them, as for dockerd.
        options.tail = call.text("tail").flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil }
        options.since = try call.time("since")
        options.until = try call.time("until")
        let (source, isTerminal) = try await call.backend.containerLogs(call.subject, options)
        try await call.stream(source, type: call.streamType(isTerminal: isTerminal)) {
            framed($0, isTerminal: isTerminal)
        }
    }

    private static func attachOptions(_ call: Call) -> AttachOptions {
        var options = AttachOptions()
        options.stdin = call.flag("stdin")
        options.stdout = call.flag("stdout")
        options.stderr = call.flag("stderr")
        options.logs = call.flag("logs")
        options.stream = call.flag("stream")
        options.detachKeys = call.text("detachKeys")
        return options
    }

    @Sendable static func attach(_ call: Call) async throws {
        let options = attachOptions(call)
        let attachment = try await call.backend.attachContainer(call.subject, options)
        try await call.attach(attachment, input: options.stdin && options.stream)
    }

    @Sendable static func attachWebSocket(_ call: Call) async throws {
        let options = attachOptions(call)
        let attachment = try await call.backend.attachContainer(call.subject, options)
        try await call.attachWebSocket(attachment, input: options.stdin && options.stream)
    }

    /// The head goes out before the wait begins: clients start the container only when they have it.
    @Sendable static func wait(_ call: Call) async throws {
        let condition: WaitCondition
        switch call.text("condition") {
        case nil: condition = .notRunning
        case let text?:
            guard let known = WaitCondition(rawValue: text) else {
                throw Fault(.invalid, "invalid condition: \"\(text)\"")
            }
            condition = known
        }
        let wait = try await call.backend.waitContainer(call.subject, condition: condition)
        defer { wait.cancel() }
        try await call.responder.head(.ok, call.headersWith("application/json"))
        let answer: JSON
        do {
            answer = try await call.whileConnected(onGone: { wait.cancel() }) { try await wait.value }
        } catch {
            answer = ["StatusCode": -1, "Error": ["Message": .string(sentence(error))]]
        }
        try await call.responder.write(ByteBuffer(bytes: answer.bytes() + [UInt8(ascii: "\n")]))
        try await call.responder.end()
    }
}

extension Call {
    /// `h` and `w` of a terminal.
    func windowSize() throws(Fault) -> (height: Int, width: Int) {
        func side(_ key: String, _ name: String) throws(Fault) -> Int {
            let text = query(key) ?? ""
            guard let value = UInt32(text) else {
                throw Fault(.invalid, "invalid resize \(name) \(JSON(text).text): invalid syntax")
            }
            return Int(value)
        }
        return (try side("h", "height"), try side("w", "width"))
    }
}
