import CommandLine
import Fault
import JSON
import KubeClient
import KubeModel
import NIOConcurrencyHelpers
import NIOHTTP1
import Wire

/// What one run of a verb works with: streams, settings, the server.
final class Session: Sendable {
    let input: Input
    let out: Output
    let err: Output
    let environment: [String: String]
    let options: GlobalOptions
    /// `kubectl get`.
    let path: String

    private struct Known {
        var config: Kubeconfig?
        var connection: KubeConnection?
        var resources: ServedResources?
    }
    private let known = NIOLockedValueBox(Known())

    init(_ program: KubectlProgram, _ options: GlobalOptions, path: String) throws {
        input = program.input
        out = program.out
        err = program.err
        environment = program.environment
        self.options = options
        self.path = path
    }

    var config: Kubeconfig {
        get throws {
            if let config = known.withLockedValue({ $0.config }) { return config }
            let config = try Kubeconfig.load(explicit: options.kubeconfig, environment)
            known.withLockedValue { $0.config = config }
            return config
        }
    }

    var connection: KubeConnection {
        get throws {
            if let connection = known.withLockedValue({ $0.connection }) { return connection }
            let made = KubeConnection(
                try ClusterTarget(try config, options.overrides),
                agent: "kubectl/\(KubectlProgram.version) (linux/amd64) hakobune")
            known.withLockedValue { $0.connection = made }
            return made
        }
    }

    /// The server's resources, asked for once.
    func resources() async throws -> ServedResources {
        if let resources = known.withLockedValue({ $0.resources }) { return resources }
        let resources = try await ServedResources.of(try connection)
        known.withLockedValue { $0.resources = resources }
        return resources
    }

    /// The namespace of requests that name none.
    var namespace: String {
        get throws {
            let name = try ClusterTarget.namespace(try config, options.overrides)
            return name.isEmpty ? "default" : name
        }
    }

    // MARK: Requests

    func get(_ path: String, _ query: KubeConnection.Query = []) async throws -> JSON {
        try await connection.json(.GET, path, query)
    }

    func send(
        _ method: HTTPMethod, _ path: String, _ query: KubeConnection.Query = [], _ body: JSON? = nil,
        contentType: String = "application/json"
    ) async throws -> JSON {
        let connection = try connection
        var headers = [("Accept", "application/json")]
        if body != nil { headers.append(("Content-Type", contentType)) }
        let answer = try await connection.send(method, path, query, headers: headers, body: body?.bytes())
        let warned = warn(answer.headers)
        let tree = try await connection.tree(try await connection.accepted(answer))
        if warned > 0, options.warningsAreErrors {
            throw Refusal(warned == 1 ? "1 warning received" : "\(warned) warnings received")
        }
        return tree
    }

    /// Prints the server's `Warning` headers (RFC 9111 section 5.5, code 299).
    private func warn(_ headers: HTTPHeaders) -> Int {
        let warnings = headers["warning"]
        for warning in warnings {
            guard warning.hasPrefix("299 "), let start = warning.firstIndex(of: "\"") else { continue }
            var text = "", isEscaped = false
            for character in warning[warning.index(after: start)...] {
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
            err.line("Warning: \(text)")
        }
        return warnings.count
    }

    /// `error: MESSAGE`, and where help is.
    func misuse(_ message: String) -> Refusal {
        Refusal("\(message)\nSee '\(path) -h' for help and examples")
    }

    /// Files on the command line, and standard input as `-`.
    func read(_ path: String, limit: Int = 256 << 20) async throws -> [UInt8] {
        guard path == "-" else { return try WholeFile.read(path, limit: limit) }
        var bytes: [UInt8] = []
        while true {
            let part = try await input.read(64 << 10)
            if part.isEmpty { return bytes }
            bytes += part
            guard bytes.count <= limit else { throw Refusal("standard input is larger than \(limit) bytes") }
        }
    }
}
