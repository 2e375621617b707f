import CommandLine

/// Help pages, laid out as kubectl's.
enum HelpText {
    static func page(_ verb: Verb, _ path: String) -> String {
        var sections = ["\(verb.summary)."]
        if !verb.aliases.isEmpty {
            sections.append("Aliases:\n\(([verb.name] + verb.aliases).joined(separator: ", "))")
        }
        if !verb.examples.isEmpty {
            let lines = verb.examples.parts("\n").map { "  \($0)" }
            sections.append("Examples:\n" + lines.joined(separator: "\n"))
        }
        if !verb.subverbs.isEmpty {
            let shown = verb.subverbs.filter { $0.group != .hidden }
            sections.append("Available Commands:\n" + list(shown))
        }
        let flags =
            verb.flags.filter { !$0.isHidden }
            + GlobalOptions.flags.map(\.shape).filter { verb.shownFlags.contains($0.name) }
        if !flags.isEmpty { sections.append("Options:\n" + Self.flags(flags)) }
        sections.append("Usage:\n  kubectl \(verb.usage)")
        let more =
            verb.subverbs.isEmpty
            ? "" : "Use \"\(path) <command> --help\" for more information about a given command.\n"
        sections.append(
            more + "Use \"kubectl options\" for a list of global command-line options (applies to all commands).")
        return sections.joined(separator: "\n\n") + "\n"
    }

    /// - Parameter width: of the longest name; nil: as these have it.
    private static func list(_ verbs: [Verb], width: Int? = nil) -> String {
        let width = max(11, width ?? verbs.map(\.name.count).max() ?? 0) + 1
        return verbs.map { verb in
            "  \(verb.name)\(String(repeating: " ", count: width - verb.name.count))  \(verb.summary)"
        }.joined(separator: "\n")
    }

    /// - Parameter plugins: names of commands that others have added.
    static func root(_ plugins: [String]) -> String {
        "kubectl controls the Kubernetes cluster manager.\n\n Find more information at: "
            + "https://kubernetes.io/docs/reference/kubectl/\n\n" + commands(plugins)
    }

    /// All commands, and how to learn more.
    static func commands(_ plugins: [String]) -> String {
        var sections: [String] = []
        let all = VerbTree.all().filter { $0.group != .hidden }, width = all.map(\.name.count).max()
        for group in Verb.Group.allCases where group != .hidden {
            if group == .other {
                let lines = plugins.map { name in
                    "\n  \(name)\(String(repeating: " ", count: max(1, 12 - name.count)))  The command \(name) is a plugin installed by the user"
                }
                sections.append("Subcommands provided by plugins:" + lines.joined())
            }
            let members = all.filter { $0.group == group }
            if !members.isEmpty { sections.append("\(group.rawValue):\n\(list(members, width: width))") }
        }
        sections.append("Usage:\n  kubectl [flags] [options]")
        sections.append(
            "Use \"kubectl <command> --help\" for more information about a given command.\n"
                + "Use \"kubectl options\" for a list of global command-line options (applies to all commands).")
        return sections.joined(separator: "\n\n") + "\n"
    }

    static let help = """
        Help tells about any command of the program.

        Usage:
          kubectl help [command] [flags] [options]

        Use "kubectl options" for a list of global command-line options (applies to all commands).

        """

    /// A flag's spelling with its default, and below it what it means.
    static func flags(_ flags: [FlagShape]) -> String {
        flags.sorted { $0.name < $1.name }.map { flag in
            let short = flag.short.map { "-\($0), " } ?? ""
            return "    \(short)--\(flag.name)=\(initial(flag)):\n\t\(flag.help)"
        }.joined(separator: "\n\n")
    }

    private static func initial(_ flag: FlagShape) -> String {
        if let shown = flag.shownDefault {
            return shown.hasPrefix("\"") ? "'\(shown.dropFirst().dropLast())'" : shown
        }
        switch flag.value {
        case nil: return "false"
        case "int": return "0"
        case "list", "strings", "stringArray": return "[]"
        case "duration": return "0s"
        default: return "''"
        }
    }
}
