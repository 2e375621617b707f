import Fault
import JSON
import KubeModel
import Linux

/// What a start says as it goes on; whoever shows it chooses the words.
package enum StartStep: Sendable, Equatable {
    case begins(node: String, isControlPlane: Bool, isNew: Bool)
    case creates(node: String, processors: Int, memory: Int64)
    case restarts(node: String)
    case waits
    /// How long a part took.
    case took(String, Duration)
}

/// Brings a cluster to what its profile says, whatever is there of it: run twice, or killed anywhere and run again, it
/// comes to the same end.
package struct ClusterStart: Sendable {
    let engine: ClusterEngine
    let home: HomeFolder
    /// This program's path.
    let program: String
    let tell: @Sendable (StartStep) -> Void
    /// What is waited for, and how long a node may take until it says that it is ready.
    package var goals = Set(StartGoal.allCases)
    package var patience = Duration.seconds(360)

    package init(
        _ engine: ClusterEngine, _ home: HomeFolder, program: String, tell: @escaping @Sendable (StartStep) -> Void
    ) {
        self.engine = engine
        self.home = home
        self.program = program
        self.tell = tell
    }

    /// - Parameter serves: called with the administrator's kubeconfig as soon as the API answers, while nodes still come.
    package func run(_ profile: Profile, serves: @escaping @Sendable ([UInt8]) async throws -> Void) async throws {
        guard let first = profile.controlPlane else {
            throw Fault(.internalFault, "cluster \(profile.name) has no control plane")
        }
        let root = try await timed("image and network") {
            let root = try await engine.dataRoot()
            try await engine.makeImage()
            try await prepareNetwork(profile)
            return root
        }
        let wasRunning = try await timed("container \(first.name)") {
            try await bring(first, of: profile, root, joining: [])
        }
        try await timed("API of \(first.name)") {
            try await wait(for: NodeWords.serves, first, wasRunning)
            try await serves(try await administrator(of: profile))
        }
        let waits = goals.contains { $0.isOfNodes }
        if waits { tell(.waits) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            if waits {
                group.addTask {
                    try await timed("\(first.name) ready") { try await wait(for: NodeWords.isReady, first, wasRunning) }
                }
            }
            let others = profile.nodes.filter { $0 != first }
            if !others.isEmpty {
                let token = try await joinToken(first)
                for node in others {
                    group.addTask { try await join(node, first, of: profile, root, token, waits: waits) }
                }
            }
            try await group.waitForAll()
        }
    }

    /// The administrator's kubeconfig of a cluster that runs.
    package func administrator(of profile: Profile) async throws -> [UInt8] {
        guard let first = profile.controlPlane else {
            throw Fault(.internalFault, "cluster \(profile.name) has no control plane")
        }
        return try await engine.file(first.name, NodeContainer.administrator)
    }

    private func joinToken(_ first: Profile.Node) async throws -> String {
        String(decoding: try await engine.file(first.name, JoinFile.path), as: UTF8.self).filter { !$0.isNewline }
    }

    private func join(
        _ node: Profile.Node, _ first: Profile.Node, of profile: Profile, _ root: String, _ token: String, waits: Bool
    ) async throws {
        let words = ["--server", "https://\(first.address):\(Profile.apiPort)", "--token", token]
        try await timed("\(node.name) ready") {
            let wasRunning = try await bring(node, of: profile, root, joining: words)
            if waits { try await wait(for: NodeWords.isReady, node, wasRunning) }
        }
    }

    private func prepareNetwork(_ profile: Profile) async throws {
        if try await engine.network(profile.name) != nil { return }
        try await engine.createNetwork(profile.name, subnet: profile.subnet, gateway: profile.prefix + "1")
    }

    /// The node's container exists and runs.
    /// - Returns: whether it ran before.
    private func bring(_ node: Profile.Node, of profile: Profile, _ root: String, joining: [String]) async throws
        -> Bool
    {
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
        if known?["State"]["Running"].bool == true { return true }
        if known != nil { tell(.restarts(node: node.name)) }
        try await engine.start(node.name)
        return false
    }

    // MARK: Waiting

    /// Until the node has said the word.
    /// - Parameter wasRunning: its output may be long, and what it said at its start may be old: its file tells then.
    private func wait(for word: String, _ node: Profile.Node, _ wasRunning: Bool) async throws {
        guard let state = try await engine.container(node.name)?["State"], let started = state["StartedAt"].string
        else {
            throw Fault(.internalFault, "node \(node.name) is gone")
        }
        let log = try await engine.log(node.name, since: wasRunning ? nil : try Self.seconds(started))
        defer { log.close() }
        if wasRunning, let said = try? await engine.file(node.name, NodeWords.file),
            NodeWords.reaches(String(decoding: said, as: UTF8.self), word)
        {
            return
        }
        let patience = patience
        let end = try await withThrowingTaskGroup(of: NodeEnd.self) { group in
            group.addTask { try await Self.read(log, until: word) }
            group.addTask {
                try await Task.sleep(for: patience)
                return .isLate
            }
            defer {
                log.close()
                group.cancelAll()
            }
            return try await group.next() ?? .isLate
        }
        try judge(end, node)
    }

    private func judge(_ end: NodeEnd, _ node: Profile.Node) throws(Fault) {
        switch end {
        case .saidIt: return
        case .isLate:
            throw Fault(
                .unavailable,
                "node \(node.name) isn't ready after \(patience / .seconds(1)) s (--wait-timeout): see `hako logs`, or begin anew with `hako delete`"
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

    private enum NodeEnd { case saidIt, isLate, ended([String]) }

    /// Lines that are shown when a node gives up.
    private static let shownLines = 5

    private static func read(_ log: NodeLog, until word: String) async throws -> NodeEnd {
        var lines: [String] = []
        while let line = try await log.next() {
            if NodeWords.reaches(line, word) { return .saidIt }
            lines = lines.suffix(shownLines - 1) + [line]
        }
        return .ended(lines)
    }

    private func timed<T>(_ part: String, _ work: () async throws -> T) async throws -> T {
        let begin = ContinuousClock.now
        let result = try await work()
        tell(.took(part, begin.duration(to: .now)))
        return result
    }
}
