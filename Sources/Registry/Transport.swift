import AsyncHTTPClient
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// One HTTP request as the registry client words it.
struct Request: Sendable {
    /// A body that can be sent again when an attempt fails, or one that can't.
    enum Body: Sendable {
        case none
        case bytes(ByteBuffer)
        /// Sent once, as it is produced. Bytes in all.
        case stream(@Sendable () async throws -> ByteBuffer?, count: Int64)
    }

    var method = HTTPMethod.GET
    var address: WebAddress
    var headers = HTTPHeaders()
    var body = Body.none
    /// From connection to the last byte of the answer.
    var time = Limit.exchangeTime

    var isReplayable: Bool {
        if case .stream = body { false } else { true }
    }
}

/// The head of an answer, and its body as it comes.
struct Answer: Sendable {
    let status: HTTPResponseStatus
    let headers: HTTPHeaders
    /// Where the answer came from, after redirects.
    let address: WebAddress
    let body: AnswerBody

    /// The whole body; throws `RegistryError` past `limit` bytes.
    func bytes(limit: Int) async throws -> [UInt8] {
        var all: [UInt8] = []
        while let piece = try await body.next() {
            all.append(contentsOf: piece.readableBytesView)
            guard all.count <= limit else {
                throw RegistryError(
                    status: status.code, code: nil, message: "\(address) answered with more than \(limit) bytes")
            }
        }
        return all
    }

    /// Reads what is left so that the connection can be used again.
    func discard() async {
        _ = try? await bytes(limit: Limit.answerBytes)
    }

    /// The error that this answer is.
    func error() async -> RegistryError {
        RegistryError(status: status, headers: headers, body: (try? await bytes(limit: Limit.answerBytes)) ?? [])
    }
}

/// Pieces of a body. Unchecked: the iterator is a struct that is no Sendable, and `next` is called by one reader at a
/// time, which `BlobDownload` and `Answer` keep to.
final class AnswerBody: @unchecked Sendable {
    private var iterator: HTTPClientResponse.Body.AsyncIterator
    private let address: WebAddress
    private let method: HTTPMethod

    init(_ body: HTTPClientResponse.Body, _ method: HTTPMethod, _ address: WebAddress) {
        iterator = body.makeAsyncIterator()
        self.method = method
        self.address = address
    }

    func next() async throws -> ByteBuffer? {
        do { return try await iterator.next() } catch { throw unreachable(error, method, address) }
    }
}

/// Sends requests: proxies, certificates, redirects, and one kind of error for all that isn't an answer.
final class Transport: Sendable {
    private let proxies: ProxyRules
    /// AsyncHTTPClient has its proxy per client; nil: without one.
    private let clients = NIOLockedValueBox<[Proxy?: HTTPClient]>([:])

    init(proxies: ProxyRules) { self.proxies = proxies }

    /// AsyncHTTPClient stops the program when a client goes without having been shut down.
    deinit {
        for client in clients.withLockedValue({ Array($0.values) }) { Task { try? await client.shutdown() } }
    }

    func shutdown() async throws {
        let all = clients.withLockedValue { clients in
            defer { clients = [:] }
            return Array(clients.values)
        }
        for client in all { try await client.shutdown() }
    }

    /// Follows redirects; `tls` counts for the request's own server, others get the system's authorities, and no
    /// other server is told what `Authorization` says.
    func send(_ request: Request, tls: TLSConfiguration?) async throws -> Answer {
        var request = request
        var tls = tls
        for _ in 0...Limit.redirects {
            let answer = try await sendOnce(request, tls: tls)
            guard
                [.movedPermanently, .found, .seeOther, .temporaryRedirect, .permanentRedirect].contains(answer.status),
                request.method == .GET || request.method == .HEAD,
                let location = answer.headers.first(name: "location")
            else { return answer }
            await answer.discard()
            guard let next = request.address.resolving(location) else {
                throw RegistryError(
                    status: answer.status.code, code: nil, message: "\(request.address) redirects to an invalid address"
                )
            }
            if !next.sameServer(as: request.address) {
                request.headers.remove(name: "authorization")
                tls = nil
            }
            request.address = next
        }
        throw RegistryError(
            status: 310, code: nil, message: "\(request.address): stopped after \(Limit.redirects) redirects")
    }

    private func sendOnce(_ request: Request, tls: TLSConfiguration?) async throws -> Answer {
        var outgoing = HTTPClientRequest(url: "\(request.address)")
        outgoing.method = request.method
        outgoing.headers = request.headers
        if !outgoing.headers.contains(name: "user-agent") {
            outgoing.headers.add(name: "user-agent", value: "hakobune")
        }
        outgoing.tlsConfiguration = tls
        switch request.body {
        case .none: if request.method == .POST { outgoing.body = .bytes(ByteBuffer()) }
        case .bytes(let bytes): outgoing.body = .bytes(bytes)
        case .stream(let next, let count):
            outgoing.body = .stream(AsyncPieces(next: next), length: .known(count))
        }
        do {
            let response = try await client(for: request.address).execute(outgoing, timeout: request.time)
            return Answer(
                status: response.status, headers: response.headers, address: request.address,
                body: AnswerBody(response.body, request.method, request.address))
        } catch {
            throw unreachable(error, request.method, request.address)
        }
    }

    private func client(for address: WebAddress) -> HTTPClient {
        let proxy = proxies.proxy(for: address)
        return clients.withLockedValue { clients in
            if let client = clients[proxy] { return client }
            var settings = HTTPClient.Configuration()
            settings.redirectConfiguration = .disallow
            settings.timeout = .init(connect: Limit.connectTime, read: Limit.idleTime)
            settings.connectionPool.retryConnectionEstablishment = false
            // HTTP/2 would put parallel layers on one connection, with one flow-control window between them.
            settings.httpVersion = .http1Only
            if let proxy {
                settings.proxy = .server(
                    host: proxy.authority.host, port: proxy.authority.port ?? 80,
                    authorization: proxy.user.map { .basic(username: $0, password: proxy.password ?? "") })
            }
            let client = HTTPClient(eventLoopGroup: MultiThreadedEventLoopGroup.singleton, configuration: settings)
            clients[proxy] = client
            return client
        }
    }
}

/// A pull function as the sequence that AsyncHTTPClient wants.
private struct AsyncPieces: AsyncSequence, Sendable {
    let next: @Sendable () async throws -> ByteBuffer?

    struct AsyncIterator: AsyncIteratorProtocol {
        let pull: @Sendable () async throws -> ByteBuffer?
        mutating func next() async throws -> ByteBuffer? { try await pull() }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(pull: next) }
}
