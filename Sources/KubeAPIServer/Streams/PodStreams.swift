import JSON
import KubeModel
import NIOCore
import NIOHTTP1
import Wire

/// `pods/NAME/log`, `exec`, `attach` and `portforward`: the client's protocol on one side, a node on the other.
struct PodStreams: Sendable {
    static let subresources: Set<String> = ["log", "exec", "attach", "portforward"]

    let verbs: ObjectVerbs
    let responder: any HTTPResponder

    private var request: APIRequest { verbs.request }
    private var node: any NodeInterface { verbs.parts.node }
    private var conversation: PodConversation {
        PodConversation(request: request.http, responder: responder, node: node)
    }

    func answer() async throws {
        let info = request.info
        let allowed = verbs.resource.subresource(info.subresource)?.verbs ?? []
        guard allowed.contains(info.verb) else { throw APIStatus.methodNotSupported(verbs.resource, info.verb) }
        let pod = try ObjectStore.decode(try await verbs.parts.store.get(verbs.served, verbs.namespace, verbs.name))
        if info.subresource != "log" {
            var admitted = verbs.admissionRequest(
                .connect, name: verbs.name, object: .null, old: .null, subresource: info.subresource)
            try await verbs.parts.admission.mutate(&admitted, verbs.parts.reader)
            try await verbs.parts.admission.validate(&admitted, verbs.parts.reader)
        }
        guard pod["spec"]["nodeName"].string?.isEmpty == false else {
            throw APIStatus.badRequest("pod \(verbs.name) does not have a host assigned")
        }
        switch info.subresource {
        case "log": try await log(pod)
        case "portforward": try await conversation.forward(pod, portsIn: "ports")
        default: try await run(pod, attaches: info.subresource == "attach")
        }
    }

    // MARK: log

    private func log(_ pod: JSON) async throws {
        let options = try logOptions(pod)
        let pieces = try await node.log(of: pod, options)
        if request.http.headers.lists("websocket", in: "upgrade") {
            return try await sendMessages(of: pieces, limit: options.limitBytes)
        }
        try await responder.head(.ok, HTTPHeaders([("Content-Type", "text/plain")]))
        try await carry(pieces, limit: options.limitBytes, to: responder.write)
        try await responder.end()
    }

    private func carry(
        _ pieces: AsyncThrowingStream<ByteBuffer, any Error>, limit: Int?,
        to write: (ByteBuffer) async throws -> Void
    ) async throws {
        var left = limit ?? .max
        for try await piece in pieces where left > 0 {
            let part = piece.getSlice(at: piece.readerIndex, length: min(piece.readableBytes, left)) ?? piece
            left -= part.readableBytes
            try await write(part)
            if left == 0 { break }
        }
    }

    /// To a client that asked for a WebSocket: binary messages, or base64 in text, as it chose.
    private func sendMessages(of pieces: AsyncThrowingStream<ByteBuffer, any Error>, limit: Int?) async throws {
        let offered = request.http.headers[canonicalForm: "sec-websocket-protocol"].map { String($0) }
        let spoken = ["binary.k8s.io", Self.base64Messages]
        let name = spoken.first(where: offered.contains)
        guard name != nil || offered.isEmpty else {
            throw APIStatus(
                code: 403, reason: "Forbidden",
                message: "unable to upgrade: none of the client's protocols \(offered) is spoken here: \(spoken)")
        }
        let socket = try await responder.upgradeToMessages(choosing: name)
        await withTaskGroup(of: Void.self) { group in
            // The client has nothing to say but that it goes.
            group.addTask { while (try? await socket.read()) != nil {} }
            group.addTask {
                try? await carry(pieces, limit: limit) { piece in
                    let isText = name == Self.base64Messages
                    let text = isText ? ByteBuffer(string: encodeBase64(Array(piece.readableBytesView))) : piece
                    try await socket.write(text, isText: isText)
                }
            }
            _ = await group.next()
            group.cancelAll()
            await socket.close()
        }
    }

    private static let base64Messages = "base64.binary.k8s.io"

    private func logOptions(_ pod: JSON) throws(APIStatus) -> PodLogOptions {
        let query = request.query
        var options = PodLogOptions()
        var faults: [FieldError] = []
        func whole(_ name: String, from least: Int) throws(APIStatus) -> Int? {
            guard let value = try query.integer(name) else { return nil }
            if value < least {
                let rule = least == 0 ? "must be greater than or equal to 0" : "must be greater than 0"
                faults.append(.invalid(FieldPath(name), .init(value), rule))
            }
            return Int(clamping: value)
        }
        options.container = try container(pod, query.first("container") ?? "", lists: "choose one of")
        options.follows = query.flag("follow") ?? false
        options.isPrevious = query.flag("previous") ?? false
        options.hasTimestamps = query.flag("timestamps") ?? false
        options.tailLines = try whole("tailLines", from: 0)
        options.limitBytes = try whole("limitBytes", from: 1)
        options.sinceSeconds = try whole("sinceSeconds", from: 1)
        options.sinceTime = query.first("sinceTime")
        if options.sinceSeconds != nil, options.sinceTime != nil {
            faults.append(
                .forbidden(FieldPath("sinceSeconds"), "at most one of `sinceTime` or `sinceSeconds` may be specified"))
        }
        if let stream = query.first("stream") {
            if !["All", "Stdout", "Stderr"].contains(stream) {
                faults.append(.notSupported(FieldPath("stream"), .string(stream), ["All", "Stdout", "Stderr"]))
            }
            options.stream = stream
        }
        if !faults.isEmpty { throw .invalid(kind: "PodLogOptions", group: "", verbs.name, faults) }
        return options
    }

    /// The asked container, or the only one, or the one that the pod's annotation names.
    private func container(_ pod: JSON, _ asked: String, lists: String) throws(APIStatus) -> String {
        let spec = pod["spec"]
        func names(_ member: String) -> [String] { (spec[member].array ?? []).compactMap { $0["name"].string } }
        let main = names("containers"), initial = names("initContainers"), ephemeral = names("ephemeralContainers")
        if !asked.isEmpty {
            guard (main + initial + ephemeral).contains(asked) else {
                throw .badRequest("container \(asked) is not valid for pod \(verbs.name)")
            }
            return asked
        }
        if main.count == 1, initial.isEmpty, ephemeral.isEmpty { return main[0] }
        let note = pod["metadata"]["annotations"]["kubectl.kubernetes.io/default-container"].string ?? ""
        if main.contains(note) { return note }
        var text =
            "a container name must be specified for pod \(verbs.name), \(lists): [\(main.joined(separator: " "))]"
        if !initial.isEmpty { text += " or one of the init containers: [\(initial.joined(separator: " "))]" }
        if !ephemeral.isEmpty { text += " or one of the ephemeral containers: [\(ephemeral.joined(separator: " "))]" }
        throw .badRequest(text)
    }

    // MARK: exec and attach

    private func run(_ pod: JSON, attaches: Bool) async throws {
        let query = request.query
        var options = PodStreamOptions(container: "")
        options.command = query.all("command")
        options.takesInput = query.flag("stdin") ?? false
        options.givesOutput = query.flag("stdout") ?? true
        options.givesError = query.flag("stderr") ?? true
        options.isTerminal = query.flag("tty") ?? false
        if options.isTerminal { options.givesError = false }
        options.container = try container(pod, query.first("container") ?? "", lists: "choose one of")
        if !attaches, options.command.isEmpty {
            throw APIStatus.badRequest("you must specify at least one command for the container")
        }
        try await conversation.run(pod, options, attaches: attaches)
    }
}
