import CommandLine
import DockerCLI
import JSON
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import Wire

/// A daemon that gives the answers it was told to, and keeps what it was asked.
final class ScriptedDaemon: DockerTransport, Sendable {
    struct Request: Sendable {
        let method: HTTPMethod
        /// Path and query, without the version.
        let target: String
        let headers: HTTPHeaders
        let body: [UInt8]
        var json: JSON { (try? JSON(parsing: body)) ?? .null }
    }

    struct Answer: Sendable {
        var status = 200
        var body: [UInt8] = []
        var headers: [(String, String)] = []

        static func json(_ value: JSON, status: Int = 200) -> Answer { Answer(status: status, body: value.bytes()) }
        static func text(_ text: String, status: Int = 200) -> Answer { Answer(status: status, body: Array(text.utf8)) }
        static func error(_ message: String, status: Int) -> Answer {
            .json(["message": .string(message)], status: status)
        }
    }

    private let script: @Sendable (HTTPMethod, _ path: String) -> Answer?
    private let stream: [UInt8]
    private let seen = NIOLockedValueBox<[Request]>([])

    /// - Parameter stream: what comes out of every attach and exec before it ends.
    init(stream: [UInt8] = [], _ script: @escaping @Sendable (HTTPMethod, _ path: String) -> Answer? = { _, _ in nil })
    {
        self.script = script
        self.stream = stream
    }

    var requests: [Request] { seen.withLockedValue { $0 } }

    private func note(_ method: HTTPMethod, _ target: String, _ headers: HTTPHeaders, _ body: [UInt8]) -> String {
        let plain = target.hasPrefix("/v") ? "/" + target.dropFirst(2).drop { $0 != "/" }.dropFirst() : target
        if plain != "/_ping" {
            seen.withLockedValue { $0.append(Request(method: method, target: plain, headers: headers, body: body)) }
        }
        return String(plain.prefix { $0 != "?" })
    }

    private static func whole(_ body: HTTPBodyToSend) async throws -> [UInt8] {
        switch body {
        case .none: return []
        case .bytes(let buffer): return Array(buffer.readableBytesView)
        case .stream(let next), .sized(_, let next):
            var all: [UInt8] = []
            while let part = try await next() { all += part.readableBytesView }
            return all
        }
    }

    func send(_ method: HTTPMethod, _ target: String, headers: HTTPHeaders, body: HTTPBodyToSend) async throws
        -> HTTPAnswer
    {
        let path = note(method, target, headers, try await Self.whole(body))
        return Self.answer(script(method, path) ?? Self.standard(method, path))
    }

    private static func standard(_ method: HTTPMethod, _ path: String) -> Answer {
        if path == "/_ping" { return Answer(headers: [("Api-Version", "1.51")]) }
        if method == .POST, path.hasSuffix("/containers/create") {
            return .json(["Id": .string(String(repeating: "c", count: 64)), "Warnings": []], status: 201)
        }
        if method == .POST, path.hasSuffix("/wait") { return .json(["StatusCode": 0]) }
        if method == .POST, path.hasSuffix("/start") { return Answer(status: 204) }
        return .error("page not found", status: 404)
    }

    private static func answer(_ answer: Answer) -> HTTPAnswer {
        let rest = NIOLockedValueBox<[UInt8]?>(answer.body)
        return HTTPAnswer(
            status: HTTPResponseStatus(statusCode: answer.status), headers: HTTPHeaders(answer.headers),
            nextBodyPart: {
                rest.withLockedValue { bytes in
                    defer { bytes = nil }
                    return bytes.map { ByteBuffer(bytes: $0) }
                }
            }, cancel: {})
    }

    func hijack(_ method: HTTPMethod, _ target: String, headers: HTTPHeaders, body: ByteBuffer?) async throws
        -> HTTPHijack
    {
        let path = note(method, target, headers, body.map { Array($0.readableBytesView) } ?? [])
        if let answer = script(method, path), answer.status >= 400 { return .answer(Self.answer(answer)) }
        let headers: HTTPHeaders = ["content-type": "application/vnd.docker.multiplexed-stream"]
        return .connection(ScriptedStream(stream), headers)
    }

    func upgrade(_ method: HTTPMethod, _ target: String, headers: HTTPHeaders) async throws -> HTTPHijack {
        let path = target.dropFirst(2).drop { $0 != "/" }
        return .answer(Self.answer(script(method, String(path)) ?? .error("page not found", status: 404)))
    }

    func dial() async throws -> any RawConnection { ScriptedStream(stream) }
}

/// An attached stream that says its part and ends.
private final class ScriptedStream: RawConnection, Sendable {
    private let left: NIOLockedValueBox<[UInt8]?>
    init(_ bytes: [UInt8]) { left = NIOLockedValueBox(bytes) }

    func read() async throws -> ByteBuffer? {
        left.withLockedValue { bytes in
            defer { bytes = nil }
            return bytes.map { ByteBuffer(bytes: $0) }
        }
    }
    func write(_ bytes: ByteBuffer) async throws {}
    func closeWrite() async {}
    func close() async {}
    func closed() async {}
}

/// One run of the program against a scripted daemon.
struct Client {
    let out: String
    let err: String
    let exitCode: Int32

    static func run(
        _ arguments: [String], on daemon: any DockerTransport = ScriptedDaemon(), input: String = "",
        environment: [String: String] = [:]
    ) async -> Client {
        let out = NIOLockedValueBox<[UInt8]>([]), err = NIOLockedValueBox<[UInt8]>([])
        let typed = NIOLockedValueBox(Array(input.utf8)[...])
        let program = DockerProgram(
            input: Input(
                isTerminal: false,
                read: { limit in
                    typed.withLockedValue { bytes in
                        defer { bytes = bytes.dropFirst(limit) }
                        return Array(bytes.prefix(limit))
                    }
                }),
            out: Output { bytes in
                out.withLockedValue { $0 += bytes }
                return true
            },
            err: Output { bytes in
                err.withLockedValue { $0 += bytes }
                return true
            }, environment: environment.merging(["DOCKER_CONFIG": "/nonexistent/docker"]) { given, _ in given })
        let code = await program.run(arguments) { _ in daemon }
        return Client(
            out: String(decoding: out.withLockedValue { $0 }, as: UTF8.self),
            err: String(decoding: err.withLockedValue { $0 }, as: UTF8.self), exitCode: code)
    }
}
