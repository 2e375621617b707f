import JSON

/// The file's primitives: bytes, integers, texts. Every read is checked, so that a damaged file is an error.
struct SchemaFileReader {
    let bytes: UnsafeRawBufferPointer
    private(set) var at = 0
    private var strings: [String] = []
    /// Defaults by the place of their text: there are 20 of them, used a thousand times.
    private var values: [Int: JSON] = [:]

    init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    func damage(_ what: String) -> SchemaFile.Damage { SchemaFile.Damage(what: what, offset: at) }

    /// The mark and the strings.
    mutating func head() throws(SchemaFile.Damage) {
        for mark in [0x48, 0x4B, 0x53, 0x01] as [UInt8] where try byte() != mark { throw damage("not a schema file") }
        let count = try count()
        var lengths: [Int] = []
        lengths.reserveCapacity(count)
        for _ in 0..<count { lengths.append(try number()) }
        strings.reserveCapacity(count)
        for length in lengths {
            guard length <= bytes.count - at else { throw damage("a text beyond the end") }
            strings.append(String(decoding: UnsafeRawBufferPointer(rebasing: bytes[at..<(at + length)]), as: UTF8.self))
            at += length
        }
    }

    mutating func byte() throws(SchemaFile.Damage) -> UInt8 {
        guard at < bytes.count else { throw damage("the end") }
        at += 1
        return bytes[at - 1]
    }

    mutating func number() throws(SchemaFile.Damage) -> Int {
        var value = 0
        var shift = 0
        while true {
            let byte = try byte()
            value |= Int(byte & 127) << shift
            if byte < 128 { return value }
            shift += 7
            guard shift < 56 else { throw damage("an integer of more than eight bytes") }
        }
    }

    /// A number of things that each take a byte at least.
    mutating func count() throws(SchemaFile.Damage) -> Int { try count(upTo: bytes.count - at) }

    mutating func count(upTo limit: Int) throws(SchemaFile.Damage) -> Int {
        let value = try number()
        guard value <= limit else { throw damage("\(value) where at most \(limit) can be") }
        return value
    }

    mutating func count(below limit: Int) throws(SchemaFile.Damage) -> Int { try count(upTo: limit - 1) }

    mutating func text() throws(SchemaFile.Damage) -> String { strings[try count(below: strings.count)] }

    mutating func texts() throws(SchemaFile.Damage) -> [String] {
        var list: [String] = []
        for _ in 0..<(try count()) { list.append(try text()) }
        return list
    }

    /// A text that is JSON.
    mutating func value() throws(SchemaFile.Damage) -> JSON {
        let place = try count(below: strings.count)
        if let known = values[place] { return known }
        guard let value = try? JSON(parsing: strings[place]) else { throw damage("a default that is no JSON") }
        values[place] = value
        return value
    }
}
