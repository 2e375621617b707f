// The plan's binary form: a magic, a version byte, then every field in the order of its declaration. Numbers are little
// endian; texts, byte strings and lists carry their length before them. The reader trusts nothing: every length is held
// against a named limit and against what is left.

package enum PlanLimit {
    package static let plan = 16 << 20
    /// The kernel's MAX_ARG_STRLEN.
    package static let text = 128 << 10
    package static let argumentCount = 64 << 10
    package static let entryCount = 4096
    /// BPF_MAXINSNS instructions of 8 bytes.
    package static let seccompBytes = 4096 * 8
    package static let preservedDescriptors: UInt32 = 256
}

package enum PlanError: Error {
    case truncated, notAPlan, wrongVersion, tooLong, badValue, badText, trailingBytes
}

package protocol PlanField {
    func write(to writer: inout PlanWriter)
    init(from reader: inout PlanReader) throws(PlanError)
}

package struct PlanWriter {
    package private(set) var bytes: [UInt8] = []
    package init() {}

    package mutating func put<N: FixedWidthInteger>(_ number: N) {
        var rest = number
        for _ in 0..<(N.bitWidth / 8) {
            bytes.append(UInt8(truncatingIfNeeded: rest))
            rest = N.bitWidth > 8 ? rest >> 8 : 0
        }
    }
    package mutating func put(_ flag: Bool) { bytes.append(flag ? 1 : 0) }
    package mutating func put(_ text: String) {
        put(UInt32(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }
    package mutating func put(bytes more: [UInt8]) {
        put(UInt32(more.count))
        bytes.append(contentsOf: more)
    }
    package mutating func put(_ texts: [String]) {
        put(UInt32(texts.count))
        for text in texts { put(text) }
    }
    package mutating func put(_ text: String?) {
        put(text != nil)
        if let text { put(text) }
    }
    package mutating func put<N: FixedWidthInteger>(_ number: N?) {
        put(number != nil)
        if let number { put(number) }
    }
    package mutating func put<F: PlanField>(_ field: F) { field.write(to: &self) }
    package mutating func put<F: PlanField>(_ field: F?) {
        put(field != nil)
        if let field { field.write(to: &self) }
    }
    package mutating func put<F: PlanField>(_ fields: [F]) {
        put(UInt32(fields.count))
        for field in fields { field.write(to: &self) }
    }
}

package struct PlanReader {
    private let bytes: [UInt8]
    private var offset = 0
    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    package var isAtEnd: Bool { offset == bytes.count }

    package mutating func number<N: FixedWidthInteger>(_ type: N.Type = N.self) throws(PlanError) -> N {
        let size = N.bitWidth / 8
        guard bytes.count - offset >= size else { throw .truncated }
        var value: UInt64 = 0
        for index in 0..<size { value |= UInt64(bytes[offset + index]) << UInt64(8 * index) }
        offset += size
        return N(truncatingIfNeeded: value)
    }
    package mutating func flag() throws(PlanError) -> Bool {
        switch try number(UInt8.self) {
        case 0: return false
        case 1: return true
        default: throw .badValue
        }
    }
    package mutating func count(atMost limit: Int) throws(PlanError) -> Int {
        let count = Int(try number(UInt32.self))
        guard count <= limit else { throw .tooLong }
        guard count <= bytes.count - offset else { throw .truncated }  // an entry takes a byte or more
        return count
    }
    /// Refuses NUL, which would end the text early for the kernel, and what isn't UTF-8.
    package mutating func text() throws(PlanError) -> String {
        let length = try count(atMost: PlanLimit.text)
        let slice = bytes[offset..<(offset + length)]
        offset += length
        for byte in slice where byte == 0 { throw .badText }
        guard let text = String(validating: slice, as: UTF8.self) else { throw .badText }
        return text
    }
    package mutating func byteString(atMost limit: Int) throws(PlanError) -> [UInt8] {
        let length = try count(atMost: limit)
        defer { offset += length }
        return Array(bytes[offset..<(offset + length)])
    }
    package mutating func texts(atMost limit: Int = PlanLimit.argumentCount) throws(PlanError) -> [String] {
        var texts: [String] = []
        for _ in 0..<(try count(atMost: limit)) { texts.append(try text()) }
        return texts
    }
    package mutating func optionalText() throws(PlanError) -> String? { try flag() ? try text() : nil }
    package mutating func optionalNumber<N: FixedWidthInteger>(_ type: N.Type = N.self) throws(PlanError) -> N? {
        try flag() ? try number(N.self) : nil
    }
    package mutating func field<F: PlanField>(_ type: F.Type = F.self) throws(PlanError) -> F { try F(from: &self) }
    package mutating func optionalField<F: PlanField>(_ type: F.Type = F.self) throws(PlanError) -> F? {
        try flag() ? try F(from: &self) : nil
    }
    package mutating func fields<F: PlanField>(
        _ type: F.Type = F.self, atMost limit: Int = PlanLimit.entryCount
    ) throws(PlanError) -> [F] {
        var fields: [F] = []
        for _ in 0..<(try count(atMost: limit)) { fields.append(try F(from: &self)) }
        return fields
    }
    package mutating func choice<E: RawRepresentable>(_ type: E.Type = E.self) throws(PlanError) -> E
    where E.RawValue == UInt8 {
        guard let value = E(rawValue: try number(UInt8.self)) else { throw .badValue }
        return value
    }
}

/// A whole message: what it is and the version of its format come first.
package protocol PlanDocument: PlanField {
    static var magic: UInt32 { get }
}

extension PlanDocument {
    package static var version: UInt8 { 1 }

    package func encoded() -> [UInt8] {
        var writer = PlanWriter()
        writer.put(Self.magic)
        writer.put(Self.version)
        write(to: &writer)
        return writer.bytes
    }

    package init(decoding bytes: [UInt8]) throws(PlanError) {
        guard bytes.count <= PlanLimit.plan else { throw .tooLong }
        var reader = PlanReader(bytes)
        guard try reader.number(UInt32.self) == Self.magic else { throw .notAPlan }
        guard try reader.number(UInt8.self) == Self.version else { throw .wrongVersion }
        try self.init(from: &reader)
        guard reader.isAtEnd else { throw .trailingBytes }
    }
}

extension LaunchPlan: PlanDocument {
    /// "HAKL".
    package static var magic: UInt32 { 0x4C4B_4148 }
}

extension ExecPlan: PlanDocument {
    /// "HAKE".
    package static var magic: UInt32 { 0x454B_4148 }
}
