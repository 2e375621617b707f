import CommandLine
import Fault
import JSON
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import Wire

/// An error that the daemon answered with.
package struct DaemonError: Error, CustomStringConvertible {
    package let status: UInt
    package let message: String
    package var description: String { "Error response from daemon: \(message)" }
    package var isNotFound: Bool { status == 404 }
}

/// Ends the command with this exit code, after printing the message if there is one.
package struct Failure: Error, CustomStringConvertible {
    package let description: String
    package let exitCode: Int32

    package init(_ description: String, exitCode: Int32 = 1) {
        self.description = description
        self.exitCode = exitCode
    }
}

/// Query parameters in order; a name may repeat.
package typealias Query = [(String, String)]

/// The Docker Engine API of one daemon. The version is agreed on at the first request.
package struct DockerClient: Sendable {
    let transport: any DockerTransport
    private let headers: HTTPHeaders
    private let version: NIOLockedValueBox<String?>
    /// How the daemon is reached, for messages (`unix:///run/hako/docker.sock`).
    package let host: String

    /// Newest API version we speak, and the oldest that daemons we talk to may speak.
    package static let newestVersion = "1.51"
    package static let oldestVersion = "1.24"

    /// - Parameter fixedVersion: the version that `DOCKER_API_VERSION` demands; nil: agree with the daemon.
    package init(
        transport: any DockerTransport, host: String, headers: [(String, String)] = [], fixedVersion: String? = nil
    ) {
        self.transport = transport
        self.host = host
        var own = HTTPHeaders(headers)
        own.add(name: "User-Agent", value: "Docker-Client/28.2.2 (linux)")
        self.headers = own
        version = NIOLockedValueBox(fixedVersion)
    }

    /// The version that requests are made in.
    package func agreedVersion() async throws -> String {
        if let known = version.withLockedValue({ $0 }) { return known }
        let answer = try await reached { try await transport.send(.HEAD, "/_ping", headers: headers, body: .none) }
        _ = try await answer.body()
        let theirs = answer.headers.first(name: "Api-Version") ?? Self.oldestVersion
        let agreed = Self.isOlder(theirs, Self.newestVersion) ? theirs : Self.newestVersion
        version.withLockedValue { $0 = agreed }
        return agreed
    }

    package static func isOlder(_ a: String, _ b: String) -> Bool {
        let parts = [a, b].map { $0.split(separator: ".").map { Int($0) ?? 0 } }
        return parts[0].lexicographicallyPrecedes(parts[1])
    }

    /// Says which daemon could not be reached, and why: nobody is there, we may not, or it failed to start.
    private func reached<T>(_ work: () async throws -> T) async throws -> T {
        do { return try await work() } catch let fault as Fault where fault.kind == .unavailable {
            throw Failure(fault.message)
        }
    }

    private func target(_ path: String, _ query: Query) async throws -> String {
        for kind in ["container", "network", "volume"]
        where path.hasPrefix("/\(kind)s//") || (path == "/\(kind)s/" && kind != "container") {
            throw Failure("invalid \(kind) name or ID: value is empty")
        }
        let pairs = query.map { "\(PercentEncoding.query($0.0))=\(PercentEncoding.query($0.1))" }
        return "/v\(try await agreedVersion())\(path)" + (pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&"))
    }

    /// Sends and gives the answer when its status is below 400; otherwise throws `DaemonError`.
    package func send(
        _ method: HTTPMethod, _ path: String, _ query: Query = [], headers extra: [(String, String)] = [],
        body: HTTPBodyToSend = .none
    ) async throws -> HTTPAnswer {
        let target = try await target(path, query)
        var all = headers
        for (name, value) in extra { all.replaceOrAdd(name: name, value: value) }
        let answer = try await reached { try await transport.send(method, target, headers: all, body: body) }
        guard answer.status.code >= 400 else { return answer }
        throw await Self.error(answer)
    }

    private static func error(_ answer: HTTPAnswer) async -> any Error {
        let text = (try? await answer.body(upTo: 1 << 20)).map { String(buffer: $0) } ?? ""
        let message = (try? JSON(parsing: text))?["message"].string ?? text
        let shown = message.isEmpty ? "\(answer.status.code) \(answer.status.reasonPhrase)" : message
        return DaemonError(status: answer.status.code, message: shown.trimmed)
    }

    package func json(
        _ method: HTTPMethod, _ path: String, _ query: Query = [], headers: [(String, String)] = [], body: JSON? = nil
    ) async throws -> JSON {
        let answer = try await send(
            method, path, query, headers: headers + Self.contentType(body), body: Self.bytes(body))
        let whole = try await answer.body(upTo: 512 << 20)
        guard whole.readableBytes > 0 else { return .null }
        return try JSON(parsing: whole.readableBytesView)
    }

    package func get(_ path: String, _ query: Query = []) async throws -> JSON { try await json(.GET, path, query) }

    package func post(_ path: String, _ query: Query = [], body: JSON? = nil) async throws -> JSON {
        try await json(.POST, path, query, body: body)
    }

    private static func contentType(_ body: JSON?) -> [(String, String)] {
        body == nil ? [] : [("Content-Type", "application/json")]
    }

    private static func bytes(_ body: JSON?) -> HTTPBodyToSend {
        body.map { .bytes(ByteBuffer(bytes: $0.bytes())) } ?? .none
    }

    /// Leaves HTTP for an attach or exec stream.
    package func hijack(_ path: String, _ query: Query = [], body: JSON? = nil) async throws -> HijackedStream {
        let target = try await target(path, query)
        var all = headers
        for (name, value) in Self.contentType(body) { all.add(name: name, value: value) }
        let buffer = body.map { ByteBuffer(bytes: $0.bytes()) }
        let result = try await reached { try await transport.hijack(.POST, target, headers: all, body: buffer) }
        switch result {
        case .connection(let connection, let headers):
            let type = headers.first(name: "content-type") ?? ""
            return HijackedStream(connection: connection, isMultiplexed: type.contains("multiplexed"))
        case .answer(let answer):
            guard answer.status.code >= 400 else {
                throw Failure("unable to upgrade to tcp, received \(answer.status.code)")
            }
            throw await Self.error(answer)
        }
    }

    /// Leaves HTTP for the protocol that the headers ask for. Throws `DaemonError` when the daemon doesn't.
    package func upgrade(_ path: String, _ extra: [(String, String)]) async throws -> any RawConnection {
        let target = try await target(path, [])
        var all = headers
        for (name, value) in extra { all.add(name: name, value: value) }
        let asked = all
        switch try await reached({ try await transport.upgrade(.POST, target, headers: asked) }) {
        case .connection(let connection, _): return connection
        case .answer(let answer): throw await Self.error(answer)
        }
    }

    /// The values of a stream of JSON documents, one after the other.
    package func documents(_ answer: HTTPAnswer) -> JSONStream { JSONStream(answer) }
}

package struct HijackedStream: Sendable {
    package let connection: any RawConnection
    /// The daemon says that stdout and stderr come in frames; daemons before API 1.42 don't say.
    package let isMultiplexed: Bool
}

/// JSON documents from an answer's body, as they arrive.
package final class JSONStream: @unchecked Sendable {
    // Unchecked: one reader at a time, as `next` demands.
    private let answer: HTTPAnswer
    private var pending: [UInt8] = []

    /// Largest single document, in bytes: daemons send progress and events of a few hundred.
    private static let documentBytes = 16 << 20

    init(_ answer: HTTPAnswer) { self.answer = answer }

    /// The next document; nil at the end. One reader at a time.
    package func next() async throws -> JSON? {
        while true {
            if let document = try take() { return document }
            guard let part = try await answer.nextBodyPart() else { return try takeLast() }
            pending += part.readableBytesView
            guard pending.count < Self.documentBytes else { throw Failure("the daemon's answer is too large") }
        }
    }

    /// Daemons end each document with a line feed, which can't be inside one.
    private func take() throws -> JSON? {
        while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
            let line = pending[..<end].filter { $0 != UInt8(ascii: "\r") }
            pending.removeSubrange(...end)
            if !line.allSatisfy({ $0 == UInt8(ascii: " ") }) { return try JSON(parsing: line) }
        }
        return nil
    }

    private func takeLast() throws -> JSON? {
        guard pending.contains(where: { $0 > 0x20 }) else { return nil }
        defer { pending = [] }
        return try JSON(parsing: pending)
    }
}

package enum PercentEncoding {
    private static let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~".utf8)

    /// A query's name or value: everything but unreserved characters is encoded (RFC 3986).
    package static func query(_ text: String) -> String { encode(text, keeping: plain) }

    /// A path's segment; a slash stays one, as image names have them.
    package static func path(_ text: String) -> String { encode(text, keeping: plain.union("/:@".utf8)) }

    private static func encode(_ text: String, keeping: Set<UInt8>) -> String {
        var out: [UInt8] = []
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in text.utf8 {
            if keeping.contains(byte) {
                out.append(byte)
            } else {
                out += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
