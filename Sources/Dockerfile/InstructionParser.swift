import CommandLine
import Fault
import JSON

/// One logical line to one instruction. Errors come without their line.
package struct InstructionParser: Sendable {
    static let keywords = [
        "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER",
        "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
    ]

    let escape: Character

    package init(escape: Character = "\\") { self.escape = escape }

    package func parse(_ line: LogicalLine) throws(Fault) -> Instruction {
        let word = line.text.prefix { !$0.isBlank }
        let keyword = word.uppercased()
        let arguments = line.text[word.endIndex...].trimmed
        let text = arguments.isEmpty ? keyword : "\(keyword) \(arguments)"
        return Instruction(
            kind: try kind(keyword, String(word), arguments, line.documents), text: text, lines: line.lines)
    }

    private func kind(
        _ keyword: String, _ word: String, _ arguments: Substring, _ documents: [HereDocument]
    ) throws(Fault) -> Instruction.Kind {
        if ["RUN", "COPY", "ADD", "FROM", "HEALTHCHECK"].contains(keyword) {
            let flags = Flags(arguments, escape: escape)
            switch keyword {
            case "FROM": return .from(try from(flags))
            case "RUN": return .run(try run(flags, documents))
            case "HEALTHCHECK": return .health(try health(flags))
            default: return .transfer(try transfer(flags, isAdd: keyword == "ADD", documents))
            }
        }
        guard Self.keywords.contains(keyword) else {
            let isSmall = word.allSatisfy { !$0.isUppercase }
            let near = Nearest.name(to: word, among: isSmall ? Self.keywords.map { $0.lowercased() } : Self.keywords)
            throw Fault(.invalid, "unknown instruction: \(word)\(near.map { " (did you mean \($0)?)" } ?? "")")
        }
        guard arguments.hasPrefix("--") else { return try plain(keyword, arguments) }
        // What has no flags may still look as if it had: that there is nothing else is said first.
        let flags = Flags(arguments, escape: escape)
        if !flags.rest.isEmpty { try flags.check(known: []) }
        return try plain(keyword, flags.rest)
    }

    private func plain(_ keyword: String, _ arguments: Substring) throws(Fault) -> Instruction.Kind {
        switch keyword {
        case "CMD": return .command(Words.command(arguments))
        case "ENTRYPOINT":
            try atLeastOne(keyword, arguments)
            return .entrypoint(Words.command(arguments))
        case "ARG": return .argument(try buildArguments(arguments))
        case "ENV":
            try atLeastOne(keyword, arguments)
            return .environment(try Words.pairs(arguments, keyword, escape: escape))
        case "LABEL":
            try atLeastOne(keyword, arguments)
            return .label(try Words.pairs(arguments, keyword, escape: escape))
        case "WORKDIR": return .workingFolder(try one(keyword, arguments))
        case "USER": return .user(try one(keyword, arguments))
        case "STOPSIGNAL": return .stopSignal(try one(keyword, arguments))
        case "MAINTAINER": return .maintainer(try one(keyword, arguments))
        case "EXPOSE":
            try atLeastOne(keyword, arguments)
            return .expose(Words.split(arguments, escape: escape))
        case "VOLUME":
            try atLeastOne(keyword, arguments)
            let folders = Words.list(arguments) ?? Words.split(arguments, escape: escape)
            if folders.isEmpty { try atLeastOne(keyword, "") }
            guard folders.allSatisfy({ !$0[...].trimmed.isEmpty }) else {
                throw Fault(.invalid, "VOLUME specified can not be an empty string")
            }
            return .volume(folders)
        case "SHELL":
            try atLeastOne(keyword, arguments)
            guard let list = Words.list(arguments) else {
                throw Fault(.invalid, "SHELL requires the arguments to be in JSON form")
            }
            guard !list.isEmpty else { throw Fault(.invalid, "SHELL requires at least one argument") }
            return .shell(list)
        default: return .trigger(try trigger(arguments))
        }
    }

    private func atLeastOne(_ keyword: String, _ arguments: Substring) throws(Fault) {
        if arguments.isEmpty { throw Fault(.invalid, "\(keyword) requires at least one argument") }
    }

    /// These take the whole line for one argument.
    private func one(_ keyword: String, _ arguments: Substring) throws(Fault) -> String {
        guard !arguments.isEmpty else { throw Fault(.invalid, "\(keyword) requires exactly one argument") }
        return String(arguments)
    }

    private func buildArguments(_ arguments: Substring) throws(Fault) -> [BuildArgument] {
        let words = Words.split(arguments, escape: escape)
        guard !words.isEmpty else { throw Fault(.invalid, "ARG requires at least one argument") }
        return try words.map { (word) throws(Fault) in
            guard let cut = word.firstIndex(of: "=") else { return BuildArgument(name: word) }
            guard cut != word.startIndex else { throw Fault(.invalid, "ARG names can not be blank") }
            return BuildArgument(name: String(word[..<cut]), value: String(word[word.index(after: cut)...]))
        }
    }

    private func trigger(_ arguments: Substring) throws(Fault) -> String {
        try atLeastOne("ONBUILD", arguments)
        let keyword = arguments.prefix { !$0.isBlank }.uppercased()
        if keyword == "ONBUILD" { throw Fault(.invalid, "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed") }
        if keyword == "MAINTAINER" || keyword == "FROM" {
            throw Fault(.invalid, "\(keyword) isn't allowed as an ONBUILD trigger")
        }
        _ = try parse(LogicalLine(text: String(arguments), lines: 1...1))
        return String(arguments)
    }

    private func from(_ flags: Flags) throws(Fault) -> BaseImage {
        try flags.check(known: ["platform"])
        let words = Words.split(flags.rest, escape: escape)
        var base = BaseImage(image: words.first ?? "", platform: try flags.text("platform"))
        if words.count == 3, words[1].uppercased() == "AS" {
            let name = words[2].lowercased()
            guard let first = name.utf8.first, first.isLetter,
                name.utf8.allSatisfy({ $0.isLetter || $0.isDigit || $0 == 0x2D || $0 == 0x5F || $0 == 0x2E })
            else {
                throw Fault(
                    .invalid,
                    "invalid name for build stage: \(JSON(words[2]).text), name can't start with a number or contain symbols"
                )
            }
            base.alias = name
        } else if words.count != 1 {
            throw Fault(.invalid, "FROM requires either one or three arguments")
        }
        return base
    }

    private func health(_ flags: Flags) throws(Fault) -> HealthOptions {
        try flags.check(known: ["interval", "timeout", "start-period", "start-interval", "retries"])
        guard !flags.rest.isEmpty else { throw Fault(.invalid, "HEALTHCHECK requires at least one argument") }
        let word = flags.rest.prefix { !$0.isBlank }
        let rest = flags.rest[word.endIndex...].trimmed
        var options = HealthOptions()
        switch word.uppercased() {
        case "NONE":
            guard rest.isEmpty, flags.values.isEmpty else {
                throw Fault(.invalid, "HEALTHCHECK NONE takes no arguments")
            }
            return options
        case "CMD":
            guard !rest.isEmpty, Words.list(rest) != [] else {
                throw Fault(.invalid, "Missing command after HEALTHCHECK CMD")
            }
            options.command = Words.command(rest)
        default:
            throw Fault(.invalid, "Unknown type \(JSON(word.uppercased()).text) in HEALTHCHECK (try CMD)")
        }
        options.interval = try Self.duration(flags, "interval")
        options.timeout = try Self.duration(flags, "timeout")
        options.startPeriod = try Self.duration(flags, "start-period")
        options.startInterval = try Self.duration(flags, "start-interval")
        if let text = try flags.text("retries") {
            guard let count = Int64(text) else {
                throw Fault(.invalid, "strconv.ParseInt: parsing \(JSON(text).text): invalid syntax")
            }
            guard count >= 0 else { throw Fault(.invalid, "--retries cannot be negative (\(count))") }
            options.retries = count
        }
        return options
    }

    private static func duration(_ flags: Flags, _ name: String) throws(Fault) -> Int64? {
        guard let text = try flags.text(name) else { return nil }
        guard let time = GoDuration.parse(text) else { throw Fault(.invalid, GoDuration.complaint(about: text)) }
        guard time == 0 || time >= 1_000_000 else {
            throw Fault(.invalid, "Interval \(JSON(name).text) cannot be less than 1ms")
        }
        return time
    }
}
