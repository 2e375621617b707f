/// Where a command line stands whose last word is being typed: what the walk along its words came to.
package enum CompletionStep<Context: Sendable>: Sendable {
    /// A word that names no command stands in front.
    case unknown
    /// The word is the value of this flag.
    case value(of: FlagShape)
    /// These, or none of them, begin with what was typed; with descriptions behind a tab.
    case words([String])
    /// The word is a positional argument of the command that these words name.
    case argument(Command<Context>, path: [String])

    /// - Parameters:
    ///   - words: all before the last, from the command's name on.
    ///   - last: what was typed of the last word; "" for nothing yet.
    package init(_ words: ArraySlice<String>, _ last: String, in commands: [Command<Context>]) {
        var rest = words
        guard let word = rest.popFirst(),
            var command = commands.first(where: { $0.name == word || $0.aliases.contains(word) })
        else {
            self = .unknown
            return
        }
        var path = [command.name]
        while let next = rest.first, let sub = command.subcommand(next) {
            command = sub
            path.append(sub.name)
            rest = rest.dropFirst()
        }
        if let before = rest.last, let flag = command.flags.taking(before) {
            self = .value(of: flag)
        } else if last.hasPrefix("-") {
            self = .words(command.flags.suggestions + ["--help\tShow this help"])
        } else if !command.subcommands.isEmpty {
            self = .words(command.subcommands.map { "\($0.name)\t\($0.summary)" })
        } else {
            self = .argument(command, path: path)
        }
    }
}

extension [FlagShape] {
    /// The flag whose value the word behind `word` is; nil: none.
    package func taking(_ word: String) -> FlagShape? {
        guard word.hasPrefix("-"), word != "-", word != "--", !word.contains("=") else { return nil }
        let found =
            word.hasPrefix("--")
            ? first { $0.name == word.dropFirst(2) } : first { $0.short != nil && $0.short == word.last }
        return found?.value == nil ? nil : found
    }

    /// Their spellings, with the first line of their help behind a tab.
    package var suggestions: [String] {
        filter { !$0.isHidden && $0.name != "help" }.map { "--\($0.name)\t\($0.help.prefix { $0 != "\n" })" }
    }
}
