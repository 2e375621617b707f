/// Reads arguments by the rules of pflag, which the docker and kubectl clients use: `--name value`, `--name=value`,
/// `-n value`, `-nvalue`, `-n=value`, joined switches (`-it`), and `--` which ends the flags.
package struct FlagParser<Options> {
    private let byName: [String: Flag<Options>]
    private let byLetter: [Character: Flag<Options>]
    /// Whether flags may follow positional arguments; commands that hand arguments on to a program stop at the first.
    private let interspersed: Bool

    package init(_ flags: [Flag<Options>], interspersed: Bool) {
        byName = Dictionary(flags.map { ($0.name, $0) }) { first, _ in first }
        byLetter = Dictionary(flags.compactMap { flag in flag.short.map { ($0, flag) } }) { first, _ in first }
        self.interspersed = interspersed
    }

    package struct Result {
        package var positional: [String] = []
        /// Where `--` stood among the positional arguments; nil: it wasn't there.
        package var dashAt: Int?
        /// The names of the flags that were given.
        package var given: Set<String> = []
        /// `--help`, or `-h` where no flag has that letter, was given.
        package var wantsHelp = false
        /// Help was asked for by `-h`, which the original calls out of date.
        package var usedShortHelp = false
    }

    package func parse(_ arguments: [String], into options: inout Options) throws(UsageError) -> Result {
        var result = Result()
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if argument == "--" {
                result.dashAt = result.positional.count
                result.positional += rest
                break
            }
            if argument.hasPrefix("--") {
                try long(argument, &rest, &options, &result)
            } else if argument.hasPrefix("-"), argument.count > 1 {
                try letters(argument, &rest, &options, &result)
            } else {
                result.positional.append(argument)
                if !interspersed {
                    result.positional += rest
                    break
                }
            }
        }
        return result
    }

    private func long(
        _ argument: String, _ rest: inout ArraySlice<String>, _ options: inout Options, _ result: inout Result
    ) throws(UsageError) {
        let body = argument.dropFirst(2)
        let equals = body.firstIndex(of: "=")
        let name = String(body[..<(equals ?? body.endIndex)])
        guard !name.isEmpty, !name.hasPrefix("-") else { throw UsageError("bad flag syntax: \(argument)") }
        if name == "help" {
            return try help(equals.map { String(body[body.index(after: $0)...]) } ?? "true", &result)
        }
        guard let flag = byName[name] else {
            throw UsageError("unknown flag: --\(name)")
        }
        let text: String
        if let equals {
            text = String(body[body.index(after: equals)...])
        } else if flag.value == nil {
            text = "true"
        } else if let next = rest.popFirst() {
            text = next
        } else {
            throw UsageError("flag needs an argument: --\(name)")
        }
        try set(flag, text, &options, &result)
    }

    private func help(_ text: String, _ result: inout Result) throws(UsageError) {
        do { result.wantsHelp = try GoValue.bool(text) } catch {
            throw UsageError("invalid argument \(GoText.quote(text)) for \"--help\" flag: \(error)")
        }
    }

    private func letters(
        _ argument: String, _ rest: inout ArraySlice<String>, _ options: inout Options, _ result: inout Result
    ) throws(UsageError) {
        var body = argument.dropFirst()
        while let letter = body.popFirst() {
            guard let flag = byLetter[letter] else {
                if letter == "h" {
                    if body.first == "=" { return try help(String(body.dropFirst()), &result) }
                    (result.wantsHelp, result.usedShortHelp) = (true, true)
                    continue
                }
                throw UsageError("unknown shorthand flag: '\(letter)' in -\(letter)\(body)")
            }
            if body.first == "=" {
                return try set(flag, String(body.dropFirst()), &options, &result)
            }
            if flag.value == nil {
                try set(flag, "true", &options, &result)
                continue
            }
            if !body.isEmpty { return try set(flag, String(body), &options, &result) }
            guard let next = rest.popFirst() else {
                throw UsageError("flag needs an argument: '\(letter)' in -\(letter)")
            }
            return try set(flag, next, &options, &result)
        }
    }

    private func set(
        _ flag: Flag<Options>, _ text: String, _ options: inout Options, _ result: inout Result
    ) throws(UsageError) {
        do { try flag.set(&options, text) } catch {
            let spelling = flag.short.map { "-\($0), --\(flag.name)" } ?? "--\(flag.name)"
            throw UsageError("invalid argument \(GoText.quote(text)) for \(GoText.quote(spelling)) flag: \(error)")
        }
        result.given.insert(flag.name)
    }
}

/// Arguments that don't form a command.
package struct UsageError: Error, Equatable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}
