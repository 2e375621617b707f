/// How many positional arguments a command takes.
package enum ArgumentCount: Sendable, Equatable {
    case none, exactly(Int), atLeast(Int), atMost(Int), range(Int, Int)

    /// What is wrong with this many arguments, in the words of the docker client; nil: nothing.
    func complaint(_ path: String, _ count: Int) -> String? {
        func arguments(_ wanted: Int) -> String { wanted == 1 ? "\(wanted) argument" : "\(wanted) arguments" }
        switch self {
        case .none: return count == 0 ? nil : "'\(path)' accepts no arguments"
        case .exactly(let wanted): return count == wanted ? nil : "'\(path)' requires \(arguments(wanted))"
        case .atLeast(let least): return count >= least ? nil : "'\(path)' requires at least \(arguments(least))"
        case .atMost(let most): return count <= most ? nil : "'\(path)' requires at most \(arguments(most))"
        case .range(let least, let most):
            return (least...most).contains(count)
                ? nil : "'\(path)' requires at least \(least) and at most \(arguments(most))"
        }
    }
}

/// A command: words, help, and what runs it. `Context` is what the commands of one program share.
package struct Command<Context: Sendable>: Sendable {
    /// Where the command stands in its parent's help page.
    package enum Group: Sendable { case common, management, swarm, other, hidden }

    package let name: String
    package let aliases: [String]
    package let group: Group
    package let summary: String
    /// Shown in the command's own help instead of `summary`; nil: the summary.
    package let explanation: String?
    /// What follows the command's path in its usage line. A line feed begins a second usage line.
    package let usage: String
    /// All spellings, path included, that help lists under `Aliases:`; empty: no such list.
    package let spellings: [String]
    package let count: ArgumentCount
    package let flags: [FlagShape]
    package let subcommands: [Command<Context>]
    /// What completion offers for positional arguments.
    package let completes: Completes

    package enum Completes: Sendable { case nothing, files, containers(all: Bool), images, networks, volumes, contexts }

    /// Runs with the arguments that follow the command's name; the exit code. Throws `Misuse` for arguments that don't
    /// fit, or whatever the command's work throws.
    let perform: @Sendable (_ arguments: [String], _ context: Context, _ page: Page<Context>) async throws -> Int32

    /// A command that does something.
    package init<Options: Sendable>(
        _ name: String, aliases: [String] = [], group: Group = .other, _ summary: String, explanation: String? = nil,
        usage: String = "", spellings: [String] = [], count: ArgumentCount, interspersed: Bool = true,
        options: Options, flags: [Flag<Options>] = [], completes: Completes = .nothing,
        run: @escaping @Sendable (Options, Parsed, Context) async throws -> Int32
    ) {
        self.name = name
        self.aliases = aliases
        self.group = group
        self.summary = summary
        self.explanation = explanation
        self.usage = usage
        self.spellings = spellings
        self.count = count
        self.flags = flags.map(\.shape)
        self.completes = completes
        subcommands = []
        perform = { arguments, context, page in
            var values = options
            let result: FlagParser<Options>.Result
            do {
                result = try FlagParser(flags, interspersed: interspersed).parse(arguments, into: &values)
            } catch {
                throw Misuse(message: page.flagComplaint("\(error)"), exitCode: 125)
            }
            if result.wantsHelp { throw page.helpRequest(result) }
            if let complaint = count.complaint(page.path, result.positional.count) {
                throw Misuse(message: page.countComplaint(complaint), exitCode: 1)
            }
            return try await run(
                values, Parsed(arguments: result.positional, given: result.given, dashAt: result.dashAt), context)
        }
    }

    /// A command that only holds others.
    package init(
        _ name: String, group: Group = .management, _ summary: String, explanation: String? = nil,
        subcommands: [Command<Context>]
    ) {
        self.name = name
        aliases = []
        self.group = group
        self.summary = summary
        self.explanation = explanation
        usage = "COMMAND"
        spellings = []
        count = .none
        flags = []
        completes = .nothing
        self.subcommands = subcommands
        perform = { arguments, context, page in
            var nothing = 0
            let result: FlagParser<Int>.Result
            do { result = try FlagParser([], interspersed: true).parse(arguments, into: &nothing) } catch {
                throw Misuse(message: page.flagComplaint("\(error)"), exitCode: 125)
            }
            if result.wantsHelp { throw page.helpRequest(result) }
            if let word = result.positional.first { throw Misuse(message: page.unknownCommand(word), exitCode: 1) }
            throw HelpRequest(text: page.help, wasAsked: false)
        }
    }

    private init(_ other: Command, name: String, aliases: [String], group: Group) {
        self.name = name
        self.aliases = aliases
        self.group = group
        summary = other.summary
        explanation = other.explanation
        usage = other.usage
        spellings = other.spellings
        count = other.count
        flags = other.flags
        subcommands = other.subcommands
        completes = other.completes
        perform = other.perform
    }

    /// The same command at another place in the tree.
    package func renamed(_ name: String, aliases: [String] = [], group: Group = .other) -> Command {
        Command(self, name: name, aliases: aliases, group: group)
    }

    /// Runs the deepest command that the arguments name.
    package func run(_ arguments: [String], under path: String, context: Context) async throws -> Int32 {
        let ownPath = path.isEmpty ? name : "\(path) \(name)"
        if let word = arguments.first, let next = subcommand(word) {
            return try await next.run(Array(arguments.dropFirst()), under: ownPath, context: context)
        }
        return try await perform(arguments, context, Page(command: self, path: ownPath))
    }

    package func subcommand(_ word: String) -> Command<Context>? {
        subcommands.first { $0.name == word || $0.aliases.contains(word) }
    }
}

/// A command's positional arguments and which flags were given.
package struct Parsed: Sendable {
    package let arguments: [String]
    package let given: Set<String>
    /// Where `--` stood among the arguments; nil: it wasn't there.
    package let dashAt: Int?

    package init(arguments: [String], given: Set<String> = [], dashAt: Int? = nil) {
        self.arguments = arguments
        self.given = given
        self.dashAt = dashAt
    }
}

/// The command line doesn't fit the command: what to print on standard error, and the exit code.
package struct Misuse: Error, Equatable {
    package let message: String
    package let exitCode: Int32

    package init(message: String, exitCode: Int32) {
        self.message = message
        self.exitCode = exitCode
    }
}

/// Help is to be shown.
package struct HelpRequest: Error, Equatable {
    package let text: String
    /// Asked for, and so meant for standard output; else it stands in for a command that was left out.
    package let wasAsked: Bool

    package init(text: String, wasAsked: Bool = true) {
        self.text = text
        self.wasAsked = wasAsked
    }
}
