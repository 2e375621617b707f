/// Base64 as Go's decoder takes it: the standard alphabet with padding, line ends skipped.
enum GoBase64 {
    struct Fault: Error, Equatable, CustomStringConvertible {
        /// In bytes from the start of the text.
        let offset: Int
        var description: String { "illegal base64 data at input byte \(offset)" }
    }

    static func decode(_ text: String) throws(Fault) -> [UInt8] {
        let input = Array(text.utf8)
        var out: [UInt8] = []
        out.reserveCapacity(input.count / 4 * 3)
        var at = 0
        var group: UInt32 = 0
        var count = 0
        while at < input.count {
            let byte = input[at]
            at += 1
            if byte == 0x0A || byte == 0x0D { continue }
            if byte == UInt8(ascii: "=") {
                try padding(input, &at, digits: count)
                group <<= UInt32(6 * (4 - count))
                out.append(UInt8(truncatingIfNeeded: group >> 16))
                if count == 3 { out.append(UInt8(truncatingIfNeeded: group >> 8)) }
                return out
            }
            guard let digit = value(byte) else { throw Fault(offset: at - 1) }
            group = group << 6 | digit
            count += 1
            if count == 4 {
                out.append(UInt8(truncatingIfNeeded: group >> 16))
                out.append(UInt8(truncatingIfNeeded: group >> 8))
                out.append(UInt8(truncatingIfNeeded: group))
                (group, count) = (0, 0)
            }
        }
        // A text may not end inside a group: the fault is told at the group's start.
        guard count == 0 else { throw Fault(offset: at - count) }
        return out
    }

    /// What follows the first `=`: a second one after two digits, then nothing.
    private static func padding(_ input: [UInt8], _ at: inout Int, digits: Int) throws(Fault) {
        func skipLineEnds() { while at < input.count, input[at] == 0x0A || input[at] == 0x0D { at += 1 } }
        guard digits >= 2 else { throw Fault(offset: at - 1) }
        if digits == 2 {
            skipLineEnds()
            guard at < input.count else { throw Fault(offset: input.count) }
            guard input[at] == UInt8(ascii: "=") else { throw Fault(offset: at) }
            at += 1
        }
        skipLineEnds()
        guard at == input.count else { throw Fault(offset: at) }
    }

    private static func value(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte) - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte) - 71
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte) + 4
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
