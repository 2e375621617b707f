import JSON
import KubeAPIServer
import KubeModel
import NIOCore
import NIOHTTP1
import Wire

/// What the kubelet's server answers, by path.
struct KubeletRoutes: Sendable {
    private let kubelet: Kubelet
    private let pods: LocalPods

    init(_ kubelet: Kubelet) {
        self.kubelet = kubelet
        pods = LocalPods(kubelet)
    }

    func handle(_ request: HTTPRequest, _ responder: any HTTPResponder) async {
        do {
            try await answer(request, responder)
        } catch let status as APIStatus {
            guard !responder.hasBegun else { return }
            try? await text(status.message, responder, status: HTTPResponseStatus(statusCode: status.code))
        } catch {
            // The client has gone.
        }
    }

    private func text(
        _ body: String, _ responder: any HTTPResponder, status: HTTPResponseStatus = .ok,
        type: String = "text/plain; charset=utf-8"
    ) async throws {
        try await responder.send(status, HTTPHeaders([("Content-Type", type)]), ByteBuffer(string: body))
    }

    private func answer(_ request: HTTPRequest, _ responder: any HTTPResponder) async throws {
        let words = request.path.split(separator: "/").map { $0.removingPercentEncoding() }
        switch (words.first ?? "", words.count) {
        case ("healthz", _), ("livez", _), ("readyz", _): try await text("ok", responder)
        case ("pods", 1), ("runningpods", 1): try await text(try await list().text, responder, type: "application/json")
        case ("metrics", 2) where words[1] == "resource":
            try await text(await NodeFigures.of(kubelet).metrics, responder, type: "text/plain; version=0.0.4")
        case ("metrics", 1):
            try await text(await KubeletCounts.of(kubelet).text, responder, type: "text/plain; version=0.0.4")
        case ("stats", 2) where words[1] == "summary":
            try await text(await NodeFigures.of(kubelet).summary.text, responder, type: "application/json")
        case ("containerLogs", 4): try await log(try await pod(words), words[3], request, responder)
        case ("exec", 4), ("attach", 4):
            try await run(try await pod(words), words[3], request, responder, attaches: words[0] == "attach")
        case ("portForward", 3):
            try await conversation(request, responder).forward(try await pod(words), portsIn: "port")
        default: try await text("404 page not found", responder, status: .notFound)
        }
    }

    private func list() async throws -> JSON {
        var items: [JSON] = []
        for worker in kubelet.workers { items.append(await worker.shown) }
        return ["kind": "PodList", "apiVersion": "v1", "metadata": [:], "items": .array(items)]
    }

    private func pod(_ words: [String]) async throws -> JSON {
        for worker in kubelet.workers {
            let pod = await worker.pod
            if pod.namespace == words[1], pod.name == words[2] { return pod.pod }
        }
        throw APIStatus(code: 404, reason: "NotFound", message: "pod \"\(words[2])\" not found")
    }

    // MARK: Logs

    private func log(
        _ pod: JSON, _ container: String, _ request: HTTPRequest, _ responder: any HTTPResponder
    ) async throws {
        guard PodSpec(pod).container(container) != nil else {
            throw APIStatus(
                code: 404, reason: "NotFound",
                message: "container \"\(container)\" not found in pod \"\(pod["metadata"].text("name"))\"")
        }
        var options = PodLogOptions(container: container)
        options.follows = request.flag("follow")
        options.isPrevious = request.flag("previous")
        options.hasTimestamps = request.flag("timestamps")
        options.tailLines = request.value("tailLines").flatMap { Int($0) }
        options.sinceSeconds = request.value("sinceSeconds").flatMap { Int($0) }
        options.sinceTime = request.value("sinceTime")
        options.stream = request.value("stream") ?? "All"
        let limit = request.value("limitBytes").flatMap { Int($0) } ?? .max
        let pieces = try await pods.log(of: pod, options)
        try await responder.head(.ok, HTTPHeaders([("Content-Type", "text/plain")]))
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                var left = limit
                do {
                    for try await piece in pieces where left > 0 {
                        let part =
                            piece.getSlice(at: piece.readerIndex, length: min(piece.readableBytes, left)) ?? piece
                        left -= part.readableBytes
                        try await responder.write(part)
                        if left == 0 { break }
                    }
                    try await responder.end()
                } catch {
                    // The client has gone.
                }
            }
            group.addTask { await responder.closed() }
            await group.next()
            group.cancelAll()
        }
    }

    // MARK: Streams

    private func run(
        _ pod: JSON, _ container: String, _ request: HTTPRequest, _ responder: any HTTPResponder, attaches: Bool
    ) async throws {
        var options = PodStreamOptions(container: container)
        options.command = request.query.filter { $0.name == "command" }.map(\.value)
        options.takesInput = request.flag("input") || request.flag("stdin")
        options.givesOutput = request.flag("output") || request.flag("stdout")
        options.givesError = request.flag("error") || request.flag("stderr")
        options.isTerminal = request.flag("tty")
        if options.isTerminal { options.givesError = false }
        try await conversation(request, responder).run(pod, options, attaches: attaches)
    }

    private func conversation(_ request: HTTPRequest, _ responder: any HTTPResponder) -> PodConversation {
        PodConversation(request: request, responder: responder, node: pods)
    }
}

extension HTTPRequest {
    fileprivate func value(_ name: String) -> String? { query.first { $0.name == name }?.value }

    fileprivate func flag(_ name: String) -> Bool { ["1", "true"].contains(value(name)) }
}

extension Substring {
    /// The text with its %-escapes read.
    fileprivate func removingPercentEncoding() -> String {
        var bytes: [UInt8] = []
        var rest = Array(utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension PodWorker {
    /// The pod with the status as this node has it.
    var shown: JSON {
        var shown = pod.pod
        shown["status"] = status
        return shown
    }
}
