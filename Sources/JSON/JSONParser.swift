/// Why a text isn't JSON, and where: `offset` in bytes from its start.
package struct JSONError: Error, Equatable, CustomStringConvertible {
    package let message: String
    package let offset: Int
    package var description: String { "invalid JSON at byte \(offset): \(message)" }
}

extension JSON {
    /// Nesting that a document may have before it is refused; deeper input is an attack on the stack.
    package static let maximumDepth = 512

    package init(parsing text: String) throws(JSONError) {
        try self.init(parsing: Array(text.utf8))
    }

    package init(parsing bytes: some Collection<UInt8>) throws(JSONError) { try self.init(parsing: Array(bytes)) }

    package init(parsing bytes: [UInt8]) throws(JSONError) {
        self = try bytes.withUnsafeBufferPointer { (input) throws(JSONError) in
            var parser = Parser(input)
            return try parser.document()
        }
    }

    /// A member whose name its object already had.
    package struct Duplicate: Sendable, Hashable {
        /// Where the object is: `spec.containers[0]`; "" for the document itself.
        package let object: String
        package let name: String
        /// How many members of the object were written before this one.
        package let position: Int

        package init(object: String, name: String, position: Int) {
            self.object = object
            self.name = name
            self.position = position
        }

        /// The same seen from the object or list around: `step` is a name or `[3]`.
        package func under(_ step: String) -> Duplicate {
            let joint = object.isEmpty || object.hasPrefix("[") ? "" : "."
            return Duplicate(object: step + joint + object, name: name, position: position)
        }
    }

    /// Duplicates that are told of; of a document with more the first ones are.
    package static let maximumDuplicates = 200

    /// Parses, and tells of each member that replaced an earlier one of the same name.
    package static func parse(_ bytes: [UInt8], duplicates: inout [Duplicate]) throws(JSONError) -> JSON {
        let (value, told) = try bytes.withUnsafeBufferPointer { (input) throws(JSONError) in
            var parser = Parser(input)
            return (try parser.document(), parser.duplicates)
        }
        duplicates = told
        return value
    }

    /// Reads the first value at `offset` and moves `offset` past it: for streams of values without separators.
    package static func next(in bytes: [UInt8], offset: inout Int) throws(JSONError) -> JSON {
        let start = offset
        let (value, end) = try bytes.withUnsafeBufferPointer { (input) throws(JSONError) in
            var parser = Parser(input, at: start)
            return (try parser.value(depth: 0), parser.at)
        }
        offset = end
        return value
    }
}

private struct Parser {
    /// Every read of it is behind a comparison of `at` with its count.
    let input: UnsafeBufferPointer<UInt8>
    var at = 0
    /// With paths from the value that is being read.
    var duplicates: [JSON.Duplicate] = []

    init(_ input: UnsafeBufferPointer<UInt8>, at: Int = 0) {
        self.input = input
        self.at = at
    }

    func fail(_ message: String) -> JSONError { JSONError(message: message, offset: at) }

    mutating func document() throws(JSONError) -> JSON {
        let result = try value(depth: 0)
        skipSpace()
        guard at == input.count else { throw fail("text after the end of the value") }
        return result
    }

    mutating func skipSpace() {
        while at < input.count, input[at] == 0x20 || input[at] == 0x0A || input[at] == 0x0D || input[at] == 0x09 {
            at += 1
        }
    }

    mutating func value(depth: Int) throws(JSONError) -> JSON {
        guard depth < JSON.maximumDepth else { throw fail("nested deeper than \(JSON.maximumDepth) levels") }
        skipSpace()
        guard at < input.count else { throw fail("unexpected end of input") }
        switch input[at] {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    mutating func word(_ text: StaticString, _ value: JSON) throws(JSONError) -> JSON {
        let length = text.utf8CodeUnitCount
        guard at + length <= input.count,
            (0..<length).allSatisfy({ input[at + $0] == text.utf8Start[$0] })
        else { throw fail("unknown word") }
        at += length
        return value
    }

    mutating func object(depth: Int) throws(JSONError) -> JSON {
        at += 1
        var members = JSONObject()
        var written = 0
        skipSpace()
        if at < input.count, input[at] == UInt8(ascii: "}") {
            at += 1
            return .object(members)
        }
        while true {
            skipSpace()
            guard at < input.count, input[at] == UInt8(ascii: "\"") else { throw fail("expected a member name") }
            let key = try string()
            skipSpace()
            guard at < input.count, input[at] == UInt8(ascii: ":") else { throw fail("expected ':'") }
            at += 1
            let (told, names) = (duplicates.count, members.count)
            let value = try value(depth: depth + 1)
            if duplicates.count > told { move(from: told, under: key) }
            members[key] = value
            if members.count == names, duplicates.count < JSON.maximumDuplicates {
                duplicates.append(JSON.Duplicate(object: "", name: key, position: written))
            }
            written += 1
            skipSpace()
            guard at < input.count else { throw fail("unexpected end of input in an object") }
            at += 1
            switch input[at - 1] {
            case UInt8(ascii: ","): continue
            case UInt8(ascii: "}"): return .object(members)
            default: throw fail("expected ',' or '}'")
            }
        }
    }

    mutating func move(from first: Int, under step: String) {
        for at in first..<duplicates.count { duplicates[at] = duplicates[at].under(step) }
    }

    mutating func array(depth: Int) throws(JSONError) -> JSON {
        at += 1
        var elements: [JSON] = []
        skipSpace()
        if at < input.count, input[at] == UInt8(ascii: "]") {
            at += 1
            return .array(elements)
        }
        while true {
            let told = duplicates.count
            elements.append(try value(depth: depth + 1))
            if duplicates.count > told { move(from: told, under: "[\(elements.count - 1)]") }
            skipSpace()
            guard at < input.count else { throw fail("unexpected end of input in an array") }
            at += 1
            switch input[at - 1] {
            case UInt8(ascii: ","): continue
            case UInt8(ascii: "]"): return .array(elements)
            default: throw fail("expected ',' or ']'")
            }
        }
    }

    mutating func number() throws(JSONError) -> JSON {
        let start = at
        if at < input.count, input[at] == UInt8(ascii: "-") { at += 1 }
        let firstDigit = at
        digits()
        guard at > firstDigit else { throw fail("expected a value") }
        if input[firstDigit] == UInt8(ascii: "0"), at > firstDigit + 1 { throw fail("a number starts with 0") }
        var isInteger = true
        if at < input.count, input[at] == UInt8(ascii: ".") {
            isInteger = false
            at += 1
            let fraction = at
            digits()
            guard at > fraction else { throw fail("no digit after '.'") }
        }
        if at < input.count, input[at] | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            at += 1
            if at < input.count, input[at] == UInt8(ascii: "+") || input[at] == UInt8(ascii: "-") { at += 1 }
            let exponent = at
            digits()
            guard at > exponent else { throw fail("no digit in the exponent") }
        }
        if isInteger, at - firstDigit <= Self.safeDigits {
            let size = input[firstDigit..<at].reduce(Int64(0)) { $0 * 10 + Int64($1 - 0x30) }
            return .int(firstDigit > start ? -size : size)
        }
        let text = text(start, at)
        if isInteger, let value = Int64(text) { return .int(value) }
        return .number(text)
    }

    /// Digits that an `Int64` holds whatever they are.
    private static let safeDigits = 18

    private func text(_ from: Int, _ to: Int) -> String {
        String(decoding: UnsafeBufferPointer(rebasing: input[from..<to]), as: UTF8.self)
    }

    mutating func digits() {
        while at < input.count, input[at] &- 0x30 < 10 { at += 1 }
    }

    mutating func string() throws(JSONError) -> String {
        at += 1
        let start = at
        skipPlain()
        while at < input.count, input[at] != UInt8(ascii: "\""), input[at] != UInt8(ascii: "\\"), input[at] >= 0x20 {
            at += 1
        }
        guard at < input.count else { throw fail("unterminated string") }
        if input[at] == UInt8(ascii: "\"") {
            at += 1
            return text(start, at - 1)
        }
        var bytes = Array(input[start..<at])
        while at < input.count {
            let byte = input[at]
            switch byte {
            case UInt8(ascii: "\""):
                at += 1
                return String(decoding: bytes, as: UTF8.self)
            case UInt8(ascii: "\\"):
                try escape(into: &bytes)
            case 0..<0x20: throw fail("control character in a string")
            default:
                bytes.append(byte)
                at += 1
            }
        }
        throw fail("unterminated string")
    }

    /// Moves on, eight bytes at a time, to near the first one that ends a string or isn't for itself in it.
    private mutating func skipPlain() {
        guard let base = UnsafeRawPointer(input.baseAddress) else { return }
        let (ones, highs): (UInt64, UInt64) = (0x0101_0101_0101_0101, 0x8080_8080_8080_8080)
        while at + 8 <= input.count {
            let word = base.loadUnaligned(fromByteOffset: at, as: UInt64.self)
            let quotes = word ^ ones &* 0x22
            let slashes = word ^ ones &* 0x5C
            // A byte's high bit stays where the byte was below what is taken from it, and not above 127.
            let marks = (quotes &- ones) & ~quotes | (slashes &- ones) & ~slashes | (word &- ones &* 0x20) & ~word
            if marks & highs != 0 { return }
            at += 8
        }
    }

    mutating func escape(into bytes: inout [UInt8]) throws(JSONError) {
        guard at + 1 < input.count else { throw fail("unterminated string") }
        at += 2
        switch input[at - 1] {
        case UInt8(ascii: "\""): bytes.append(UInt8(ascii: "\""))
        case UInt8(ascii: "\\"): bytes.append(UInt8(ascii: "\\"))
        case UInt8(ascii: "/"): bytes.append(UInt8(ascii: "/"))
        case UInt8(ascii: "b"): bytes.append(0x08)
        case UInt8(ascii: "f"): bytes.append(0x0C)
        case UInt8(ascii: "n"): bytes.append(0x0A)
        case UInt8(ascii: "r"): bytes.append(0x0D)
        case UInt8(ascii: "t"): bytes.append(0x09)
        case UInt8(ascii: "u"):
            let scalar = try unicodeEscape()
            bytes.append(contentsOf: Array(String(Character(scalar)).utf8))
        default: throw fail("unknown escape")
        }
    }

    /// A lone surrogate becomes U+FFFD, as Go's decoder does.
    mutating func unicodeEscape() throws(JSONError) -> Unicode.Scalar {
        let replacement: Unicode.Scalar = "\u{FFFD}"
        let high = try hexUnit()
        guard (0xD800..<0xDC00).contains(high) else { return Unicode.Scalar(high) ?? replacement }
        guard at + 1 < input.count, input[at] == UInt8(ascii: "\\"), input[at + 1] == UInt8(ascii: "u") else {
            return replacement
        }
        let mark = at
        at += 2
        let low = try hexUnit()
        guard (0xDC00..<0xE000).contains(low) else {
            at = mark
            return replacement
        }
        return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)) ?? replacement
    }

    mutating func hexUnit() throws(JSONError) -> UInt32 {
        guard at + 4 <= input.count else { throw fail("unterminated \\u escape") }
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(input[at])).hexDigitValue else { throw fail("bad \\u escape") }
            value = value << 4 | UInt32(digit)
            at += 1
        }
        return value
    }
}
