import GRDB
import NIOCore

/// One revision as the log table keeps it.
struct LogRecord: Sendable {
    let revision: Int64
    /// The key's revision before this one, 0 when it wasn't there.
    let previous: Int64
    /// The revision that made the object. A deletion keeps it.
    let createRevision: Int64
    let key: String
    /// nil for a deletion.
    let value: ByteBuffer?

    var stored: StoredValue? {
        value.map { StoredValue(key: key, value: $0, createRevision: createRevision, modRevision: revision) }
    }

    /// The columns in the order in which `init(row:)` reads them. The value is last: the rest can be read without it.
    static let columns = "revision, previous, created, checksum, key, value"

    /// Reads the row that the statement is at, from column `first` on. Throws `DamagedRow`.
    init(row: RawStatement, from first: Int32 = 0) throws {
        revision = row.int(first)
        previous = row.int(first + 1)
        createRevision = row.int(first + 2)
        let key = row.bytes(first + 4)
        guard let text = String(validating: key.bindMemory(to: UInt8.self), as: UTF8.self) else {
            throw DamagedRow(revision: revision, what: "its key isn't UTF-8")
        }
        self.key = text
        let isDeletion = row.isNull(first + 5)
        let bytes = row.bytes(first + 5)
        guard
            row.int(first + 3)
                == Self.checksum(revision, previous, createRevision, key, isDeletion ? nil : bytes)
        else { throw DamagedRow(revision: revision, what: "its checksum is wrong") }
        value = isDeletion ? nil : StoredBytes.copy(bytes)
    }

    init(revision: Int64, previous: Int64, createRevision: Int64, key: String, value: ByteBuffer?) {
        self.revision = revision
        self.previous = previous
        self.createRevision = createRevision
        self.key = key
        self.value = value
    }

    /// SQLite checks no bytes of its own: without this a flipped bit would reach clients.
    static func checksum(
        _ revision: Int64, _ previous: Int64, _ created: Int64, _ key: UnsafeRawBufferPointer,
        _ value: UnsafeRawBufferPointer?
    ) -> Int64 {
        var sum = Checksum()
        sum.add(UInt64(bitPattern: revision))
        sum.add(UInt64(bitPattern: previous))
        sum.add(UInt64(bitPattern: created))
        sum.add(key)
        sum.add(value == nil ? 1 : 2)
        if let value { sum.add(value) }
        return Int64(bitPattern: sum.value)
    }
}

struct DamagedRow: Error, CustomStringConvertible {
    let revision: Int64
    let what: String
    var description: String { "revision \(revision) is damaged: \(what)" }
}

/// Finds random damage, not a forger. Eight bytes a step, as fast as the memory copy beside it.
private struct Checksum {
    private(set) var value: UInt64 = 0x9E37_79B9_7F4A_7C15

    mutating func add(_ word: UInt64) {
        value = (value ^ word) &* 0xD6E8_FEB8_6659_FD93
        value ^= value >> 32
    }

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        add(UInt64(bytes.count))
        var offset = 0
        while offset + 8 <= bytes.count {
            add(bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset += 8
        }
        var rest: UInt64 = 0
        while offset < bytes.count {
            rest = rest << 8 | UInt64(bytes[offset])
            offset += 1
        }
        add(rest)
    }
}
