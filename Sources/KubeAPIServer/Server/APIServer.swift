import JSON
import KubeModel
import KubeStorage
import Logging
import NIOCore
import NIOHTTP1
import Wire

extension Limit {
    /// Of a client's own `Audit-Id` that are told back.
    static let auditIDCharacters = 64
}

/// Answers every request to the Kubernetes API: who asks, may they, and what.
package final class APIServer: Sendable {
    let parts: ServerParts
    let access: AccessControl
    let virtual: VirtualResources
    let health: Health
    let documents: Documents
    let metrics: RequestMetrics
    let limits: RequestLimits
    let flows: FlowSchemas

    init(
        parts: ServerParts, access: AccessControl, virtual: VirtualResources, health: Health, documents: Documents,
        metrics: RequestMetrics, limits: RequestLimits, flows: FlowSchemas
    ) {
        self.virtual = virtual
        self.parts = parts
        self.access = access
        self.health = health
        self.documents = documents
        self.metrics = metrics
        self.limits = limits
        self.flows = flows
    }

    /// What `HTTPServer` calls.
    package func handle(_ http: HTTPRequest, _ responder: any HTTPResponder) async {
        let query = QueryOptions(http.query)
        let began = parts.now()
        let responder = NotedResponder(responder)
        // By which its client finds a request again in logs.
        let auditID = http.headers.first(name: "audit-id").map { String($0.prefix(Limit.auditIDCharacters)) }
        responder.add("Audit-Id", auditID ?? parts.newUID())
        guard let info = RequestInfo(method: http.method, path: http.path, query: query) else {
            return await fail(.noSuchRoute, http, responder)
        }
        let warnings = Warnings()
        do {
            try await answer(http, info, query, warnings, responder)
        } catch let status as APIStatus {
            await fail(status, http, responder, warnings)
        } catch let problem as HTTPProblem where !responder.hasBegun {
            await fail(APIStatus.badRequest(problem.description), http, responder, warnings)
        } catch {
            // The client has gone, or the answer broke off: then there is nobody to tell.
            parts.log.debug("request ended early", metadata: ["path": "\(http.path)", "error": "\(error)"])
            await fail(APIStatus.internalError("\(error)"), http, responder, warnings)
        }
        guard responder.code != 0 else { return }
        metrics.count(
            info, method: http.method, isDry: query.all("dryRun").contains("All"),
            code: responder.code, seconds: parts.now() - began)
    }

    private func answer(
        _ http: HTTPRequest, _ info: RequestInfo, _ query: QueryOptions, _ warnings: Warnings,
        _ responder: NotedResponder
    ) async throws {
        let kind = RequestLimits.kind(info)
        if kind != .lasting { try Self.checkTimeout(query) }
        var user = try await access.authenticate(http)
        user = try await access.impersonate(http, RequestAttributes(info, query, user))
        let asked = RequestAttributes(info, query, user)
        if kind != .lasting || info.verb == "watch", let flow = flows.find(asked) {
            responder.add("X-Kubernetes-Pf-Flowschema-Uid", flow.schema)
            responder.add("X-Kubernetes-Pf-Prioritylevel-Uid", flow.level)
        }
        guard limits.enter(kind, user) else { return try await refuseForNow(responder) }
        if kind == .lasting { metrics.countLasting(info, method: http.method, by: 1) }
        defer {
            limits.leave(kind)
            if kind == .lasting { metrics.countLasting(info, method: http.method, by: -1) }
        }
        do throws(APIStatus) { try await access.check(asked) } catch {
            responder.add("X-Content-Type-Options", "nosniff")
            throw error
        }
        try await Self.withRoom(info) { try await dispatch(http, info, query, user, warnings, responder) }
    }

    private static func checkTimeout(_ query: QueryOptions) throws(APIStatus) {
        guard let timeout = query.first("timeout"), !timeout.isEmpty else { return }
        do throws(DurationError) { _ = try DurationText.parse(timeout) } catch {
            throw .badRequest("invalid timeout specified in the request URL - \(error.description)")
        }
    }

    /// The original's own words, which are no Status.
    private func refuseForNow(_ responder: any HTTPResponder) async throws {
        try await sendLine(
            .tooManyRequests, "Too many requests, please try again later.", [("Retry-After", "1")], responder)
    }

    /// A line of text, which no client is to take for anything else.
    private func sendLine(
        _ status: HTTPResponseStatus, _ line: String, _ headers: [(String, String)], _ responder: any HTTPResponder
    ) async throws {
        let fixed = [("Content-Type", "text/plain; charset=utf-8"), ("X-Content-Type-Options", "nosniff")]
        try await responder.send(status, HTTPHeaders(fixed + headers), ByteBuffer(string: line + "\n"))
    }

    /// Answers whose making takes long leave the connection's event loop, which others wait for.
    private static func withRoom(_ info: RequestInfo, _ work: () async throws -> Void) async throws {
        let isLong = !info.isResource || info.verb == "list" || info.verb == "deletecollection"
        guard isLong else { return try await work() }
        try await withTaskExecutorPreference(globalConcurrentExecutor) { try await work() }
    }

    private func dispatch(
        _ http: HTTPRequest, _ info: RequestInfo, _ asked: QueryOptions, _ user: UserInfo, _ warnings: Warnings,
        _ responder: any HTTPResponder
    ) async throws {
        guard info.isResource else { return try await page(http, info, asked, responder) }
        let query = info.oldWatch && !info.name.isEmpty ? asked.selecting(name: info.name) : asked
        guard
            let served = parts.table.find(group: info.group, version: info.version, resource: info.resource),
            served.resource.isNamespaced || info.namespace.isEmpty || info.resource == "namespaces"
        else { return try await notFound(info.path, responder) }
        if !info.subresource.isEmpty, served.resource.subresource(info.subresource) == nil {
            return try await notFound(info.path, responder)
        }
        if !served.resource.isCustom {
            // The original's routes of objects have none for it.
            if http.method == .HEAD, info.subresource != "proxy" { throw APIStatus.noSuchMethod }
            try Routes.check(info, served.resource)
        } else if served.resource.isNamespaced, info.namespace.isEmpty, !["list", "watch"].contains(info.verb) {
            return try await notFound(info.path, responder)
        }
        if info.subresource == "proxy", info.group.isEmpty, ProxySubresource.resources.contains(info.resource) {
            // What the client accepts is for the server behind to say.
            let request = APIRequest(
                http: http, info: info, query: query, user: user, served: served, form: AnswerForm())
            let verbs = ObjectVerbs(parts: parts, request: request)
            return try await ProxySubresource(verbs: verbs, responder: responder).answer()
        }
        let form = try AnswerForm.negotiate(
            http.headers["accept"], pretty: query.wantsPretty(http), Self.offer(info, served))
        let request = APIRequest(
            http: http, info: info, query: query, user: user, served: served, form: form, warnings: warnings)
        if let sentence = served.custom?.deprecationWarning ?? served.rules.deprecation {
            request.warnings.add(sentence)
        }
        let verbs = ObjectVerbs(parts: parts, request: request)
        if info.verb == "watch" {
            guard served.resource.verbs.contains("watch") else {
                throw APIStatus.methodNotSupported(served.resource, "watch")
            }
            return try await verbs.watch(responder)
        }
        if served.resource.plural == "pods", served.groupVersion.group.isEmpty,
            PodStreams.subresources.contains(info.subresource)
        {
            return try await PodStreams(verbs: verbs, responder: responder).answer()
        }
        let answer: Answer
        if let virtual = try await virtual.answer(verbs) {
            answer = virtual
        } else if info.subresource.isEmpty || info.subresource == "status" {
            answer = try await verbs.answer()
        } else {
            answer = try await Subresources(verbs: verbs, access: access).answer()
        }
        try await send(answer, request, responder)
    }

    private static func offer(_ info: RequestInfo, _ served: ServedResource) -> AnswerForm.Offer {
        switch (info.verb, served.resource.isCustom) {
        case ("watch", let isCustom): isCustom ? .customWatch : .watch
        case (_, true): .custom
        case ("list", false): .list
        case (_, false): .object
        }
    }

    private func send(_ answer: Answer, _ request: APIRequest, _ responder: any HTTPResponder) async throws {
        let writer = AnswerWriter(
            served: request.served, form: request.form, now: parts.now(),
            included: try request.included())
        var headers = HTTPHeaders([
            ("Content-Type", request.form.contentType), ("Cache-Control", "no-cache, private"),
        ])
        request.warnings.write(into: &headers)
        let code: Int
        var body: ByteBuffer
        switch answer {
        case .stored(let status, let value): (code, body) = (status, try writer.body(of: value))
        case .tree(let status, let object):
            let isStatus = object["kind"].string == "Status"
            (code, body) = (status, isStatus ? try writer.encode(object) : try writer.body(of: object))
        case .list(let list):
            return try await ListSender(headers, request.http.headers, responder).send(try ListPieces(writer, list))
        case .trees(let objects): (code, body) = (200, try writer.body(ofItems: objects, metadata: [:]))
        case .text(let status, let type, let bytes):
            headers.replaceOrAdd(name: "Content-Type", value: type)
            (code, body) = (status, bytes)
        }
        body = Compression.pack(body, request.http.headers, &headers)
        try await responder.send(HTTPResponseStatus(statusCode: code), headers, body)
    }

    private func fail(
        _ status: APIStatus, _ http: HTTPRequest, _ responder: any HTTPResponder, _ warnings: Warnings = Warnings()
    ) async {
        guard !responder.hasBegun else { return }
        var form = AnswerForm()
        if let wanted = try? AnswerForm.negotiate(http.headers["accept"], pretty: false, .status) {
            form.encoding = wanted.encoding
        }
        form.isPretty = QueryOptions(http.query).wantsPretty(http)
        var headers = HTTPHeaders([
            ("Content-Type", form.contentType), ("Cache-Control", "no-cache, private"),
        ])
        if let seconds = status.details["retryAfterSeconds"].int {
            headers.add(name: "Retry-After", value: "\(seconds)")
        }
        warnings.write(into: &headers)
        let body = (try? StatusText.encode(status.json, form)) ?? ByteBuffer()
        try? await responder.send(HTTPResponseStatus(statusCode: status.code), headers, body)
    }

    /// In a group of the original's own a path that isn't there is told as a Status, elsewhere as a line of text.
    private func notFound(_ path: String, _ responder: any HTTPResponder) async throws {
        let segments = path.split(separator: "/")
        let isOfGroup =
            segments.first == "api"
            || segments.first == "apis" && segments.count > 2
                && parts.table.all.contains { !$0.resource.isCustom && $0.groupVersion.group == String(segments[1]) }
        if isOfGroup { throw APIStatus.noSuchRoute }
        try await sendLine(.notFound, "404 page not found", [("Cache-Control", "no-cache, private")], responder)
    }

    /// Paths that name no resource: discovery, schemas, health, version, metrics.
    private func page(
        _ http: HTTPRequest, _ info: RequestInfo, _ query: QueryOptions, _ responder: any HTTPResponder
    ) async throws {
        if let page = try await documents.page(http, query, health: health, metrics: metrics) {
            var headers = page.headers
            if !headers.contains(name: "cache-control") {
                headers.add(name: "Cache-Control", value: "no-cache, private")
            }
            return try await responder.send(HTTPResponseStatus(statusCode: page.code), headers, page.body)
        }
        try await notFound(info.path, responder)
    }
}

extension ObjectVerbs {
    /// The verb that the request names, on the main resource or `status`.
    func answer() async throws(APIStatus) -> Answer {
        let info = request.info
        let allowed =
            info.subresource.isEmpty
            ? resource.verbs : resource.subresource(info.subresource)?.verbs ?? []
        guard allowed.contains(info.verb) else { throw .methodNotSupported(resource, info.verb) }
        switch info.verb {
        case "get": return try await get()
        case "list": return try await list()
        case "create": return try await create()
        case "update": return try await update()
        case "patch": return try await patch()
        case "delete": return try await delete()
        case "deletecollection": return try await deleteCollection()
        default: throw .methodNotSupported(resource, info.verb)
        }
    }
}
