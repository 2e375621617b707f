import Glibc

/// A type's fields by the bytes of their names, for those who have only the text.
final class ProtobufFieldNames: Sendable {
    struct Entry: Sendable {
        let name: [UInt8]
        let way: Way
        let type: SchemaType
        /// The name's first eight bytes: most names differ in them or in their length.
        fileprivate let beginning: UInt64
    }

    /// Where a field is in its message: in ascending order as on the wire.
    struct Way: Sendable, Comparable {
        /// The number of the message that the field is embedded in; the field's own where it is in none.
        let first: Int
        /// The field's number in that embedded message; 0 where it is in none.
        let second: Int

        static func < (a: Way, b: Way) -> Bool { (a.first, a.second) < (b.first, b.second) }
    }

    private let entries: [Entry]
    /// The numbers of embedded messages, which are written even when they are empty.
    let embedded: [Int]

    /// Nil when a message is embedded in an embedded one.
    private init?(_ type: SchemaType) {
        var entries: [Entry] = []
        var embedded: Set<Int> = []
        for field in type.fields where field.protobufNumber != 0 {
            let way = field.protobufOuter + [field.protobufNumber]
            guard way.count <= 2 else { return nil }
            if way.count == 2 { embedded.insert(way[0]) }
            let name = Array(field.name.utf8)
            entries.append(
                Entry(
                    name: name, way: Way(first: way[0], second: way.count == 2 ? way[1] : 0), type: field.type,
                    beginning: name.withUnsafeBytes(Self.beginning)))
        }
        self.entries = entries
        self.embedded = embedded.sorted()
    }

    /// Nil for a type whose text can't be written field by field.
    static func of(_ type: SchemaType) -> ProtobufFieldNames? { builtIn[ObjectIdentifier(type)] }

    private static let builtIn: [ObjectIdentifier: ProtobufFieldNames] = {
        var names: [ObjectIdentifier: ProtobufFieldNames] = [:]
        for name in Schema.builtIn.typeNames {
            guard let type = Schema.builtIn.type(name) else { continue }
            names[ObjectIdentifier(type)] = ProtobufFieldNames(type)
        }
        return names
    }()

    /// The field of that name; nil when the message has none.
    /// - Parameter place: where it is looked for first, since members mostly stand in the fields' order; left behind
    ///   the field that was found.
    func entry(_ name: UnsafeRawBufferPointer, near place: inout Int) -> Entry? {
        let beginning = Self.beginning(name)
        return entries.withUnsafeBufferPointer { entries in
            var at = place
            for _ in 0..<entries.count {
                if at >= entries.count { at = 0 }
                if entries[at].beginning == beginning, Self.isSame(entries[at].name, name) {
                    place = at + 1
                    return entries[at]
                }
                at += 1
            }
            return nil
        }
    }

    private static func isSame(_ name: [UInt8], _ other: UnsafeRawBufferPointer) -> Bool {
        guard name.count == other.count, let base = other.baseAddress else { return false }
        return name.count <= 8 || memcmp(name, base, name.count) == 0
    }

    private static func beginning(_ name: UnsafeRawBufferPointer) -> UInt64 {
        if name.count >= 8 { return name.loadUnaligned(as: UInt64.self) }
        var value: UInt64 = 0
        for at in 0..<name.count { value = value << 8 | UInt64(name[at]) }
        return value
    }
}
