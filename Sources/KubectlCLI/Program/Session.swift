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
        _ = try options.requestSeconds
    }

    var config: Kubeconfig {
        get throws {
            if let config = known.withLockedValue({ $0.config }) { return config }
            let config = try Kubeconfig.load(explicit: options.kubeconfig, environment)
            known.withLockedValue { $0.config = config }
            return config
        }
    }

    /// For verbs that work on the configuration itself: a file that isn't there is one to be made.
    var editedConfig: Kubeconfig {
        get throws { try Kubeconfig.load(explicit: options.kubeconfig, environment, mustExist: false) }
    }

    var connection: KubeConnection {
        get throws {
            if let connection = known.withLockedValue({ $0.connection }) { return connection }
            let made = KubeConnection(
                try podTarget ?? ClusterTarget(try config, options.overrides),
                agent: "kubectl/\(KubectlProgram.version) (linux/amd64) hakobune"
            ) { [weak self] in self?.warn($0) }
            known.withLockedValue { $0.connection = made }
            return made
        }
    }

    /// In a pod, and nothing else is configured.
    private var podTarget: ClusterTarget? {
        get throws {
            guard try config.isEmpty, options.kubeconfig.isEmpty, options.overrides.server.isEmpty else { return nil }
            return try ClusterTarget.ofPod(environment)
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
            if name.isEmpty, try podTarget != nil, let own = ClusterTarget.podNamespace { return own }
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
        try await send(method, path, query, bytes: body?.bytes(), contentType: contentType)
    }

    func send(
        _ method: HTTPMethod, _ path: String, _ query: KubeConnection.Query, bytes: [UInt8]?, contentType: String
    ) async throws -> JSON {
        let connection = try connection
        var headers = [("Accept", "application/json")]
        if bytes != nil { headers.append(("Content-Type", contentType)) }
        let before = warnings.withLockedValue { $0.count }
        let answer = try await connection.send(method, path, query, headers: headers, body: bytes)
        let tree = try await connection.tree(try await connection.accepted(answer))
        let told = warnings.withLockedValue { $0.count } - before
        if told > 0, options.warningsAreErrors {
            throw Refusal(told == 1 ? "1 warning received" : "\(told) warnings received")
        }
        return tree
    }

    /// What the server warned of; each is told once.
    private let warnings = NIOLockedValueBox<Set<String>>([])

    private func warn(_ text: String) {
        if warnings.withLockedValue({ $0.insert(text).inserted }) { err.line("Warning: \(text)") }
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
