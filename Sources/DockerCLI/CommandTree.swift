import CommandLine

/// All commands. Each is made when it is looked up: one run of the program needs one of them.
package enum CommandTree {
    private typealias Maker = @Sendable () -> DockerCommand

    private static let makers: [(String, Maker)] = [
        ("run", { run() }), ("exec", { exec() }), ("ps", { ps() }), ("build", { build() }), ("pull", { pull() }),
        ("push", { push() }), ("images", { images() }), ("login", { login() }), ("logout", { logout() }),
        ("search", { search() }), ("version", { version() }), ("info", { info() }),
        ("builder", { builder() }), ("buildx", { buildx() }), ("container", { container() }),
        ("context", { context() }), ("image", { image() }),
        ("manifest", { manifest() }), ("network", { network() }), ("plugin", { plugin() }), ("system", { system() }),
        ("volume", { volume() }),
        ("attach", { attach() }), ("commit", { commit() }), ("cp", { cp() }), ("create", { create() }),
        ("diff", { diff() }),
        ("events", { events() }), ("export", { export() }), ("history", { history() }), ("import", { importImage() }),
        ("inspect", { inspect() }), ("kill", { kill() }), ("load", { load() }), ("logs", { logs() }),
        ("pause", { pause() }),
        ("port", { port() }), ("rename", { rename() }), ("restart", { restart() }), ("rm", { rm() }),
        ("rmi", { rmi() }),
        ("save", { save() }), ("start", { start() }), ("stats", { stats() }), ("stop", { stop() }), ("tag", { tag() }),
        ("top", { top() }), ("unpause", { unpause() }), ("update", { update() }), ("wait", { wait() }),
        ("completion", { completion() }), ("__complete", { complete() }), ("__completeNoDesc", { complete() }),
    ]

    /// The words that can follow `docker`.
    static var names: [String] { makers.map(\.0).filter { !$0.hasPrefix("__") } }

    static func all() -> [DockerCommand] { makers.map { $0.1() } }

    /// Nil: no such command. Some words name what other programs or later versions do: those say so.
    package static func command(_ word: String) -> DockerCommand? {
        if let maker = makers.first(where: { $0.0 == word }) { return maker.1() }
        return absent[word].map { absentCommand(word, $0) }
    }

    static func container() -> DockerCommand {
        DockerCommand(
            "container", "Manage containers",
            subcommands: [
                attach(), commit(), cp(), create(), diff(), exec(), export(), inspectContainers(), kill(), logs(),
                ps().renamed("ls", aliases: ["ps", "list"]), pause(), port(), pruneContainers(), rename(), restart(),
                rm().renamed("rm", aliases: ["remove"]), run(), start(), stats(), stop(), top(), unpause(), update(),
                wait(),
            ].map { $0.renamed($0.name, aliases: $0.aliases) })
    }

    static func image() -> DockerCommand {
        DockerCommand(
            "image", "Manage images",
            subcommands: [
                build(), history(), importImage(), inspectImages(), load(), images().renamed("ls", aliases: ["list"]),
                pruneImages(), pull(), push(), rmi().renamed("rm", aliases: ["remove"]), save(), tag(),
            ].map { $0.renamed($0.name, aliases: $0.aliases) })
    }

    static func system() -> DockerCommand {
        DockerCommand(
            "system", "Manage Docker",
            subcommands: [dialStdio(), diskUsage(), events(), info().renamed("info"), pruneSystem()])
    }

    /// What the original has and this version hasn't, and what to do.
    private static let absent: [String: String] = [
        "checkpoint": "checkpoints are not in this version",
        "trust": "signing images is not in this version", "swarm": "Swarm is not in this version",
        "node": "Swarm is not in this version", "service": "Swarm is not in this version",
        "stack": "Swarm is not in this version", "secret": "Swarm is not in this version",
        "config": "Swarm is not in this version",
    ]

    static func absentCommand(_ word: String, _ reason: String) -> DockerCommand {
        DockerCommand(word, group: .hidden, "Not in this version", count: .atLeast(0), interspersed: false, options: 0)
        { _, _, _ in
            throw Failure("docker \(word): \(reason)")
        }
    }
}
