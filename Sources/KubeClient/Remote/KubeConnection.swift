import Fault
import JSON
import KubeModel
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import Wire

/// No answer came: nobody listens, the name is unknown, the certificate isn't trusted.
package struct ConnectionFailure: Error, Sendable, CustomStringConvertible {
    /// Nobody listens there.
    package let isRefused: Bool
    /// In the words of Go's net/http.
    package let reason: String
    /// `localhost:8080`.
    package let host: String

    package init(isRefused: Bool, reason: String, host: String) {
        self.isRefused = isRefused
        self.reason = reason
        self.host = host
    }

    package var description: String {
        isRefused
            ? "The connection to the server \(host) was refused - did you specify the right host or port?"
            : "Unable to connect to the server: \(reason)"
    }
}

/// Requests to one API server, over connections that are kept.
package final class KubeConnection: Sendable {
    package typealias Query = [(String, String)]

    package let target: ClusterTarget
    private let agent: String
    private let warned: (@Sendable (String) -> Void)?
    private let client = NIOLockedValueBox<HTTPClient?>(nil)
    /// The header that a credential program's token makes, once it was asked.
    private let authorization = NIOLockedValueBox<String?>(nil)

    /// Largest answer that is read whole, in bytes.
    private static let answerBytes = 1 << 30
    /// How often a request is sent again when the server asks for patience (429 with `Retry-After`).
    private static let patience = 10

    /// - Parameters:
    ///   - agent: the `User-Agent`; its part before `/` names the field manager where a request names none.
    ///   - warned: called with each `Warning` of the server (RFC 9111 section 5.5, code 299).
    package init(
        _ target: ClusterTarget, agent: String, warned: (@Sendable (String) -> Void)? = nil
    ) {
        self.warned = warned
        self.target = target
        self.agent = agent
    }

    // MARK: Requests

    /// Any answer. Throws `ConnectionFailure` or `Fault`.
    package func send(
        _ method: HTTPMethod, _ path: String, _ query: Query = [], headers extra: [(String, String)] = [],
        body: [UInt8]? = nil
    ) async throws -> HTTPAnswer {
        let client = try await prepared()
        var headers = try await self.headers()
        for (name, value) in extra { headers.replaceOrAdd(name: name, value: value) }
        let payload = body.map { HTTPBodyToSend.bytes(ByteBuffer(bytes: $0)) } ?? .none
        var tries = 0
        while true {
            let answer = try await explaining {
                try await client.send(method, self.text(path, query), headers: headers, body: payload)
            }
            tries += 1
            if let warned {
                for header in answer.headers["warning"] { if let text = WarningHeader.text(header) { warned(text) } }
            }
            guard answer.status.code == 429, tries < Self.patience,
                let seconds = answer.headers.first(name: "retry-after").flatMap({ Int($0) })
            else { return answer }
            _ = try? await answer.body()
            try await Task.sleep(for: .seconds(max(1, seconds)))
        }
    }

    /// The answer's tree. Throws `APIStatus` for a refusal too.
    package func json(
        _ method: HTTPMethod, _ path: String, _ query: Query = [], headers: [(String, String)] = [],
        body: JSON? = nil, contentType: String = "application/json"
    ) async throws -> JSON {
        var all = headers
        if !headers.contains(where: { $0.0 == "Accept" }) { all.append(("Accept", "application/json")) }
        if body != nil { all.append(("Content-Type", contentType)) }
        let answer = try await accepted(try await send(method, path, query, headers: all, body: body?.bytes()))
        return try await tree(answer)
    }

    package func tree(_ answer: HTTPAnswer) async throws -> JSON {
        let bytes = try await whole(answer)
        do { return try JSON(parsing: bytes) } catch {
            throw Fault(.internalFault, "the server's answer is no JSON: \(error)")
        }
    }

    package func whole(_ answer: HTTPAnswer) async throws -> [UInt8] {
        try await explaining { Array(try await answer.body(upTo: Self.answerBytes).readableBytesView) }
    }

    /// Throws what a refusal says, as `APIStatus`.
    package func accepted(_ answer: HTTPAnswer) async throws -> HTTPAnswer {
        guard answer.status.code >= 400 else { return answer }
        throw Self.status(Int(answer.status.code), try await whole(answer))
    }

    /// A WebSocket, and the subprotocol that the server chose. Throws `APIStatus` when it answers otherwise.
    package func socket(_ path: String, _ query: Query, protocols: [String]) async throws -> (
        WebSocketMessages, String
    ) {
        let client = try await prepared()
        let headers = try await self.headers()
        let result = try await explaining {
            try await client.webSocket(self.text(path, query), headers: headers, protocols: protocols)
        }
        switch result {
        case .messages(let messages, let name): return (messages, name)
        case .answer(let answer):
            let status = Self.status(Int(answer.status.code), try await whole(answer))
            throw status
        }
    }

    // MARK: Requests of others

    /// Carries on a request that somebody else made: as it is, with this connection's credentials where it has none.
    /// - Parameter target: path and query, still encoded, below the server's own path.
    package func pass(_ method: HTTPMethod, _ target: String, _ headers: HTTPHeaders, _ body: HTTPBodyToSend)
        async throws -> HTTPAnswer
    {
        try await prepared().send(method, target, headers: try await completed(headers), body: body)
    }

    /// The same for a request to leave HTTP.
    package func passUpgrade(_ method: HTTPMethod, _ target: String, _ headers: HTTPHeaders) async throws -> HTTPHijack
    {
        try await prepared().upgrade(method, target, headers: try await completed(headers))
    }

    private func completed(_ headers: HTTPHeaders) async throws -> HTTPHeaders {
        var all = headers
        for (name, value) in try await self.headers() where headers.first(name: name) == nil {
            all.add(name: name, value: value)
        }
        return all
    }

    /// The members of a stream of JSON documents, a line each, as a watch sends them.
    package func lines(_ answer: HTTPAnswer) -> AsyncThrowingStream<[JSON], any Error> {
        let parts = NIOLockedValueBox<[UInt8]>([])
        return AsyncThrowingStream(
            unfolding: {
                while true {
                    guard let part = try await answer.nextBodyPart() else { return nil }
                    let complete = parts.withLockedValue { rest -> [UInt8] in
                        rest += part.readableBytesView
                        guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
                        defer { rest.removeSubrange(...end) }
                        return Array(rest[...end])
                    }
                    let trees = try complete.split(separator: UInt8(ascii: "\n")).map { try JSON(parsing: Array($0)) }
                    if !trees.isEmpty { return trees }
                }
            })
    }

    package func shutdown() async { await client.withLockedValue { $0 }?.shutdown() }

    // MARK: Parts

    private func text(_ path: String, _ query: Query) -> String {
        var text = target.basePath + path
        var mark = path.contains("?") ? "&" : "?"
        for (name, value) in query {
            text += "\(mark)\(QueryText.encode(name))=\(QueryText.encode(value))"
            mark = "&"
        }
        return text
    }

    private func prepared() async throws -> HTTPClient {
        if let client = client.withLockedValue({ $0 }) { return client }
        var tls = target.tls
        if case .program(let program) = target.credential {
            let status = try await program.status()
            if let token = status["token"].string { authorization.withLockedValue { $0 = "Bearer \(token)" } }
            if let certificate = status["clientCertificateData"].string, let key = status["clientKeyData"].string {
                tls?.certificate = Array(certificate.utf8)
                tls?.key = Array(key.utf8)
            }
        }
        let made = HTTPClient(.tcp(host: target.host, port: target.port), material: tls)
        client.withLockedValue { $0 = made }
        return made
    }

    private func headers() async throws -> HTTPHeaders {
        var headers = HTTPHeaders([("User-Agent", agent)])
        headers.add(contentsOf: target.impersonation)
        switch target.credential {
        case .none: break
        case .token(let token): headers.add(name: "Authorization", value: "Bearer \(token)")
        case .tokenFile(let path):
            let text = String(decoding: try SmallFile.need(path), as: UTF8.self)
            headers.add(name: "Authorization", value: "Bearer \(text.filter { !$0.isWhitespace })")
        case .basic(let user, let password):
            headers.add(name: "Authorization", value: "Basic \(encodeBase64(Array("\(user):\(password)".utf8)))")
        case .program:
            if let value = authorization.withLockedValue({ $0 }) { headers.add(name: "Authorization", value: value) }
        }
        return headers
    }

    private func explaining<T>(_ work: () async throws -> T) async throws -> T {
        do { return try await work() } catch let failure as ConnectionFailure {
            throw failure
        } catch is CancellationError { throw CancellationError() } catch {
            let endpoint = "\(target.host.contains(":") ? "[\(target.host)]" : target.host):\(target.port)"
            throw ConnectionFailure(
                isRefused: DialReason.isRefused(error), reason: DialReason.text(error, endpoint),
                host: target.hostText)
        }
    }

    /// A refusal's body: a `Status`, or something that isn't the API's.
    static func status(_ code: Int, _ body: [UInt8]) -> APIStatus {
        if let tree = try? JSON(parsing: body), tree["kind"].string == "Status" { return APIStatus(tree, code: code) }
        let text = String(decoding: body.prefix(2_048), as: UTF8.self)
        switch code {
        case 401: return APIStatus(code: code, reason: "Unauthorized", message: "Unauthorized")
        case 403: return APIStatus(code: code, reason: "Forbidden", message: text)
        case 404:
            return APIStatus(
                code: code, reason: "NotFound", message: "the server could not find the requested resource")
        case 405:
            return APIStatus(
                code: code, reason: "MethodNotAllowed",
                message: "the server does not allow this method on the requested resource")
        case 500...:
            return APIStatus(
                code: code, reason: "InternalError",
                message: "an error on the server (\"\(text)\") has prevented the request from succeeding")
        default: return APIStatus(code: code, reason: "", message: text)
        }
    }
}

extension APIStatus {
    /// What a `Status` says.
    package init(_ tree: JSON, code: Int = 0) {
        self.init(
            code: tree["code"].int ?? code, reason: tree["reason"].string ?? "", message: tree["message"].string ?? "",
            details: tree["details"])
    }
}

enum WarningHeader {
    /// The text of `299 - "text"`; nil for other codes.
    static func text(_ header: String) -> String? {
        guard header.hasPrefix("299 "), let start = header.firstIndex(of: "\"") else { return nil }
        var text = "", isEscaped = false
        for character in header[header.index(after: start)...] {
            if isEscaped {
                text.append(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                break
            } else {
                text.append(character)
            }
        }
        return text
    }
}

package enum QueryText {
    private static let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)

    /// Percent-encodes all but unreserved characters (RFC 3986).
    package static func encode(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var out: [UInt8] = []
        for byte in text.utf8 {
            if plain.contains(byte) {
                out.append(byte)
            } else {
                out += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
