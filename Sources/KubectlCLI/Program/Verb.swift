import CommandLine

/// A command of kubectl: words, help, and what runs it.
struct Verb: Sendable {
    /// Where the root page lists it.
    enum Group: String, Sendable, CaseIterable {
        case basicBeginner = "Basic Commands (Beginner)"
        case basicIntermediate = "Basic Commands (Intermediate)"
        case deploy = "Deploy Commands"
        case cluster = "Cluster Management Commands"
        case debugging = "Troubleshooting and Debugging Commands"
        case advanced = "Advanced Commands"
        case settings = "Settings Commands"
        case other = "Other Commands"
        case hidden = ""
    }

    let name: String
    let aliases: [String]
    let group: Group
    let summary: String
    /// The usage line behind `kubectl `.
    let usage: String
    let examples: String
    let flags: [FlagShape]
    /// Names of flags of every verb that this one's help page shows too, since here they mean what is written down.
    let shownFlags: Set<String>
    let subverbs: [Verb]
    /// - Parameter arguments: all that follow, global flags among them, without the words that name the verb.
    let perform:
        @Sendable (_ arguments: [String], _ program: KubectlProgram, _ verb: Verb, _ path: String) async throws -> Void

    init<Options: Sendable>(
        _ name: String, aliases: [String] = [], group: Group = .other, _ summary: String, usage: String,
        examples: String = "", options: Options, flags: [Flag<Options>] = [], shows shownFlags: Set<String> = [],
        interspersed: Bool = true, flagAdvice: String? = nil,
        subverbs: [Verb] = [],
        run: @escaping @Sendable (Options, Parsed, Session) async throws -> Void
    ) {
        self.name = name
        self.aliases = aliases
        self.group = group
        self.summary = summary
        self.usage = usage
        self.examples = examples
        self.flags = flags.map(\.shape)
        self.shownFlags = shownFlags
        self.subverbs = subverbs
        perform = { arguments, program, verb, path in
            var values = Both(global: GlobalOptions(), own: options)
            let all = flags.map(Both<Options>.own) + GlobalOptions.flags.map(Both<Options>.global)
            let result: FlagParser<Both<Options>>.Result
            do {
                result = try FlagParser(all, interspersed: interspersed).parse(arguments, into: &values)
            } catch {
                throw Refusal("\(error)\n\(flagAdvice ?? "See '\(path) --help' for usage.")")
            }
            if result.wantsHelp { throw HelpRequest(text: HelpText.page(verb, path)) }
            let session = try Session(program, values.global, path: path)
            try await run(
                values.own, Parsed(arguments: result.positional, given: result.given, dashAt: result.dashAt), session)
        }
    }

    /// What a verb that only holds others does when none is named: help, whatever follows, or the same page as a failure, on either stream.
    enum Alone: Sendable { case help, output, complaint }

    /// A verb that only holds others.
    init(
        _ name: String, aliases: [String] = [], group: Group = .other, _ summary: String, usage: String,
        alone: Alone = .complaint, subverbs: [Verb]
    ) {
        self.name = name
        self.aliases = aliases
        self.group = group
        self.summary = summary
        self.usage = usage
        examples = ""
        flags = []
        shownFlags = []
        self.subverbs = subverbs
        perform = { arguments, program, verb, path in
            var values = GlobalOptions()
            let result: FlagParser<GlobalOptions>.Result
            do {
                result = try FlagParser(GlobalOptions.flags, interspersed: true).parse(arguments, into: &values)
            } catch {
                throw Refusal("\(error)\nSee '\(path) --help' for usage.")
            }
            if !result.positional.isEmpty, !result.wantsHelp, alone != .help {
                let words = result.positional.joined(separator: " ")
                throw Refusal("unknown command \(words.quoted)\nSee '\(path) -h' for help and examples")
            }
            if result.wantsHelp { throw HelpRequest(text: HelpText.page(verb, path)) }
            // Without a word there is nothing to do but to show the page.
            switch alone {
            case .help: throw HelpRequest(text: HelpText.page(verb, path))
            case .output: program.out.write(HelpText.page(verb, path))
            case .complaint: program.err.write(HelpText.page(verb, path))
            }
            throw Exit(1)
        }
    }

    func subverb(_ word: String) -> Verb? { subverbs.first { $0.name == word || $0.aliases.contains(word) } }
}

/// A verb's own options beside the global ones, parsed together, since they come in any order.
struct Both<Own: Sendable>: Sendable {
    var global: GlobalOptions
    var own: Own

    static func own(_ flag: Flag<Own>) -> Flag<Self> {
        Flag<Self>(
            flag.name, short: flag.short, value: flag.value, help: flag.help, shownDefault: flag.shownDefault,
            isHidden: flag.isHidden
        ) { try flag.set(&$0.own, $1) }
    }

    static func global(_ flag: Flag<GlobalOptions>) -> Flag<Self> {
        Flag<Self>(
            flag.name, short: flag.short, value: flag.value, help: flag.help, shownDefault: flag.shownDefault,
            isHidden: flag.isHidden
        ) { try flag.set(&$0.global, $1) }
    }
}

extension Flag {
    /// Values between commas; may be given several times.
    static func strings(
        _ name: String, short: Character? = nil, _ path: any WritableKeyPath<Options, [String]> & Sendable,
        _ help: String
    ) -> Flag {
        Flag(name, short: short, value: "strings", help: help, shownDefault: "[]") {
            $0[keyPath: path] += $1.parts(",")
        }
    }

    /// One value each time.
    static func texts(
        _ name: String, short: Character? = nil, _ path: any WritableKeyPath<Options, [String]> & Sendable,
        _ help: String
    ) -> Flag {
        Flag(name, short: short, value: "stringArray", help: help, shownDefault: "[]") {
            $0[keyPath: path].append($1)
        }
    }

    /// A text that may be left out behind the flag's name, then it is `bare`.
    static func optionalValue(
        _ name: String, short: Character? = nil, _ path: any WritableKeyPath<Options, String> & Sendable,
        bare: String, default shown: String, _ help: String
    ) -> Flag {
        Flag(name, short: short, value: nil, help: help, shownDefault: "'\(shown)'") {
            $0[keyPath: path] = $1 == "true" ? bare : $1
        }
    }
}
