/// Finds what Go's decoder says of a text that is no JSON. Run only after parsing has failed.
package struct GoSyntaxError {
    private enum Place { case key, colon, value, commaOrObjectEnd, commaOrListEnd }

    private let input: [UInt8]
    private var at = 0

    /// The sentence; nil when the text is JSON by Go's rules.
    package static func describe(_ input: [UInt8]) -> String? {
        var reader = GoSyntaxError(input: input)
        return reader.document()
    }

    private init(input: [UInt8]) { self.input = input }

    private static let end = "unexpected end of JSON input"
    /// Levels that Go's decoder follows.
    private static let maximumDepth = 10_000

    private func bad(_ context: String) -> String {
        guard at < input.count else { return GoSyntaxError.end }
        return "invalid character \(GoSyntaxError.quoted(input[at])) \(context)"
    }

    /// A byte as Go quotes it in these messages.
    private static func quoted(_ byte: UInt8) -> String {
        switch byte {
        case UInt8(ascii: "'"): "'\\''"
        case UInt8(ascii: "\""): "'\"'"
        case UInt8(ascii: "\\"): "'\\\\'"
        default: "'\(GoText.quoted(String(Unicode.Scalar(byte))).dropFirst().dropLast())'"
        }
    }

    private mutating func skipSpace() {
        while at < input.count, [0x20, 0x09, 0x0A, 0x0D].contains(input[at]) { at += 1 }
    }

    private mutating func document() -> String? {
        var open: [UInt8] = []
        var place = Place.value
        var isListStart = false
        while true {
            skipSpace()
            guard at < input.count else { return GoSyntaxError.end }
            let byte = input[at]
            switch place {
            case .value:
                if isListStart, byte == UInt8(ascii: "]") {
                    isListStart = false
                    at += 1
                    open.removeLast()
                    break
                }
                isListStart = false
                if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
                    at += 1
                    open.append(byte)
                    guard open.count <= GoSyntaxError.maximumDepth else { return "exceeded max depth" }
                    guard byte == UInt8(ascii: "{") else {
                        isListStart = true
                        continue
                    }
                    skipSpace()
                    guard at < input.count, input[at] == UInt8(ascii: "}") else {
                        place = .key
                        continue
                    }
                    at += 1
                    open.removeLast()
                } else if let fault = scalar() {
                    return fault
                }
            case .key:
                guard byte == UInt8(ascii: "\"") else { return bad("looking for beginning of object key string") }
                if let fault = string() { return fault }
                place = .colon
                continue
            case .colon:
                guard byte == UInt8(ascii: ":") else { return bad("after object key") }
                at += 1
                place = .value
                continue
            case .commaOrObjectEnd, .commaOrListEnd:
                let isObject = place == .commaOrObjectEnd
                at += 1
                if byte == UInt8(ascii: ",") {
                    place = isObject ? .key : .value
                    continue
                }
                guard byte == UInt8(ascii: isObject ? "}" : "]") else {
                    at -= 1
                    return bad(isObject ? "after object key:value pair" : "after array element")
                }
                open.removeLast()
            }
            guard let last = open.last else { break }
            place = last == UInt8(ascii: "{") ? .commaOrObjectEnd : .commaOrListEnd
        }
        skipSpace()
        return at < input.count ? bad("after top-level value") : nil
    }

    private mutating func scalar() -> String? {
        switch input[at] {
        case UInt8(ascii: "\""): return string()
        case UInt8(ascii: "t"): return word("true")
        case UInt8(ascii: "f"): return word("false")
        case UInt8(ascii: "n"): return word("null")
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return number()
        default: return bad("looking for beginning of value")
        }
    }

    private mutating func word(_ text: String) -> String? {
        for (place, byte) in text.utf8.enumerated() {
            guard at < input.count, input[at] == byte else {
                let expected = GoSyntaxError.quoted(byte)
                return at < input.count && place > 0 ? bad("in literal \(text) (expecting \(expected))") : bad("")
            }
            at += 1
        }
        return nil
    }

    private mutating func digits() -> Bool {
        let start = at
        while at < input.count, input[at] &- 0x30 < 10 { at += 1 }
        return at > start
    }

    private mutating func number() -> String? {
        if input[at] == UInt8(ascii: "-") { at += 1 }
        if at < input.count, input[at] == UInt8(ascii: "0") {
            at += 1
        } else if !digits() {
            return bad("in numeric literal")
        }
        if at < input.count, input[at] == UInt8(ascii: ".") {
            at += 1
            if !digits() { return bad("after decimal point in numeric literal") }
        }
        if at < input.count, input[at] | 0x20 == UInt8(ascii: "e") {
            at += 1
            if at < input.count, input[at] == UInt8(ascii: "+") || input[at] == UInt8(ascii: "-") { at += 1 }
            if !digits() { return bad("in exponent of numeric literal") }
        }
        return nil
    }

    private mutating func string() -> String? {
        at += 1
        while at < input.count {
            switch input[at] {
            case UInt8(ascii: "\""):
                at += 1
                return nil
            case UInt8(ascii: "\\"):
                at += 1
                guard at < input.count else { return GoSyntaxError.end }
                guard "\"\\/bfnrtu".utf8.contains(input[at]) else { return bad("in string escape code") }
                let isUnicode = input[at] == UInt8(ascii: "u")
                at += 1
                for _ in 0..<(isUnicode ? 4 : 0) {
                    guard at < input.count, Character(Unicode.Scalar(input[at])).isHexDigit else {
                        return bad("in \\u hexadecimal character escape")
                    }
                    at += 1
                }
            case 0..<0x20: return bad("in string literal")
            default: at += 1
            }
        }
        return GoSyntaxError.end
    }
}
