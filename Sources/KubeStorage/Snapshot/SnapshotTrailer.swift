import Crypto

/// The last bytes of a snapshot file; before them is a SQLite database of one file.
///
///     16  "hako-snapshot 1\n"
///      8  revision, big-endian
///      8  length of the database in bytes, big-endian
///     32  SHA-256 of everything before these
struct SnapshotTrailer: Equatable {
    static let length = 64
    private static let magic = Array("hako-snapshot 1\n".utf8)

    let revision: Int64
    let databaseBytes: Int64

    /// What the checksum covers of the trailer itself.
    var head: [UInt8] { Self.magic + Self.bytes(revision) + Self.bytes(databaseBytes) }

    /// nil when the bytes aren't a trailer.
    static func parse(_ bytes: [UInt8]) -> (trailer: SnapshotTrailer, checksum: [UInt8])? {
        guard bytes.count == length, bytes.starts(with: magic) else { return nil }
        let numbers = [16, 24].map { start in
            bytes[start..<(start + 8)].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        }
        let trailer = SnapshotTrailer(
            revision: Int64(bitPattern: numbers[0]), databaseBytes: Int64(bitPattern: numbers[1]))
        return (trailer, Array(bytes[32...]))
    }

    private static func bytes(_ number: Int64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
    }
}
