import CommandLine

/// Compose's commands. Each is made when it is looked up.
enum ComposeTree {
    private typealias Maker = @Sendable () -> ComposeCommand

    private static let makers: [(String, Maker)] = [
        ("attach", { attach() }), ("build", { build() }), ("commit", { commit() }), ("config", { config() }),
        ("cp", { cp() }),
        ("create", { create() }), ("down", { down() }), ("events", { events() }), ("exec", { exec() }),
        ("export", { export() }),
        ("images", { images() }), ("kill", { kill() }), ("logs", { logs() }), ("ls", { ls() }),
        ("pause", { pause() }), ("port", { port() }), ("ps", { ps() }), ("pull", { pull() }), ("push", { push() }),
        ("restart", { restart() }), ("rm", { rm() }), ("run", { run() }), ("scale", { scale() }),
        ("start", { start() }), ("stats", { stats() }), ("stop", { stop() }), ("top", { top() }),
        ("unpause", { unpause() }), ("up", { up() }), ("version", { version() }), ("volumes", { volumes() }),
        ("wait", { wait() }), ("watch", { watch() }),
    ]

    static var names: [String] { makers.map(\.0) }

    static func all() -> [ComposeCommand] { makers.map { $0.1() } }

    static func command(_ word: String) -> ComposeCommand? {
        let name = word == "convert" ? "config" : word
        return makers.first { $0.0 == name }?.1() ?? absentCommand(word)
    }

    static func help() -> String {
        var text =
            "\nUsage:  docker compose [OPTIONS] COMMAND\n\nDefine and run multi-container applications with Docker\n"
        text += "\nOptions:\n" + HelpPage.flags(ProjectOptions.flags.map(\.shape), columns: 80) + "\n\nCommands:\n"
        for (name, make) in makers.sorted(by: { $0.0 < $1.0 }) {
            text += "  \(name)\(String(repeating: " ", count: max(1, 12 - name.count)))\(make().summary)\n"
        }
        return text + "\nRun 'docker compose COMMAND --help' for more information on a command.\n"
    }
}
