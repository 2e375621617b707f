import NIOHTTP1
import Wire

/// What a path and method ask for, as the original reads them (apiserver `RequestInfoFactory`).
package struct RequestInfo: Sendable, Equatable {
    package var isResource = false
    package var verb = ""
    package var group = ""
    package var version = ""
    package var namespace = ""
    package var resource = ""
    package var subresource = ""
    package var name = ""
    /// Decoded segments behind the subresource: the rest of a proxy's path.
    package var rest: [String] = []
    package var path = ""

    init() {}

    /// Nil when a segment can't be decoded or climbs (`..`): such a path names nothing.
    init?(method: HTTPMethod, path: String, query: QueryOptions) {
        self.path = path
        verb = method.rawValue.lowercased()
        var segments: [String] = []
        for raw in path.split(separator: "/", omittingEmptySubsequences: true) {
            // Behind `proxy`, a segment is the proxied server's.
            let isProxied = segments.count > 4 && segments.dropFirst(4).contains("proxy")
            guard let segment = RequestTarget.decode(raw), segment != ".." && segment != ".",
                isProxied || !segment.contains("/"), !segment.utf8.contains(0)
            else { return nil }
            segments.append(segment)
        }
        guard let prefix = segments.first, prefix == "api" || prefix == "apis" else { return }
        let head = prefix == "api" ? 2 : 3
        // Without a resource it is discovery.
        guard segments.count > head else { return }
        isResource = true
        group = prefix == "api" ? "" : segments[1]
        version = segments[head - 1]
        takeResource(Array(segments.dropFirst(head)))
        verb = Self.verb(method, name: name, query)
        if oldWatch, verb == "list" || verb == "get" { verb = "watch" }
        // A watch or list of one name by field selector is authorized as that name, as upstream does.
        if name.isEmpty, ["list", "watch", "deletecollection"].contains(verb) {
            name = query.singleName ?? ""
        }
        if verb == "watch", resource.isEmpty { isResource = false }
    }

    private mutating func takeResource(_ all: [String]) {
        var parts = all[...]
        // The old watch prefix: /api/v1/watch/…
        var isOldWatch = false
        if parts.first == "watch", parts.count > 1 {
            isOldWatch = true
            parts = parts.dropFirst()
        }
        if parts.first == "namespaces" {
            if parts.count > 1 {
                namespace = parts[parts.startIndex + 1]
                // /namespaces/x/status and /namespaces/x/finalize are the namespace's own.
                if parts.count > 2, !["status", "finalize"].contains(parts[parts.startIndex + 2]) {
                    parts = parts.dropFirst(2)
                }
            }
        }
        let path = Array(parts)
        resource = path.first ?? ""
        name = path.count > 1 ? path[1] : ""
        subresource = path.count > 2 ? path[2] : ""
        rest = path.count > 3 ? Array(path[3...]) : []
        if isOldWatch { oldWatch = true }
    }

    private(set) var oldWatch = false

    private static func verb(_ method: HTTPMethod, name: String, _ query: QueryOptions) -> String {
        switch method {
        case .GET, .HEAD:
            // Of a single object, `watch` is no option: what reads it is a proxied server.
            if !name.isEmpty { return "get" }
            return query.isWatch ? "watch" : "list"
        case .POST: return "create"
        case .PUT: return "update"
        case .PATCH: return "patch"
        case .DELETE: return name.isEmpty ? "deletecollection" : "delete"
        default: return method.rawValue.lowercased()
        }
    }
}
