/// The texts about one command at its place in the tree: help, and complaints about its arguments.
package struct Page<Context: Sendable>: Sendable {
    let command: Command<Context>
    /// The words from the program's name to the command.
    package let path: String

    /// Columns of the help of a terminal that doesn't tell its width.
    static var columns: Int { 80 }

    var usageLines: String {
        let lines = command.usage.split(separator: "\n", omittingEmptySubsequences: false)
        let own = lines.enumerated().map { $0.offset == 0 ? "\(path) \($0.element)" : "\t\(path) \($0.element)" }
        return own.joined(separator: "\n").trimmedEnd
    }

    package var help: String {
        var sections = ["Usage:  \(usageLines)", (command.explanation ?? command.summary)]
        if !command.spellings.isEmpty {
            sections.append("Aliases:\n  " + command.spellings.joined(separator: ", "))
        }
        let shown = command.flags.filter { !$0.isHidden }
        if !shown.isEmpty { sections.append("Options:\n" + HelpPage.flags(shown, columns: Self.columns)) }
        sections += commandSections
        if !command.subcommands.isEmpty {
            sections.append("Run '\(path) COMMAND --help' for more information on a command.")
        }
        return sections.joined(separator: "\n\n") + "\n"
    }

    /// Help as an answer to `--help` or `-h`.
    func helpRequest<Options>(_ result: FlagParser<Options>.Result) -> HelpRequest {
        HelpRequest(text: (result.usedShortHelp ? HelpPage.shortFormIsOld + "\n" : "") + help)
    }

    var commandSections: [String] {
        let titles: [(Command<Context>.Group, String)] = [
            (.common, "Common Commands"), (.management, "Management Commands"), (.swarm, "Swarm Commands"),
            (.other, "Commands"),
        ]
        let width = (command.subcommands.map(\.name.count).max() ?? 0)
        return titles.compactMap { group, title in
            let members = command.subcommands.filter { $0.group == group }
            guard !members.isEmpty else { return nil }
            let lines = members.map { member in
                "  " + member.name + String(repeating: " ", count: max(0, max(width, 11) - member.name.count))
                    + " \(member.summary)"
            }
            return "\(title):\n" + lines.joined(separator: "\n")
        }
    }

    func flagComplaint(_ message: String) -> String {
        "\(message)\n\nUsage:  \(command.subcommands.isEmpty ? usageLines : path)\n\nRun '\(path) --help' for more information"
    }

    func countComplaint(_ message: String) -> String {
        let program = path.prefix { $0 != " " }
        var verb = "Run"
        if case .atLeast = command.count { verb = "See" }
        return "\(program): \(message)\n\nUsage:  \(usageLines)\n\n\(verb) '\(path) --help' for more information"
    }

    func unknownCommand(_ word: String) -> String {
        let program = path.prefix { $0 != " " }
        return
            "\(program): unknown command: \(path) \(word)\n\nUsage:  \(path)\n\nRun '\(path) --help' for more information"
    }
}

/// The list of flags in a help page.
package enum HelpPage {
    /// What the original says about `-h`.
    package static let shortFormIsOld = "Flag shorthand -h has been deprecated, use --help"

    /// Each flag's spelling, padded to the longest, and its help broken into lines at `columns`.
    package static func flags(_ flags: [FlagShape], columns: Int) -> String {
        let heads = flags.map { flag in
            (flag.short.map { "  -\($0), " } ?? "      ") + "--\(flag.name)" + (flag.value.map { " \($0)" } ?? "")
        }
        let indent = (heads.map(\.count).max() ?? 0) + 3
        return zip(flags.sorted { $0.name < $1.name }, zip(flags, heads).sorted { $0.0.name < $1.0.name }).map {
            flag, pair in
            let head = pair.1
            let text = flag.help + (flag.shownDefault.map { " (default \($0))" } ?? "")
            return head + String(repeating: " ", count: indent - head.count)
                + wrap(text, indent: indent, columns: columns)
        }.joined(separator: "\n")
    }

    /// Lines may run over by this much when that spares a short last line.
    private static let slack = 5
    /// Below this a column is too narrow to break text in.
    private static let narrowest = 24

    /// Text over lines of at most `columns - indent`, each after the first indented; as pflag breaks them.
    static func wrap(_ text: String, indent: Int, columns: Int) -> String {
        let margin = "\n" + String(repeating: " ", count: indent)
        guard columns - indent >= narrowest else { return text.replacingLineFeeds(with: margin) }
        let width = columns - indent - slack
        var rest = Array(text), lines: [String] = []
        repeat {
            let cut = breakPoint(rest, width)
            lines.append(String(rest[..<(cut ?? rest.count)]).replacingLineFeeds(with: margin))
            rest = cut.map { Array(rest[($0 + 1)...]) } ?? []
        } while !rest.isEmpty
        return lines.joined(separator: margin)
    }

    /// Where the first line ends: its last space, or an earlier line feed; nil: all fits, or there is no place.
    private static func breakPoint(_ text: [Character], _ width: Int) -> Int? {
        guard width + slack <= text.count else { return nil }
        let line = text[..<width]
        guard let space = line.lastIndex(where: { $0 == " " || $0 == "\t" || $0 == "\n" }), space > 0 else {
            return nil
        }
        if let feed = line.lastIndex(of: "\n"), feed > 0, feed < space { return feed }
        return space
    }
}

extension String {
    var trimmedEnd: String {
        var copy = self
        while let last = copy.last, last == " " || last == "\n" { copy.removeLast() }
        return copy
    }

    func replacingLineFeeds(with text: String) -> String {
        split(separator: "\n", omittingEmptySubsequences: false).joined(separator: text)
    }
}
