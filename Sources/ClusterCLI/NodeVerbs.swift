import Cluster
import CommandLine
import DockerCLI
import Fault
import JSON
import KubeClient

struct NodeOptions: ProfileOptions {
    var profile = ""
    var isWorker = true
    var isControlPlane = false
}

extension Verbs {
    static func node() -> ClusterCommand {
        ClusterCommand(
            "node", "Add, remove, or list additional nodes",
            subcommands: [nodeList(), nodeAdd(), nodeDelete(), nodeStart(), nodeStop()])
    }

    private static func nodeList() -> ClusterCommand {
        ClusterCommand("list", "List nodes", count: .none, options: PlainOptions(), flags: [.profile]) {
            options, _, session in
            for node in try session.existing(options.profile).nodes {
                session.out.line("\(node.name)\t\(node.address)")
            }
            return 0
        }
    }

    private static func nodeAdd() -> ClusterCommand {
        ClusterCommand(
            "add", "Adds a node to the given cluster", count: .none, options: NodeOptions(),
            flags: [
                .profile, .toggle("worker", \.isWorker, default: true, "The node runs pods"),
                .toggle("control-plane", \.isControlPlane, "The node is a further control plane"),
            ]
        ) { options, _, session in
            if options.isControlPlane {
                throw Failure(
                    "a cluster has one control plane: its store is a file of that node", exitCode: 14)
            }
            var profile = try session.existing(options.profile)
            let node = try profile.newNode(isControlPlane: false)
            profile.nodes.append(node)
            try session.home.save(profile)
            session.notes.say(.happy, "Adding node \(node.name) to cluster \(profile.name) as [worker]")
            try await session.bring(profile)
            session.notes.say(.done, "Successfully added \(node.name) to \(profile.name)!")
            return 0
        }
    }

    private static func nodeDelete() -> ClusterCommand {
        ClusterCommand(
            "delete", "Deletes a node from a cluster", usage: "NODE", count: .exactly(1), options: PlainOptions(),
            flags: [.profile]
        ) { options, parsed, session in
            var profile = try session.existing(options.profile)
            let node = try session.node(parsed.arguments[0], of: profile)
            guard !node.isControlPlane else {
                throw Failure(
                    "\(node.name) is the control plane: `minikube delete` takes the whole cluster away", exitCode: 14)
            }
            session.notes.say(.deleting, "Deleting node \(node.name) from cluster \(profile.name)")
            if let api = try? session.api(of: profile) { try? await api.delete(.nodes, "", node.name, .null) }
            try await ClusterEnd(session.engine, session.home).remove(node: node.name)
            profile.nodes.removeAll { $0.name == node.name }
            try session.home.save(profile)
            session.notes.say(.removed, "Node \(node.name) was successfully deleted.")
            return 0
        }
    }

    private static func nodeStart() -> ClusterCommand {
        ClusterCommand(
            "start", "Starts a node", usage: "NODE", count: .exactly(1), options: PlainOptions(), flags: [.profile]
        ) { options, parsed, session in
            let profile = try session.existing(options.profile)
            let node = try session.node(parsed.arguments[0], of: profile)
            try await session.bring(profile)
            session.notes.say(.running, "Successfully started node \(node.name)!")
            return 0
        }
    }

    private static func nodeStop() -> ClusterCommand {
        ClusterCommand(
            "stop", "Stops a node in a cluster", usage: "NODE", count: .exactly(1), options: PlainOptions(),
            flags: [.profile]
        ) { options, parsed, session in
            let profile = try session.existing(options.profile)
            let node = try session.node(parsed.arguments[0], of: profile)
            session.notes.say(.stopping, "Stopping node \"\(node.name)\"  ...")
            try await ClusterEnd(session.engine, session.home).stop(node.name)
            session.notes.say(.stopped, "Successfully stopped node \(node.name)")
            return 0
        }
    }
}

extension ClusterSession {
    /// By its name, or by what follows the profile's: `m02`.
    func node(_ name: String, of profile: Profile) throws -> Profile.Node {
        guard let node = profile.nodes.first(where: { $0.name == name || $0.name == "\(profile.name)-\(name)" }) else {
            throw Failure(
                "cluster \(profile.name) has no node \(name): it has \(profile.nodes.map(\.name).joined(separator: ", "))",
                exitCode: 85)
        }
        return node
    }

    /// Starts what isn't running of the profile.
    func bring(_ profile: Profile) async throws {
        let start = ClusterStart(engine, home, program: program) { step in
            if case .begins(let node, _, true) = step {
                notes.say(.running, "Starting \"\(node)\" worker node in \"\(profile.name)\" cluster")
            }
        }
        try await start.run(profile) { _ in }
    }
}
