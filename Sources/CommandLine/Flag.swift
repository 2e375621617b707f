/// One command-line flag as one value: its spelling, its help and what it does to the options it belongs to.
/// Parsing, help pages and completion all read it.
package struct Flag<Options>: Sendable {
    package let name: String
    /// The one-letter form; nil: none.
    package let short: Character?
    /// The kind of value shown in help (`string`, `list`, `int`); nil for a switch, which takes `=false` only.
    package let value: String?
    package let help: String
    /// Text in help's `(default …)`; nil: nothing is shown.
    package let shownDefault: String?
    package let isHidden: Bool
    /// Puts the text into the options. Throws `FlagValueError` for a text that is no such value.
    package let set: @Sendable (inout Options, String) throws -> Void

    package init(
        _ name: String, short: Character? = nil, value: String?, help: String, shownDefault: String? = nil,
        isHidden: Bool = false, set: @escaping @Sendable (inout Options, String) throws -> Void
    ) {
        self.name = name
        self.short = short
        self.value = value
        self.help = help
        self.shownDefault = shownDefault
        self.isHidden = isHidden
        self.set = set
    }

    /// The same flag, whose help page tells another default than its kind's: options begin with it.
    package func showing(_ text: String) -> Flag {
        Flag(name, short: short, value: value, help: help, shownDefault: text, isHidden: isHidden, set: set)
    }

    /// The same flag, left out of help and completion.
    package var hidden: Flag {
        Flag(name, short: short, value: value, help: help, shownDefault: shownDefault, isHidden: true, set: set)
    }

    package var shape: FlagShape {
        FlagShape(name: name, short: short, value: value, help: help, shownDefault: shownDefault, isHidden: isHidden)
    }
}

/// What help and completion need of a flag, whatever options it fills.
package struct FlagShape: Sendable, Equatable {
    package let name: String
    package let short: Character?
    package let value: String?
    package let help: String
    package let shownDefault: String?
    package let isHidden: Bool

    package init(name: String, short: Character?, value: String?, help: String, shownDefault: String?, isHidden: Bool) {
        self.name = name
        self.short = short
        self.value = value
        self.help = help
        self.shownDefault = shownDefault
        self.isHidden = isHidden
    }
}

/// Why a flag's text is no value for it; the parser puts the flag's name in front.
package struct FlagValueError: Error, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}

extension Flag {
    /// A switch: `--name`, `--name=false`.
    package static func toggle(
        _ name: String, short: Character? = nil, _ path: any WritableKeyPath<Options, Bool> & Sendable,
        default initial: Bool = false, hidden: Bool = false, _ help: String
    ) -> Flag {
        Flag(name, short: short, value: nil, help: help, shownDefault: initial ? "true" : nil, isHidden: hidden) {
            $0[keyPath: path] = try GoValue.bool($1)
        }
    }

    /// A switch whose absence differs from `false`.
    package static func optionalToggle(
        _ name: String, short: Character? = nil, _ path: any WritableKeyPath<Options, Bool?> & Sendable, _ help: String
    ) -> Flag {
        Flag(name, short: short, value: nil, help: help) { $0[keyPath: path] = try GoValue.bool($1) }
    }

    package static func text(
        _ name: String, short: Character? = nil, _ path: any WritableKeyPath<Options, String> & Sendable,
        value: String = "string", default shown: String? = nil, hidden: Bool = false, _ help: String
    ) -> Flag {
        Flag(name, short: short, value: value, help: help, shownDefault: shown.map { "\"\($0)\"" }, isHidden: hidden) {
            $0[keyPath: path] = $1
        }
    }

    package static func optionalText(
        _ name: String, short: Character? = nil, _ path: any WritableKeyPath<Options, String?> & Sendable,
        value: String = "string", _ help: String
    ) -> Flag {
        Flag(name, short: short, value: value, help: help) { $0[keyPath: path] = $1 }
    }

    /// A flag that may be given many times, each adding one value. `check` may change or refuse it.
    package static func list(
        _ name: String, short: Character? = nil, _ path: any WritableKeyPath<Options, [String]> & Sendable,
        value: String = "list", default shown: String? = nil, hidden: Bool = false, _ help: String,
        check: (@Sendable (String) throws -> String)? = nil
    ) -> Flag {
        Flag(name, short: short, value: value, help: help, shownDefault: shown, isHidden: hidden) {
            $0[keyPath: path].append(try check?($1) ?? $1)
        }
    }

    /// Comma-separated values, and repeatable.
    package static func commaList(
        _ name: String, _ path: any WritableKeyPath<Options, [String]> & Sendable, _ help: String
    ) -> Flag {
        Flag(name, value: "strings", help: help) {
            $0[keyPath: path] += $1.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
    }

    package static func int(
        _ name: String, short: Character? = nil, _ path: any WritableKeyPath<Options, Int> & Sendable,
        default initial: Int = 0, _ help: String
    ) -> Flag {
        Flag(name, short: short, value: "int", help: help, shownDefault: initial == 0 ? nil : "\(initial)") {
            $0[keyPath: path] = try GoValue.int($1)
        }
    }

    package static func optionalInt(
        _ name: String, short: Character? = nil, _ path: any WritableKeyPath<Options, Int?> & Sendable, _ help: String
    ) -> Flag {
        Flag(name, short: short, value: "int", help: help) { $0[keyPath: path] = try GoValue.int($1) }
    }

    /// A size in bytes such as `64m`; powers of 1024.
    package static func bytes(
        _ name: String, short: Character? = nil, _ path: any WritableKeyPath<Options, Int64> & Sendable,
        unlimitedAllowed: Bool = false, _ help: String
    ) -> Flag {
        Flag(name, short: short, value: "bytes", help: help) {
            if unlimitedAllowed, $1 == "-1" { return $0[keyPath: path] = -1 }
            guard let size = Units.parseBinarySize($1) else { throw FlagValueError("invalid size: '\($1)'") }
            $0[keyPath: path] = size
        }
    }

    /// A span of time such as `1m30s`, kept in nanoseconds.
    package static func duration(
        _ name: String, _ path: any WritableKeyPath<Options, Int64> & Sendable, _ help: String
    ) -> Flag {
        Flag(name, value: "duration", help: help, shownDefault: "0s") {
            guard let span = GoDuration.parse($1) else { throw FlagValueError(GoDuration.complaint(about: $1)) }
            $0[keyPath: path] = span
        }
    }
}

/// Texts to values by Go's rules and with Go's complaints, which users of the original know.
package enum GoValue {
    package static func bool(_ text: String) throws(FlagValueError) -> Bool {
        switch text {
        case "1", "t", "T", "true", "TRUE", "True": return true
        case "0", "f", "F", "false", "FALSE", "False": return false
        default: throw FlagValueError("strconv.ParseBool: parsing \(GoText.quote(text)): invalid syntax")
        }
    }

    /// Decimal, `0x` hexadecimal, `0o` or leading-zero octal, `0b` binary.
    package static func int(_ text: String, function: String = "ParseInt") throws(FlagValueError) -> Int {
        var digits = Substring(text), negative = false
        if let sign = digits.first, sign == "-" || sign == "+" {
            negative = sign == "-"
            digits = digits.dropFirst()
        }
        var radix = 10
        let lowered = digits.lowercased()
        for (prefix, base) in [("0x", 16), ("0o", 8), ("0b", 2)] where lowered.hasPrefix(prefix) {
            radix = base
            digits = digits.dropFirst(2)
        }
        if radix == 10, digits.count > 1, digits.first == "0" { radix = 8 }
        let plain = digits.first == "-" || digits.first == "+" ? nil : Int((negative ? "-" : "") + digits, radix: radix)
        guard let value = plain else {
            let onlyDigits = !digits.isEmpty && digits.allSatisfy(\.isNumber)
            let reason = onlyDigits ? "value out of range" : "invalid syntax"
            throw FlagValueError("strconv.\(function): parsing \(GoText.quote(text)): \(reason)")
        }
        return value
    }
}
