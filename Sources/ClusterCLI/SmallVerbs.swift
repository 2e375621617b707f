import Cluster
import CommandLine
import DockerCLI
import Fault
import JSON

struct LogOptions: ProfileOptions {
    var profile = Profile.standardName
    var follows = false
    var lines = 60
    var node = ""
}

struct ListOptions: ProfileOptions {
    var profile = Profile.standardName
    var output = "table"
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

    static func profile() -> ClusterCommand {
        ClusterCommand("profile", "Get or list the current profiles (clusters)", subcommands: [profileList()])
    }

    private static func profileList() -> ClusterCommand {
        ClusterCommand(
            "list", "Lists all minikube profiles", count: .none, options: ListOptions(),
            flags: [.profile, .text("output", short: "o", \.output, default: "table", "table or json")]
        ) { options, _, session in
            var rows = [["PROFILE", "DRIVER", "RUNTIME", "IP", "VERSION", "STATUS", "NODES"]]
            var trees: [JSON] = []
            for name in session.home.profileNames() {
                guard let profile = try session.home.profile(name), let first = profile.controlPlane else { continue }
                let status = try await session.isRunning(first.name) ? "OK" : "Stopped"
                rows.append([
                    name, "docker", "hako", first.address, ClusterVersions.kubernetes, status, "\(profile.nodes.count)",
                ])
                trees.append(["Name": .string(name), "Status": .string(status)])
            }
            if options.output == "json" {
                session.out.line((["invalid": [], "valid": .array(trees)] as JSON).text)
            } else if rows.count == 1 {
                throw Failure(
                    "No minikube profile was found.\nTo start a cluster, run: \"minikube start\"", exitCode: 85)
            } else {
                session.out.write(FramedTable.text(rows))
            }
            return 0
        }
    }

    /// A cluster's nodes use the engine's own images, so there is nothing to carry.
    static func image() -> ClusterCommand {
        func passed(_ verb: String, _ summary: String, _ docker: [String]) -> ClusterCommand {
            ClusterCommand(verb, summary, count: .atLeast(0), options: PlainOptions(), flags: [.profile]) {
                _, parsed, session in await session.docker(docker + parsed.arguments)
            }
        }
        return ClusterCommand(
            "image", "Manage images: the cluster has all that the engine has",
            subcommands: [
                passed("ls", "List images", ["images"]), passed("rm", "Remove images", ["rmi"]),
                passed("pull", "Pull images", ["pull"]), passed("build", "Build an image", ["build"]),
                passed("tag", "Tag an image", ["tag"]),
                ClusterCommand(
                    "load", "Load an image from a file; one of the engine's is there already", usage: "IMAGE|FILE",
                    count: .exactly(1), options: PlainOptions(), flags: [.profile]
                ) { _, parsed, session in
                    let name = parsed.arguments[0]
                    if name.hasSuffix(".tar") || name.hasSuffix(".tar.gz") {
                        return await session.docker(["load", "-i", name])
                    }
                    return await session.docker(["image", "inspect", "--format", "{{.Id}}", name])
                },
            ])
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
