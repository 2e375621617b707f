import JSON
import KubeModel
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import Wire

/// A request for a resource, once it is known who asks for what.
struct APIRequest: Sendable {
    let http: HTTPRequest
    let info: RequestInfo
    let query: QueryOptions
    let user: UserInfo
    let served: ServedResource
    let form: AnswerForm
    var warnings = Warnings()
    /// In place of the request's body, where the client is of this process; nil: there is a body.
    var sent: JSON?

    var resource: APIResource { served.resource }

    /// How much of each object a table holds.
    func included() throws(APIStatus) -> String {
        let asked = query.first("includeObject") ?? ""
        guard form.shape == .table, !asked.isEmpty else { return "Metadata" }
        guard ["None", "Metadata", "Object"].contains(asked) else {
            throw .badRequest(
                "Unable to convert to Table as requested: includeObject: Invalid value: \(GoText.quoted(asked)): must be "
                    + "'Metadata', 'Object', 'None', or empty")
        }
        return asked
    }

    /// Who a change is ascribed to: what the client says, else the first word of its User-Agent, as upstream does.
    var fieldManager: String {
        if !query.fieldManager.isEmpty { return query.fieldManager }
        let agent = http.headers.first(name: "user-agent") ?? ""
        let first = agent.prefix { $0 != "/" }
        return String(first.prefix(128))
    }
}

/// Sentences for the client's terminal, collected on a request's way (RFC 7234 `Warning: 299`).
final class Warnings: Sendable {
    /// What all of them may take in one answer, in bytes; upstream truncates at the same size.
    private static let maximumBytes = 4 << 10

    private let list = NIOLockedValueBox<[String]>([])

    func add(_ text: String) {
        list.withLockedValue { list in
            guard !list.contains(text), list.reduce(0, { $0 + $1.utf8.count }) + text.utf8.count <= Self.maximumBytes
            else { return }
            list.append(text)
        }
    }

    func add(_ texts: [String]) { for text in texts { add(text) } }

    func write(into headers: inout HTTPHeaders) {
        for text in list.withLockedValue({ $0 }) {
            let clean = text.filter { !$0.isNewline }.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            headers.add(name: "Warning", value: "299 - \"\(clean)\"")
        }
    }
}

extension Limit {
    /// Largest request body, in bytes: upstream's own.
    static let bodyBytes = 3 << 20
}

/// What one request may take.
enum Limit {}

extension HTTPRequest {
    /// The whole body; 413 when it is larger than upstream takes.
    func body() async throws(APIStatus) -> ByteBuffer {
        var whole = ByteBuffer()
        do {
            while let part = try await nextBodyPart() {
                guard whole.readableBytes + part.readableBytes <= Limit.bodyBytes else {
                    throw APIStatus(
                        code: 413, reason: "RequestEntityTooLarge",
                        message: "Request entity too large: limit is \(Limit.bodyBytes)")
                }
                if whole.readableBytes == 0 { whole = part } else { whole.writeImmutableBuffer(part) }
            }
            return whole
        } catch let status as APIStatus {
            throw status
        } catch {
            throw .badRequest("the request's body broke off: \(error)")
        }
    }
}

extension APIRequest {
    /// A request of the server itself, which comes through no socket.
    static func `internal`(
        _ served: ServedResource, namespace: String, name: String, manager: String, verb: String = "create",
        subresource: String = ""
    ) -> APIRequest {
        let query = QueryOptions([("fieldManager", manager)])
        let http = HTTPRequest(
            method: .POST, path: "/", query: [], queryProblem: nil, headers: HTTPHeaders(), nextBodyPart: { nil })
        var info = RequestInfo(method: .POST, path: "/", query: query) ?? RequestInfo()
        info.isResource = true
        info.verb = verb
        info.group = served.groupVersion.group
        info.version = served.groupVersion.version
        info.namespace = namespace
        info.resource = served.resource.plural
        info.name = name
        info.subresource = subresource
        return APIRequest(http: http, info: info, query: query, user: .loopback, served: served, form: AnswerForm())
    }
}
