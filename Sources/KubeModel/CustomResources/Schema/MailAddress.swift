/// `net/mail.ParseAddress` as far as it decides whether a text is an address: `a@b`, `<a@b>`, `Name <a@b>`, comments
/// in parentheses left out. Quoted and encoded local parts are read, domain literals (`[127.0.0.1]`) too.
enum MailAddress {
    static func isValid(_ text: String) -> Bool {
        var reader = Reader(bytes: Array(text.utf8))
        return reader.address()
    }

    private struct Reader {
        let bytes: [UInt8]
        var at = 0

        var next: UInt8? { at < bytes.count ? bytes[at] : nil }

        mutating func skipSpace() {
            while let byte = next, byte == 0x20 || byte == 0x09 { at += 1 }
        }

        mutating func consume(_ character: Unicode.Scalar) -> Bool {
            guard next == UInt8(ascii: character) else { return false }
            at += 1
            return true
        }

        mutating func address() -> Bool {
            skipSpace()
            let start = at
            if specification() {
                skipSpace()
                if at == bytes.count { return true }
            }
            at = start
            if next != UInt8(ascii: "<") { guard phrase() else { return false } }
            skipSpace()
            guard consume("<"), specification(), consume(">") else { return false }
            skipSpace()
            return at == bytes.count
        }

        /// local@domain
        private mutating func specification() -> Bool {
            if next == UInt8(ascii: "\"") {
                guard quoted() else { return false }
            } else {
                guard dotAtom() else { return false }
            }
            guard consume("@") else { return false }
            skipSpace()
            if consume("[") {
                let literal = bytes[at...].prefix { $0 != UInt8(ascii: "]") }
                at += literal.count
                return consume("]")
                    && SchemaFormats.isStrictAddress(Substring(String(decoding: literal, as: UTF8.self)))
            }
            return dotAtom()
        }

        private mutating func dotAtom() -> Bool {
            let start = at
            while let byte = next, Self.isAtom(byte) || byte == UInt8(ascii: ".") { at += 1 }
            let atom = bytes[start..<at]
            guard let first = atom.first, let last = atom.last else { return false }
            let dot = UInt8(ascii: ".")
            return first != dot && last != dot && !zip(atom, atom.dropFirst()).contains { $0 == dot && $1 == dot }
        }

        private mutating func quoted() -> Bool {
            at += 1
            let start = at
            while let byte = next {
                at += 1
                if byte == UInt8(ascii: "\"") { return at - start > 1 }
                if byte == UInt8(ascii: "\\") { at += 1 } else if byte < 0x20 && byte != 0x09 { return false }
            }
            return false
        }

        private mutating func phrase() -> Bool {
            var words = 0
            while true {
                skipSpace()
                if next == UInt8(ascii: "\"") {
                    guard quoted() else { return false }
                } else {
                    let start = at
                    while let byte = next, Self.isAtom(byte) || byte == UInt8(ascii: ".") { at += 1 }
                    if at == start { return words > 0 }
                }
                words += 1
            }
        }

        private static func isAtom(_ byte: UInt8) -> Bool {
            byte >= 0x80 || (byte > 0x20 && byte < 0x7F && !"()<>[]:;@\\,.\"".utf8.contains(byte))
        }
    }
}
