/// A message's bytes: tags, and what follows them. Never reads past its end.
package struct ProtobufReader {
    @usableFromInline let bytes: UnsafeRawBufferPointer
    @usableFromInline var at = 0

    /// Groups inside groups, which nobody writes any more, that are skipped.
    @usableFromInline static let maximumGroupDepth = 32

    @inlinable package init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    @inlinable package var isAtEnd: Bool { at == bytes.count }

    package enum Wire: Int { case varint = 0, fixed64, bytes, startGroup, endGroup, fixed32 }

    /// The next field's number and wire type; nil at the end.
    @inlinable package mutating func tag() throws(ProtobufFault) -> (number: Int, wire: Wire)? {
        if isAtEnd { return nil }
        let tag = try varint()
        let number = Int32(truncatingIfNeeded: tag >> 3)
        guard number > 0, let wire = Wire(rawValue: Int(tag & 7)) else {
            throw ProtobufFault(description: "proto: illegal tag \(number) (wire type \(tag))")
        }
        return (Int(number), wire)
    }

    @inlinable package mutating func varint() throws(ProtobufFault) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard at < bytes.count else { throw .unexpectedEnd }
            let byte = bytes[at]
            at += 1
            value |= UInt64(byte & 127) << shift
            if byte < 128 { return value }
        }
        throw .overflow
    }

    @inlinable package mutating func fixed64() throws(ProtobufFault) -> UInt64 {
        guard bytes.count - at >= 8 else { throw .unexpectedEnd }
        defer { at += 8 }
        return (0..<8).reduce(0) { $0 | UInt64(bytes[at + $1]) << UInt64(8 * $1) }
    }

    @inlinable package mutating func run() throws(ProtobufFault) -> UnsafeRawBufferPointer {
        let count = try varint()
        guard count <= UInt64(Int.max) else { throw .negativeLength }
        guard count <= UInt64(bytes.count - at) else { throw .unexpectedEnd }
        defer { at += Int(count) }
        return UnsafeRawBufferPointer(rebasing: bytes[at..<(at + Int(count))])
    }

    /// - Parameter field: for the sentence of a wrong wire type.
    @inlinable package func expect(_ wire: Wire, _ wanted: Wire, _ field: String) throws(ProtobufFault) {
        if wire == wanted { return }
        let name = field.prefix(1).uppercased() + field.dropFirst()
        throw ProtobufFault(description: "proto: wrong wireType = \(wire.rawValue) for field \(name)")
    }

    @inlinable package mutating func nested(_ wire: Wire, _ field: String) throws(ProtobufFault) -> ProtobufReader {
        try expect(wire, .bytes, field)
        return ProtobufReader(try run())
    }

    @inlinable package mutating func byteArray(_ wire: Wire, _ field: String) throws(ProtobufFault) -> [UInt8] {
        try expect(wire, .bytes, field)
        return Array(try run())
    }

    @inlinable package mutating func string(_ wire: Wire, _ field: String) throws(ProtobufFault) -> String {
        try expect(wire, .bytes, field)
        return String(decoding: try run(), as: UTF8.self)
    }

    /// Passes over a field that nobody asked for.
    @inlinable package mutating func skip(_ wire: Wire) throws(ProtobufFault) {
        var open = 0
        var wire = wire
        while true {
            switch wire {
            case .varint: _ = try varint()
            case .fixed64: _ = try fixed64()
            case .bytes: _ = try run()
            case .fixed32:
                guard bytes.count - at >= 4 else { throw .unexpectedEnd }
                at += 4
            case .startGroup:
                open += 1
                guard open <= ProtobufReader.maximumGroupDepth else {
                    throw ProtobufFault(description: "proto: groups nested too deeply")
                }
            case .endGroup:
                guard open > 0 else { throw ProtobufFault(description: "proto: unexpected end of group") }
                open -= 1
            }
            if open == 0 { return }
            guard let next = try tag() else { throw .unexpectedEnd }
            wire = next.wire
        }
    }
}
