/// How a file is packed, by its first bytes.
enum ArchiveKind: Equatable {
    case tar, gzip, zstd, bzip2, xz

    /// Bytes that are enough to tell.
    static let headBytes = 512

    /// Nil: no archive.
    init?(_ head: some Collection<UInt8>) {
        func begins(_ magic: [UInt8]) -> Bool { head.starts(with: magic) }
        if begins([0x1F, 0x8B]) {
            self = .gzip
        } else if begins([0x28, 0xB5, 0x2F, 0xFD]) {
            self = .zstd
        } else if begins(Array("BZh".utf8)) {
            self = .bzip2
        } else if begins([0xFD] + Array("7zXZ".utf8)) {
            self = .xz
        } else if head.dropFirst(257).starts(with: "ustar".utf8) {
            self = .tar
        } else {
            return nil
        }
    }
}
