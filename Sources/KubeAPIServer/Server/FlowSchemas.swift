import JSON
import KubeModel
import NIOConcurrencyHelpers

/// Which FlowSchema a request belongs to. Answers tell it, with its priority level, by their uids: clients and people
/// look there to see how their requests are classed. What is served when doesn't depend on it.
final class FlowSchemas: Sendable {
    private static let group = "flowcontrol.apiserver.k8s.io"

    struct Class: Sendable, Equatable {
        let schema: String, level: String
    }

    private struct Schema: Sendable {
        let rules: [FlowRule]
        let uids: Class
    }

    private struct State {
        var changes = (schemas: -1, levels: -1)
        var schemas: [Schema] = []
    }

    private let cache: ObjectCache
    private let state = NIOLockedValueBox(State())

    init(_ cache: ObjectCache) { self.cache = cache }

    /// Nil when none fits, which the schema `catch-all` doesn't let happen as long as it is there.
    func find(_ request: RequestAttributes) -> Class? {
        current.first { schema in schema.rules.contains { $0.matches(request) } }?.uids
    }

    /// Those with a priority level, in the order in which they are asked.
    private var current: [Schema] {
        let changes = (
            schemas: cache.changes(group: Self.group, resource: "flowschemas"),
            levels: cache.changes(group: Self.group, resource: "prioritylevelconfigurations")
        )
        if let known = state.withLockedValue({ $0.changes == changes ? $0.schemas : nil }) { return known }
        let made = Self.order(cache.objects(group: Self.group, resource: "flowschemas", namespace: "")).compactMap {
            schema -> Schema? in
            let level = schema["spec"]["priorityLevelConfiguration"]["name"].string ?? ""
            guard
                let configuration = cache.object(
                    group: Self.group, resource: "prioritylevelconfigurations", namespace: "", name: level)
            else { return nil }
            return Schema(
                rules: (schema["spec"]["rules"].array ?? []).map(FlowRule.init),
                uids: Class(
                    schema: schema["metadata"]["uid"].string ?? "",
                    level: configuration["metadata"]["uid"].string ?? ""))
        }
        state.withLockedValue { $0 = State(changes: changes, schemas: made) }
        return made
    }

    /// The lowest precedence number first, then by name.
    static func order(_ schemas: [JSON]) -> [JSON] {
        func key(_ schema: JSON) -> (Int, String) {
            (schema["spec"]["matchingPrecedence"].int ?? 1_000, schema["metadata"]["name"].string ?? "")
        }
        return schemas.sorted { key($0) < key($1) }
    }
}
