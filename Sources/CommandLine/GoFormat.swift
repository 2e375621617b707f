import JSON

/// Go's `fmt` for the values of templates.
package enum GoFormat {
    /// `fmt.Sprint`: a space between two operands neither of which is a text.
    package static func print(_ values: [TemplateValue]) -> String {
        var out = ""
        var previousIsText = true
        for (position, value) in values.enumerated() {
            let isText: Bool
            if case .json(.string) = value { isText = true } else { isText = false }
            if position > 0, !isText, !previousIsText { out += " " }
            out += value.printed
            previousIsText = isText
        }
        return out
    }

    /// `fmt.Sprintf`.
    package static func format(_ format: String, _ values: [TemplateValue]) -> String {
        var out = ""
        var rest = Substring(format)
        var next = 0
        while let character = rest.popFirst() {
            guard character == "%" else {
                out.append(character)
                continue
            }
            if rest.first == "%" {
                rest.removeFirst()
                out += "%"
                continue
            }
            var verb = Verb()
            verb.read(&rest) {
                defer { next += 1 }
                return next < values.count ? values[next].asJSON.int : nil
            }
            guard let letter = verb.letter else {
                out += "%!(NOVERB)"
                continue
            }
            guard next < values.count else {
                out += "%!\(letter)(MISSING)"
                continue
            }
            out += verb.render(values[next])
            next += 1
        }
        if next < values.count {
            let extra = values[next...].map { "\($0.typeName)=\($0.printed)" }.joined(separator: ", ")
            out += "%!(EXTRA \(extra))"
        }
        return out
    }

    /// Columns that a format may ask for; more is a mistake or an attack on memory.
    private static let maximumWidth = 1_000_000

    private struct Verb {
        var left = false, plus = false, zero = false, space = false, sharp = false
        var width: Int?, precision: Int?
        var letter: Character?

        mutating func read(_ rest: inout Substring, star: () -> Int?) {
            flags: while let flag = rest.first {
                switch flag {
                case "-": left = true
                case "+": plus = true
                case "0": zero = true
                case " ": space = true
                case "#": sharp = true
                default: break flags
                }
                rest.removeFirst()
            }
            width = number(&rest, star)
            if rest.first == "." {
                rest.removeFirst()
                precision = number(&rest, star) ?? 0
            }
            letter = rest.popFirst()
        }

        private func number(_ rest: inout Substring, _ star: () -> Int?) -> Int? {
            if rest.first == "*" {
                rest.removeFirst()
                return star().map { min($0, maximumWidth) }
            }
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            return Int(digits).map { min($0, maximumWidth) }
        }

        func render(_ value: TemplateValue) -> String {
            let json = value.asJSON
            switch letter {
            case "v": return padded(sharp ? goSyntax(value) : plainValue(value))
            case "s": return padded(cut(json.string ?? wrongUnlessText(value)))
            case "q":
                guard let text = json.string else { return padded(wrongType(value)) }
                return padded(GoText.quote(cut(text)))
            case "d", "x", "X", "o", "b", "c", "U": return integer(value, json)
            case "t":
                guard let flag = json.bool else { return padded(wrongType(value)) }
                return padded(flag ? "true" : "false")
            case "f", "F", "e", "g", "E", "G": return floating(value, json)
            case "T": return padded(value.typeName)
            default: return padded(wrongType(value))
            }
        }

        private func plainValue(_ value: TemplateValue) -> String {
            let text = value.printed
            return value.asJSON.string == nil ? text : cut(text)
        }

        private func goSyntax(_ value: TemplateValue) -> String {
            value.asJSON.string.map(GoText.quote) ?? value.printed
        }

        private func wrongUnlessText(_ value: TemplateValue) -> String {
            switch value.asJSON {
            case .array, .object: value.printed
            case .null: "%!s(<nil>)"
            default: wrongType(value)
            }
        }

        private func wrongType(_ value: TemplateValue) -> String {
            "%!\(letter.map(String.init) ?? "")(\(value.typeName)=\(value.printed))"
        }

        private func cut(_ text: String) -> String { precision.map { String(text.prefix($0)) } ?? text }

        private func integer(_ value: TemplateValue, _ json: JSON) -> String {
            if let text = json.string {
                guard letter == "x" || letter == "X" else { return padded(wrongType(value)) }
                let hexadecimal = text.utf8.map { GoText.hex(UInt32($0), digits: 2) }.joined()
                return padded(letter == "X" ? hexadecimal.uppercased() : hexadecimal)
            }
            guard case .int(let number) = json else { return padded(wrongType(value)) }
            var digits: String
            switch letter {
            case "x": digits = (sharp ? "0x" : "") + String(number.magnitude, radix: 16)
            case "X": digits = (sharp ? "0X" : "") + String(number.magnitude, radix: 16, uppercase: true)
            case "o": digits = String(number.magnitude, radix: 8)
            case "b": digits = String(number.magnitude, radix: 2)
            case "c":
                return padded(
                    UInt32(exactly: number).flatMap(Unicode.Scalar.init).map { String(Character($0)) } ?? "\u{FFFD}")
            case "U": return padded("U+" + GoText.hex(UInt32(truncatingIfNeeded: number), digits: 4).uppercased())
            default: digits = String(number.magnitude)
            }
            let sign = number < 0 ? "-" : plus ? "+" : space ? " " : ""
            if let precision, digits.count < precision {
                digits = String(repeating: "0", count: precision - digits.count) + digits
            }
            if zero, !left, precision == nil, let width, digits.count + sign.count < width {
                digits = String(repeating: "0", count: width - digits.count - sign.count) + digits
            }
            return padded(sign + digits)
        }

        private func floating(_ value: TemplateValue, _ json: JSON) -> String {
            guard case .number = json, let number = json.double, let letter else { return padded(wrongType(value)) }
            if letter == "g", precision == nil { return padded(GoText.float(number)) }
            let flags = (plus ? "+" : "") + (zero && !left ? "0" : "") + (space ? " " : "")
            let size = zero && !left ? width.map { "\(min($0, 300))" } ?? "" : ""
            return padded(GoText.number("%\(flags)\(size).\(min(precision ?? 6, 60))\(letter)", number))
        }

        private func padded(_ text: String) -> String {
            guard let width, text.count < width else { return text }
            let fill = String(repeating: " ", count: width - text.count)
            return left ? text + fill : fill + text
        }
    }
}
