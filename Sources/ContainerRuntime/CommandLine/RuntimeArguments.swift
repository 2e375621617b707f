import Fault

/// A flag of `hako runtime`: runc's names. `--name value`, `--name=value`, and with one dash as well.
struct RuntimeFlag: Sendable {
    let name: String
    var short: String?
    /// What the value is called in the help; nil: the flag is on or off.
    var value: String?
    let help: String

    init(_ name: String, short: String? = nil, value: String? = nil, _ help: String) {
        self.name = name
        self.short = short
        self.value = value
        self.help = help
    }
}

/// Flags and operands of one command line, or of the part before the command's name.
struct RuntimeArguments {
    private var values: [String: [String]] = [:]
    private(set) var operands: [String] = []

    /// Reads flags until the first operand when `stopsAtOperand` (what follows is the command's own), otherwise all;
    /// "--" ends the flags.
    init(_ arguments: some Collection<String>, flags: [RuntimeFlag], stopsAtOperand: Bool) throws(Fault) {
        var rest = Array(arguments)[...]
        while let argument = rest.first {
            if argument == "--" {
                rest = rest.dropFirst()
                break
            }
            guard argument.hasPrefix("-"), argument != "-" else {
                if stopsAtOperand { break }
                operands.append(argument)
                rest = rest.dropFirst()
                continue
            }
            rest = rest.dropFirst()
            try read(argument, flags, &rest)
        }
        operands += rest
    }

    private mutating func read(_ argument: String, _ flags: [RuntimeFlag], _ rest: inout ArraySlice<String>)
        throws(Fault)
    {
        let parts = argument.drop { $0 == "-" }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts.first ?? "")
        guard let flag = flags.first(where: { $0.name == name || $0.short == name }) else {
            throw Fault(.invalid, "flag provided but not defined: -\(name)")
        }
        if flag.value == nil {
            let text = parts.count > 1 ? String(parts[1]) : "true"
            guard text == "true" || text == "false" else {
                throw Fault(.invalid, "invalid boolean value \"\(text)\" for -\(name)")
            }
            values[flag.name] = [text]
        } else if parts.count > 1 {
            values[flag.name, default: []].append(String(parts[1]))
        } else {
            guard let next = rest.popFirst() else { throw Fault(.invalid, "flag needs an argument: -\(name)") }
            values[flag.name, default: []].append(next)
        }
    }

    func isOn(_ name: String) -> Bool { values[name]?.last == "true" }
    /// The last value given; nil when none was.
    func text(_ name: String) -> String? { values[name]?.last }
    func all(_ name: String) -> [String] { values[name] ?? [] }

    func number<N: FixedWidthInteger>(_ name: String, _ type: N.Type = N.self) throws(Fault) -> N? {
        guard let text = text(name) else { return nil }
        guard let number = N(text) else { throw Fault(.invalid, "invalid value \"\(text)\" for flag -\(name)") }
        return number
    }

    /// The only operand.
    func container() throws(Fault) -> String {
        guard let id = operands.first, !id.isEmpty else { throw Fault(.invalid, "container id cannot be empty") }
        guard operands.count == 1 else { throw Fault(.invalid, "unexpected argument \"\(operands[1])\"") }
        return id
    }
}
