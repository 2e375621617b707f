import CommandLine
import KubeClient
import NIOCore
import NIOHTTP1
import Wire

/// Answers the proxy's requests: the API's by the server, files from a folder.
struct ProxyHandler: Sendable {
    let connection: KubeConnection
    /// With a slash at the end.
    let prefix: String
    /// What stands in front of the API's paths on the server; "" for nothing.
    let base: String
    /// Nil: all pass.
    let filter: ProxyFilter?
    let files: StaticFiles?

    /// Where a request belongs.
    enum Place: Equatable {
        case file(String)
        /// The path on the server, still encoded.
        case api(String)
        case elsewhere(String)
        case forbidden
        case unknown
    }

    func answer(_ request: HTTPRequest, _ responder: any HTTPResponder) async {
        do {
            switch place(request.method, request.path, host: request.headers.first(name: "host") ?? "") {
            case .file(let path):
                guard let files else { return try await plain(responder, .notFound, "404 page not found") }
                try await files.answer(path, request, responder)
            case .api(let path): try await pass(path, request, responder)
            case .elsewhere(let path):
                let query = request.rawQuery.isEmpty ? "" : "?\(request.rawQuery)"
                try await responder.send(
                    .movedPermanently, HTTPHeaders([("Location", path + query)]), ByteBuffer())
            case .forbidden: try await plain(responder, .forbidden, "Forbidden")
            case .unknown: try await plain(responder, .notFound, "404 page not found")
            }
        } catch {
            guard !responder.hasBegun else { return }
            try? await plain(responder, .internalServerError, ErrorText.message(error))
        }
    }

    func place(_ method: HTTPMethod, _ path: String, host: String) -> Place {
        guard let decoded = RequestTarget.decode(path) else { return .unknown }
        let clean = CleanPath.of(decoded)
        if clean != decoded { return .elsewhere(RequestTarget.encode(clean, keeping: "/")) }
        if let files, decoded.hasPrefix(files.prefix), files.prefix.utf8.count >= prefix.utf8.count {
            return .file(String(decoded.dropFirst(files.prefix.count)))
        }
        guard decoded.hasPrefix(prefix) else {
            return decoded + "/" == prefix ? .elsewhere(prefix) : .unknown
        }
        // Prefixes that begin like the API's own paths are those paths.
        let isOwn = prefix.hasPrefix("/api")
        func stripped(_ path: String) -> String { isOwn ? path : "/" + path.dropFirst(prefix.count) }
        if let filter, !filter.accepts(method.rawValue, stripped(decoded), host: host) { return .forbidden }
        return .api(base + stripped(path))
    }

    private func plain(_ responder: any HTTPResponder, _ status: HTTPResponseStatus, _ text: String) async throws {
        let headers: HTTPHeaders = [
            "Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff",
        ]
        try await responder.send(status, headers, ByteBuffer(string: text + "\n"))
    }

    // MARK: The API

    private func pass(_ path: String, _ request: HTTPRequest, _ responder: any HTTPResponder) async throws {
        let target = path + (request.rawQuery.isEmpty ? "" : "?\(request.rawQuery)")
        let upgrades = request.headers.lists("upgrade", in: "connection")
        var headers = upgrades ? request.headers : request.headers.endToEnd
        for name in ["host", "content-length", "expect"] { headers.remove(name: name) }
        let earlier = headers["x-forwarded-for"]
        let peer = request.peer.address
        if !peer.isEmpty {
            headers.replaceOrAdd(name: "X-Forwarded-For", value: (earlier + [peer]).joined(separator: ", "))
        }
        if upgrades { return try await upgrade(target, headers, request, responder) }
        let answer = try await connection.pass(request.method, target, headers, try await request.bodyToSend())
        await answer.carry(to: responder, headers: answer.headers.endToEnd)
    }

    private func upgrade(
        _ target: String, _ headers: HTTPHeaders, _ request: HTTPRequest, _ responder: any HTTPResponder
    ) async throws {
        switch try await connection.passUpgrade(request.method, target, headers) {
        case .answer(let answer): await answer.carry(to: responder, headers: answer.headers.endToEnd)
        case .connection(let server, let headers):
            let client = try await responder.switchProtocols(headers)
            await client.join(server)
        }
    }
}
