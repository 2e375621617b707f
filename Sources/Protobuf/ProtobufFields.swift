/// A message whose fields are asked for by number: for messages that are read once, in no hurry. Of a field that
/// comes several times the last value counts, as protobuf has it.
package struct ProtobufFields: Sendable {
    package enum Value: Sendable, Equatable {
        case number(UInt64)
        case bytes([UInt8])
    }

    private var values: [Int: [Value]] = [:]

    package init() {}

    package init(_ bytes: some Collection<UInt8>) throws(ProtobufFault) {
        let whole = Array(bytes)
        let found = whole.withUnsafeBytes { bytes -> Result<[Int: [Value]], ProtobufFault> in
            do throws(ProtobufFault) { return .success(try Self.read(bytes)) } catch { return .failure(error) }
        }
        values = try found.get()
    }

    private static func read(_ bytes: UnsafeRawBufferPointer) throws(ProtobufFault) -> [Int: [Value]] {
        var values: [Int: [Value]] = [:]
        var reader = ProtobufReader(bytes)
        while let (number, wire) = try reader.tag() {
            switch wire {
            case .varint: values[number, default: []].append(.number(try reader.varint()))
            case .fixed64: values[number, default: []].append(.number(try reader.fixed64()))
            case .bytes: values[number, default: []].append(.bytes(try reader.byteArray(wire, "")))
            default: try reader.skip(wire)
            }
        }
        return values
    }

    /// 0 when it is missing.
    package func number(_ field: Int) -> UInt64 {
        if case .number(let value) = values[field]?.last { value } else { 0 }
    }

    package func integer(_ field: Int) -> Int64 { Int64(bitPattern: number(field)) }

    package func flag(_ field: Int) -> Bool { number(field) != 0 }

    /// All values of a repeated field.
    package func all(_ field: Int) -> [[UInt8]] {
        values[field]?.compactMap { if case .bytes(let bytes) = $0 { bytes } else { nil } } ?? []
    }

    /// Empty when it is missing.
    package func bytes(_ field: Int) -> [UInt8] { all(field).last ?? [] }

    package func text(_ field: Int) -> String { String(decoding: bytes(field), as: UTF8.self) }

    package func texts(_ field: Int) -> [String] { all(field).map { String(decoding: $0, as: UTF8.self) } }

    /// Nil when it is missing.
    package func message(_ field: Int) throws(ProtobufFault) -> ProtobufFields? {
        guard let bytes = all(field).last else { return nil }
        return try ProtobufFields(bytes)
    }

    package func messages(_ field: Int) throws(ProtobufFault) -> [ProtobufFields] {
        var messages: [ProtobufFields] = []
        for bytes in all(field) { messages.append(try ProtobufFields(bytes)) }
        return messages
    }

    /// `map<string, string>`.
    package func map(_ field: Int) throws(ProtobufFault) -> [String: String] {
        var map: [String: String] = [:]
        for entry in try messages(field) { map[entry.text(1)] = entry.text(2) }
        return map
    }
}

extension ProtobufWriter {
    /// Left out when it is empty, as proto3 has it.
    package mutating func text(_ number: Int, _ value: String) { if !value.isEmpty { string(number, value) } }

    /// Left out when it is 0.
    package mutating func number(_ number: Int, _ value: Int64) { if value != 0 { integer(number, value) } }

    package mutating func flag(_ number: Int, _ value: Bool) { if value { integer(number, 1) } }

    /// `map<string, string>`, in the order of its keys.
    package mutating func map(_ number: Int, _ entries: [String: String]) {
        for (key, value) in entries.sorted(by: { $0.key < $1.key }) {
            message(number) { entry in
                entry.string(1, key)
                entry.string(2, value)
            }
        }
    }

    /// A message made by itself.
    package static func message(_ write: (inout ProtobufWriter) -> Void) -> [UInt8] {
        var writer = ProtobufWriter()
        write(&writer)
        return writer.out
    }
}
