import JSON
import KubeModel
import NIOCore
import NIOHTTP1
import Wire

/// `proxy` of pods, services and nodes: HTTP of any kind, carried on to what the object stands for.
struct ProxySubresource: Sendable {
    static let resources: Set<String> = ["pods", "services", "nodes"]
    private static let methods: [HTTPMethod] = [.GET, .HEAD, .POST, .PUT, .PATCH, .DELETE, .OPTIONS]
    /// Pages larger than this, in bytes, pass with their links as they are.
    private static let largestPage = 16 << 20

    let verbs: ObjectVerbs
    let responder: any HTTPResponder

    private var http: HTTPRequest { verbs.request.http }
    private var transport: ProxyTransport { verbs.parts.proxy }

    func answer() async throws {
        guard Self.methods.contains(http.method) else {
            throw APIStatus.methodNotSupported(verbs.resource, verbs.request.info.verb)
        }
        try await admit()
        let locator = ProxyLocator(
            reader: verbs.parts.reader, destinations: transport.destinations, resolve: transport.resolve)
        let location = try await locator.find(verbs.resource, namespace: verbs.namespace, verbs.name)
        let (prefix, path) = Self.split(http.path, isNamespaced: verbs.resource.isNamespaced)
        let query = http.rawQuery.isEmpty ? "" : "?" + http.rawQuery
        if http.headers.lists("upgrade", in: "connection") {
            return try await upgrade(location, (path.isEmpty ? "/" : path) + query, prefix + path)
        }
        if path.isEmpty, http.method == .GET || http.method == .HEAD {
            // Without the slash, relative links of the page would miss the proxy.
            return try await responder.send(
                .movedPermanently, HTTPHeaders([("Location", http.path + "/" + query)]), ByteBuffer())
        }
        try await carry(location, (path.isEmpty ? "/" : path) + query, prefix, path)
    }

    private func admit() async throws(APIStatus) {
        var admitted = verbs.admissionRequest(
            .connect, name: verbs.name, object: .null, old: .null, subresource: "proxy")
        try await verbs.parts.admission.mutate(&admitted, verbs.parts.reader)
        try await verbs.parts.admission.validate(&admitted, verbs.parts.reader)
    }

    /// A request's path, still encoded, cut behind `proxy`.
    static func split(_ path: String, isNamespaced: Bool) -> (prefix: String, rest: String) {
        // /api/v1/namespaces/NS/pods/NAME/proxy, /api/v1/nodes/NAME/proxy
        var left = isNamespaced ? 7 : 5
        var end = path.startIndex
        while left > 0, end < path.endIndex {
            let start = path[end...].firstIndex { $0 != "/" } ?? path.endIndex
            end = path[start...].firstIndex(of: "/") ?? path.endIndex
            left -= 1
        }
        return (String(path[..<end]), String(path[end...]))
    }

    // MARK: Plain requests

    private func carry(_ location: ProxyLocation, _ target: String, _ prefix: String, _ path: String) async throws {
        let client = try transport.client(location)
        let headers = ProxyHeaders.request(
            http, forwarded: prefix + path, upgrades: false, frontProxy: transport.frontProxy)
        let answer: HTTPAnswer
        do {
            answer = try await client.send(http.method, target, headers: headers, body: try await http.bodyToSend())
        } catch {
            await client.shutdown()
            throw ProxyTransport.unreachable(DialReason.text(error, location.endpoint))
        }
        let rewriting = ProxyRewriting(
            prefix: prefix, hosts: [location.endpoint, location.host, http.headers.first(name: "host") ?? ""])
        await answer.whileWanted(by: responder) { try await pass(answer, rewriting) }
        await client.shutdown()
    }

    private func pass(_ answer: HTTPAnswer, _ rewriting: ProxyRewriting) async throws {
        var headers = answer.headers.endToEnd
        var isPage = false
        if let link = headers.first(name: "location"), !link.isEmpty {
            headers.replaceOrAdd(name: "Location", value: rewriting.link(link))
        } else {
            let type = headers.first(name: "content-type") ?? ""
            isPage =
                http.method != .HEAD && MediaType(type)?.type == "text/html"
                && headers.first(name: "content-encoding") == nil
        }
        guard isPage else {
            try await responder.head(answer.status, headers)
            while let part = try await answer.nextBodyPart() { try await responder.write(part) }
            return try await responder.end()
        }
        headers.remove(name: "content-length")
        var page = ByteBuffer()
        while page.readableBytes <= Self.largestPage, let part = try await answer.nextBodyPart() {
            page.writeImmutableBuffer(part)
        }
        try await responder.head(answer.status, headers)
        let isWhole = page.readableBytes <= Self.largestPage
        let bytes = Array(page.readableBytesView)
        try await responder.write(ByteBuffer(bytes: isWhole ? rewriting.page(bytes) : bytes))
        while let part = try await answer.nextBodyPart() { try await responder.write(part) }
        try await responder.end()
    }

    // MARK: Requests that leave HTTP

    private func upgrade(_ location: ProxyLocation, _ target: String, _ forwarded: String) async throws {
        let client = try transport.client(location)
        let headers = ProxyHeaders.request(
            http, forwarded: forwarded, upgrades: true, frontProxy: transport.frontProxy)
        let outcome: HTTPHijack
        do { outcome = try await client.upgrade(http.method, target, headers: headers) } catch {
            throw APIStatus.internalError("error dialing backend: \(DialReason.text(error, location.endpoint))")
        }
        switch outcome {
        case .answer(let answer):
            guard answer.status.code >= 400 else {
                answer.cancel()
                throw APIStatus.internalError("invalid upgrade response: status code \(answer.status.code)")
            }
            try await responder.head(answer.status, answer.headers.endToEnd)
            while let part = try await answer.nextBodyPart() { try await responder.write(part) }
            try await responder.end()
        case .connection(let server, let headers):
            let client = try await responder.switchProtocols(headers)
            await client.join(server)
        }
    }
}
