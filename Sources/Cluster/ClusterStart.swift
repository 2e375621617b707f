import Fault
import JSON
import KubeModel
import Linux

/// What a start says as it goes on; whoever shows it chooses the words.
package enum StartStep: Sendable, Equatable {
    case begins(node: String, isControlPlane: Bool, isNew: Bool)
    case creates(node: String, processors: Int, memory: Int64)
    case restarts(node: String)
    case waits(node: String)
    case isReady(node: String)
}

/// Brings a cluster to what its profile says, whatever is there of it: run twice, or killed anywhere and run again, it
/// comes to the same end.
package struct ClusterStart: Sendable {
    let engine: ClusterEngine
    let home: HomeFolder
    /// This program's path.
    let program: String
    let tell: @Sendable (StartStep) -> Void

    package init(
        _ engine: ClusterEngine, _ home: HomeFolder, program: String, tell: @escaping @Sendable (StartStep) -> Void
    ) {
        self.engine = engine
        self.home = home
        self.program = program
        self.tell = tell
    }

    /// - Returns: the administrator's kubeconfig, as the control plane wrote it.
    package func run(_ profile: Profile) async throws -> [UInt8] {
        let root = try await engine.dataRoot()
        try await engine.makeImage()
        try await prepareNetwork(profile)
        guard let first = profile.controlPlane else {
            throw Fault(.internalFault, "cluster \(profile.name) has no control plane")
        }
        try await bring(first, of: profile, root, joining: [])
        let administrator = try await administrator(of: profile)
        let others = profile.nodes.filter { $0 != first }
        if !others.isEmpty {
            let token = String(
                decoding: try await engine.file(first.name, JoinFile.path), as: UTF8.self
            ).filter { !$0.isNewline }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for node in others {
                    group.addTask {
                        try await bring(
                            node, of: profile, root,
                            joining: ["--server", "https://\(first.address):\(Profile.apiPort)", "--token", token])
                    }
                }
                try await group.waitForAll()
            }
        }
        return administrator
    }

    /// The administrator's kubeconfig of a cluster that runs.
    package func administrator(of profile: Profile) async throws -> [UInt8] {
        guard let first = profile.controlPlane else {
            throw Fault(.internalFault, "cluster \(profile.name) has no control plane")
        }
        return try await engine.file(first.name, NodeContainer.administrator)
    }

    private func prepareNetwork(_ profile: Profile) async throws {
        if try await engine.network(profile.name) != nil { return }
        try await engine.createNetwork(profile.name, subnet: profile.subnet, gateway: profile.prefix + "1")
    }

    /// The node's container exists, runs, and its process says that it is ready.
    private func bring(_ node: Profile.Node, of profile: Profile, _ root: String, joining: [String]) async throws {
        let known = try await engine.container(node.name)
        tell(.begins(node: node.name, isControlPlane: node.isControlPlane, isNew: known == nil))
        if let known {
            guard known["Config"]["Labels"][NodeContainer.label].string == profile.name else {
                throw Fault(
                    .conflict,
                    "a container named \(node.name) is no node of this cluster: remove it, or use another --profile")
            }
            if known["State"]["Paused"].bool == true { try await engine.unpause(node.name) }
        } else {
            tell(.creates(node: node.name, processors: profile.processors, memory: profile.memory))
            try await engine.createVolume(node.name, profile: profile.name)
            let container = NodeContainer(
                profile: profile, node: node, dataRoot: root, engineSocket: engine.socket, program: program,
                joining: joining)
            try await engine.create(node.name, container.document)
        }
        if known?["State"]["Running"].bool != true {
            if known != nil { tell(.restarts(node: node.name)) }
            try await engine.start(node.name)
        }
        tell(.waits(node: node.name))
        try await waitUntilReady(node)
        tell(.isReady(node: node.name))
    }

    private func waitUntilReady(_ node: Profile.Node) async throws {
        guard let state = try await engine.container(node.name)?["State"], let started = state["StartedAt"].string
        else {
            throw Fault(.internalFault, "node \(node.name) is gone")
        }
        let log = try await engine.log(node.name, since: try Self.seconds(started))
        defer { log.close() }
        let last = try await withThrowingTaskGroup(of: NodeEnd.self) { group in
            group.addTask { try await Self.read(log) }
            group.addTask {
                try await Task.sleep(for: .seconds(Limit.startSeconds))
                return .isLate
            }
            defer { group.cancelAll() }
            return try await group.next() ?? .isLate
        }
        switch last {
        case .isReady: return
        case .isLate:
            throw Fault(
                .unavailable,
                "node \(node.name) isn't ready after \(Limit.startSeconds) s: see `hako logs`, or begin anew with `hako delete`"
            )
        case .ended(let lines):
            throw Fault(
                .unavailable,
                "node \(node.name) ended while it started:\n\(lines.joined(separator: "\n"))\nSee `hako logs`; `hako delete` takes the cluster away"
            )
        }
    }

    /// Seconds since 1970 with their fraction, as the engine wants them; rounded down, since lines carry whole times.
    private static func seconds(_ time: String) throws -> String {
        let moment = try Timestamp(parsing: time)
        return
            "\(moment.seconds).\(String(repeating: "0", count: 9 - "\(moment.nanoseconds)".count))\(moment.nanoseconds)"
    }

    private enum NodeEnd { case isReady, isLate, ended([String]) }

    /// Lines that are shown when a node gives up.
    private static let shownLines = 5

    private static func read(_ log: NodeLog) async throws -> NodeEnd {
        var lines: [String] = []
        while let line = try await log.next() {
            if line == NodeWords.isReady { return .isReady }
            lines = lines.suffix(shownLines - 1) + [line]
        }
        return .ended(lines)
    }
}

/// What a node's process says of itself on its standard output.
package enum NodeWords {
    package static let isReady = "node is ready"
}

/// Where a control plane leaves the token by which further nodes join.
package enum JoinFile {
    package static let path = "/var/lib/hako/join.token"
}
