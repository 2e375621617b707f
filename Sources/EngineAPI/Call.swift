import DockerModel
import Fault
import JSON
import Logging
import NIOCore
import NIOHTTP1
import Wire

/// One request on its way through its handler: what was asked, and ways to answer.
struct Call: Sendable {
    let request: HTTPRequest
    let responder: any HTTPResponder
    let backend: any Backend
    let builder: any BuildBackend
    let buildKit: BuildKitDoor?
    let version: APIVersion
    /// What the route's hole matched: a container, an image, …
    let subject: String
    /// On every answer.
    let headers: HTTPHeaders
    let log: Logger
}

// MARK: - Query, by dockerd's rules

extension Call {
    /// The first value; nil when the key is missing.
    func query(_ name: String) -> String? { request.query.first { $0.name == name }?.value }

    /// The first value; nil when the key is missing or empty.
    func text(_ name: String) -> String? { query(name).flatMap { $0.isEmpty ? nil : $0 } }

    func all(_ name: String) -> [String] { request.query.filter { $0.name == name }.map(\.value) }

    /// Everything is true but the empty text, `0`, `no`, `false` and `none`.
    func flag(_ name: String, default missing: Bool = false) -> Bool {
        guard let text = query(name) else { return missing }
        let word = text.lowercased().drop { $0 == " " }
        return !["", "0", "no", "false", "none"].contains(String(word.prefix { $0 != " " }))
    }

    /// Throws `invalid` when the value is no integer; nil when the key is missing or empty.
    func integer(_ name: String) throws(Fault) -> Int? {
        guard let text = text(name) else { return nil }
        guard let value = Int(text) else {
            throw Fault(.invalid, "strconv.Atoi: parsing \(JSON(text).text): invalid syntax")
        }
        return value
    }

    func filters() throws(Fault) -> Filters { try Filters(parsing: query("filters") ?? "") }

    /// `1700000000` or `1700000000.123456789` as nanoseconds; nil when missing, empty or, as dockerd's clients mean
    /// it, `0`.
    func time(_ name: String) throws(Fault) -> Int64? {
        guard let text = text(name), text != "0" else { return nil }
        guard let nanoseconds = nanoseconds(text) else {
            throw Fault(.invalid, "invalid value for \"\(name)\": \(text)")
        }
        return nanoseconds
    }
}

/// Seconds since the epoch with up to nine decimals; nil when it is something else or out of range.
func nanoseconds(_ text: String) -> Int64? {
    let isNegative = text.hasPrefix("-")
    let parts = text.drop { $0 == "-" }.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }), let seconds = Int64(parts[0]) else {
        return nil
    }
    let digits = parts.count > 1 ? parts[1].prefix(9) : ""
    let fraction = Int64(digits + String(repeating: "0", count: 9 - digits.count)) ?? 0
    let (whole, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    guard !overflows else { return nil }
    let (sum, overflowsToo) = whole.addingReportingOverflow(fraction)
    return overflowsToo ? nil : isNegative ? -sum : sum
}

// MARK: - Body

extension Call {
    private var hasBody: Bool {
        request.headers.contains(name: "transfer-encoding")
            || (request.headers.first(name: "content-length") ?? "0") != "0"
    }

    /// The JSON body; null when there is none. Throws `invalid` when it is no JSON or doesn't say that it is.
    func body() async throws -> JSON {
        let type = request.headers.first(name: "content-type") ?? ""
        guard hasBody || !type.isEmpty else { return .null }
        try checkType(type)
        guard hasBody else { return .null }
        let bytes = try await wholeBody()
        guard bytes.readableBytes > 0 else { throw Fault(.invalid, "invalid JSON: got EOF while reading request body") }
        do { return try JSON(parsing: bytes.readableBytesView) } catch {
            throw Fault(.invalid, "invalid JSON: \(error.message) at byte \(error.offset)")
        }
    }

    private func checkType(_ type: String) throws(Fault) {
        let media = type.prefix { $0 != ";" }.lowercased().split(separator: " ").joined()
        guard !media.isEmpty else {
            throw Fault(.invalid, "malformed Content-Type header (\(type)): mime: no media type")
        }
        guard media == "application/json" else {
            throw Fault(.invalid, "unsupported Content-Type header (\(type)): must be 'application/json'")
        }
    }

    /// A body that must be an object.
    func object() async throws -> JSON {
        let body = try await body()
        guard body.isNull || body.object != nil else { throw Fault(.invalid, "invalid JSON: expected an object") }
        return body
    }

    private func wholeBody() async throws -> ByteBuffer {
        var whole = ByteBuffer()
        while var part = try await request.nextBodyPart() {
            guard whole.readableBytes + part.readableBytes <= Limit.bodyBytes else {
                throw HTTPProblem.bodyTooLarge(Limit.bodyBytes)
            }
            whole.writeBuffer(&part)
        }
        return whole
    }

    /// The body as it comes, for archives.
    var bodySource: ByteSource { ByteSource(next: request.nextBodyPart) }

    /// The `X-Registry-Auth` document (base64url JSON); null when there is none.
    func registryAuth() throws(Fault) -> JSON {
        guard let text = request.headers.first(name: "x-registry-auth"), !text.isEmpty else { return .null }
        guard text.utf8.count <= Limit.authBytes, let bytes = decodeBase64(text), let auth = try? JSON(parsing: bytes),
            auth.object != nil
        else { throw Fault(.invalid, "invalid X-Registry-Auth header") }
        return auth
    }
}

// MARK: - Answers

extension Call {
    func answer(_ status: HTTPResponseStatus, _ body: JSON) async throws {
        var bytes = body.bytes()
        bytes.append(UInt8(ascii: "\n"))
        try await send(status, type: "application/json", ByteBuffer(bytes: bytes))
    }

    func answer(_ body: JSON) async throws { try await answer(.ok, body) }

    func answer(_ status: HTTPResponseStatus) async throws { try await responder.send(status, headers, ByteBuffer()) }

    func send(_ status: HTTPResponseStatus, type: String, _ body: ByteBuffer) async throws {
        try await responder.send(status, headersWith(type), body)
    }

    func headersWith(_ type: String) -> HTTPHeaders {
        var headers = headers
        headers.replaceOrAdd(name: "Content-Type", value: type)
        return headers
    }

    /// As a status with `{"message":…}`; a status without body stays without.
    func answer(failure error: any Error) async throws {
        let status = HTTPResponseStatus(error)
        guard status.mayHaveResponseBody else { return try await answer(status) }
        try await answer(status, ["message": .string(sentence(error))])
    }

    /// Runs `work` and cancels it when the client goes: for work that nobody else waits for.
    func whileConnected<T: Sendable>(
        onGone: @escaping @Sendable () -> Void = {}, _ work: @escaping @Sendable () async throws -> T
    ) async throws -> T {
        try await withThrowingTaskGroup(of: T?.self) { group in
            group.addTask { try await work() }
            group.addTask { [responder] in
                await responder.closed()
                if !Task.isCancelled { onGone() }
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let value = first else { throw CancellationError() }
            return value
        }
    }
}
