import CommandLine
import KubeModel

/// Which requests a proxy passes on: by default those that name this machine, so that pages of other sites that found a
/// name for it get nothing, and no commands in containers.
struct ProxyFilter: Sendable {
    struct Patterns: Sendable {
        var hosts = #"^localhost$,^127\.0\.0\.1$,^\[::1\]$"#
        var paths = "^.*"
        var rejectedPaths = "^/api/.*/pods/.*/exec,^/api/.*/pods/.*/attach"
        var rejectedMethods = "^$"
    }

    private let hosts: [RE2Pattern]
    private let paths: [RE2Pattern]
    private let rejectedPaths: [RE2Pattern]
    private let rejectedMethods: [RE2Pattern]

    init(_ patterns: Patterns) throws {
        func list(_ text: String) throws -> [RE2Pattern] {
            do { return try text.isEmpty ? [] : text.parts(",").map { try RE2Pattern($0) } } catch {
                throw PlainRefusal(
                    text: "F\(LogTime.text) proxy_server.go:83] Error compiling re: \(error)", exitCode: 255)
            }
        }
        hosts = try list(patterns.hosts)
        paths = try list(patterns.paths)
        rejectedPaths = try list(patterns.rejectedPaths)
        rejectedMethods = try list(patterns.rejectedMethods)
    }

    /// - Parameters:
    ///   - path: decoded.
    ///   - host: the request's `Host`, with its port or without.
    func accepts(_ method: String, _ path: String, host: String) -> Bool {
        func any(_ list: [RE2Pattern], _ text: String) -> Bool { list.contains { $0.matches(text) } }
        if any(rejectedPaths, path) || any(rejectedMethods, method) { return false }
        return any(paths, path) && any(hosts, Self.withoutPort(host))
    }

    /// `[::1]:8001` is `::1`, as Go's `SplitHostPort` has it; what it can't split stays whole.
    static func withoutPort(_ host: String) -> String {
        guard let colon = host.lastIndex(of: ":") else { return host }
        let name = host[..<colon]
        if name.hasPrefix("["), name.hasSuffix("]") { return String(name.dropFirst().dropLast()) }
        return name.contains(where: { ":[]".contains($0) }) ? host : String(name)
    }
}

/// Paths as Go's `ServeMux` wants them.
enum CleanPath {
    /// Without empty, `.` and `..` segments; a slash at the end stays.
    static func of(_ path: String) -> String {
        var segments: [Substring] = []
        for segment in path.split(separator: "/", omittingEmptySubsequences: true) {
            switch segment {
            case ".": continue
            case "..": _ = segments.popLast()
            default: segments.append(segment)
            }
        }
        let clean = "/" + segments.joined(separator: "/")
        return path.hasSuffix("/") && clean != "/" ? clean + "/" : clean
    }
}
