/// A message's bytes: tags, and what follows them. Never reads past its end.
struct ProtobufReader {
    private let bytes: UnsafeRawBufferPointer
    private var at = 0

    /// Groups inside groups, which nobody writes any more, that are skipped.
    private static let maximumGroupDepth = 32

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { at == bytes.count }

    enum Wire: Int { case varint = 0, fixed64, bytes, startGroup, endGroup, fixed32 }

    /// The next field's number and wire type; nil at the end.
    mutating func tag() throws(KubeProtobuf.Fault) -> (number: Int, wire: Wire)? {
        if isAtEnd { return nil }
        let tag = try varint()
        let number = Int32(truncatingIfNeeded: tag >> 3)
        guard number > 0, let wire = Wire(rawValue: Int(tag & 7)) else {
            throw KubeProtobuf.Fault(description: "proto: illegal tag \(number) (wire type \(tag))")
        }
        return (Int(number), wire)
    }

    mutating func varint() throws(KubeProtobuf.Fault) -> UInt64 {
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

    mutating func fixed64() throws(KubeProtobuf.Fault) -> UInt64 {
        guard bytes.count - at >= 8 else { throw .unexpectedEnd }
        defer { at += 8 }
        return (0..<8).reduce(0) { $0 | UInt64(bytes[at + $1]) << UInt64(8 * $1) }
    }

    private mutating func run() throws(KubeProtobuf.Fault) -> UnsafeRawBufferPointer {
        let count = try varint()
        guard count <= UInt64(Int.max) else { throw .negativeLength }
        guard count <= UInt64(bytes.count - at) else { throw .unexpectedEnd }
        defer { at += Int(count) }
        return UnsafeRawBufferPointer(rebasing: bytes[at..<(at + Int(count))])
    }

    /// - Parameter field: for the sentence of a wrong wire type.
    func expect(_ wire: Wire, _ wanted: Wire, _ field: String) throws(KubeProtobuf.Fault) {
        if wire == wanted { return }
        let name = field.prefix(1).uppercased() + field.dropFirst()
        throw KubeProtobuf.Fault(description: "proto: wrong wireType = \(wire.rawValue) for field \(name)")
    }

    mutating func nested(_ wire: Wire, _ field: String) throws(KubeProtobuf.Fault) -> ProtobufReader {
        try expect(wire, .bytes, field)
        return ProtobufReader(try run())
    }

    mutating func byteArray(_ wire: Wire, _ field: String) throws(KubeProtobuf.Fault) -> [UInt8] {
        try expect(wire, .bytes, field)
        return Array(try run())
    }

    mutating func string(_ wire: Wire, _ field: String) throws(KubeProtobuf.Fault) -> String {
        try expect(wire, .bytes, field)
        return String(decoding: try run(), as: UTF8.self)
    }

    /// Passes over a field that nobody asked for.
    mutating func skip(_ wire: Wire) throws(KubeProtobuf.Fault) {
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
                    throw KubeProtobuf.Fault(description: "proto: groups nested too deeply")
                }
            case .endGroup:
                guard open > 0 else { throw KubeProtobuf.Fault(description: "proto: unexpected end of group") }
                open -= 1
            }
            if open == 0 { return }
            guard let next = try tag() else { throw .unexpectedEnd }
            wire = next.wire
        }
    }
}
