import Cluster
import CommandLine
import DockerCLI
import Fault
import JSON

struct LogOptions: ProfileOptions {
    var profile = ""
    var follows = false
    var lines = 60
    var node = ""
}

extension Verbs {
    static func pause() -> ClusterCommand {
        onAllNodes("pause", "Pause", .pausing) { try await $0.pause($1) }
    }

    static func unpause() -> ClusterCommand {
        onAllNodes("unpause", "Unpause", .unpausing) { try await $0.unpause($1) }
    }

    private static func onAllNodes(
        _ verb: String, _ word: String, _ kind: Notes.Kind,
        _ work: @escaping @Sendable (ClusterEnd, _ node: String) async throws -> Void
    ) -> ClusterCommand {
        ClusterCommand(verb, "\(word) Kubernetes", count: .none, options: PlainOptions(), flags: [.profile]) {
            options, _, session in
            let end = ClusterEnd(session.engine, session.home)
            let nodes = try session.existing(options.profile).nodes
            let stem = word.dropLast()
            for node in nodes {
                session.notes.say(kind, "\(stem)ing node \(node.name) ...")
                try await work(end, node.name)
            }
            session.notes.say(kind, "\(word)d \(nodes.count) node\(nodes.count == 1 ? "" : "s")")
            return 0
        }
    }

    static func ip() -> ClusterCommand {
        ClusterCommand(
            "ip", "Retrieves the IP address of a node", count: .none, options: LogOptions(),
            flags: [.profile, .text("node", short: "n", \.node, "The node; the control plane when left out")]
        ) { options, _, session in
            let profile = try session.existing(options.profile)
            let node = options.node.isEmpty ? profile.controlPlane : try session.node(options.node, of: profile)
            session.out.line(node?.address ?? "")
            return 0
        }
    }

    static func logs() -> ClusterCommand {
        ClusterCommand(
            "logs", "Returns what the cluster's components wrote", count: .none, options: LogOptions(),
            flags: [
                .profile, .toggle("follow", short: "f", \.follows, "Show new lines as they come"),
                .int("length", short: "n", \.lines, default: 60, "How many lines of the end"),
                .text("node", \.node, "The node; the control plane when left out"),
            ]
        ) { options, _, session in
            let profile = try session.existing(options.profile)
            let node = options.node.isEmpty ? profile.controlPlane : try session.node(options.node, of: profile)
            let follow = options.follows ? ["-f"] : []
            return await session.docker(["logs", "--tail", "\(options.lines)"] + follow + [node?.name ?? ""])
        }
    }

    static func ssh() -> ClusterCommand {
        ClusterCommand(
            "ssh", "Run a shell or a command on a node", usage: "[-- COMMAND]", count: .atLeast(0),
            options: LogOptions(),
            flags: [.profile, .text("node", short: "n", \.node, "The node; the control plane when left out")]
        ) { options, parsed, session in
            let profile = try session.existing(options.profile)
            let node = options.node.isEmpty ? profile.controlPlane : try session.node(options.node, of: profile)
            let terminal = session.out.isTerminal ? ["-it"] : ["-i"]
            let command =
                parsed.arguments.isEmpty ? ["/bin/bash"] : ["/bin/sh", "-c", parsed.arguments.joined(separator: " ")]
            return await session.docker(["exec"] + terminal + [node?.name ?? ""] + command)
        }
    }

    static func updateContext() -> ClusterCommand {
        ClusterCommand(
            "update-context", "Write the cluster's address into the kubeconfig", count: .none, options: PlainOptions(),
            flags: [.profile]
        ) { options, _, session in
            let profile = try session.existing(options.profile)
            let start = ClusterStart(session.engine, session.home, program: session.program) { _ in }
            try ContextEntry(profile, try await start.administrator(of: profile)).write(
                session.environment, selects: true)
            session.notes.say(
                .done,
                "\"\(profile.name)\" context has been updated to point to \(profile.controlPlane?.address ?? ""):\(Profile.apiPort)"
            )
            return 0
        }
    }
}
