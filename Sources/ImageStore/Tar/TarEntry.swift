/// One member of a tar archive. Names are bytes: file systems and archives don't promise UTF-8.
package struct TarEntry: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        case regular, hardLink, symlink, character, block, directory, fifo
    }

    package struct Attribute: Sendable, Equatable {
        package var name: String
        package var value: [UInt8]
        package init(_ name: String, _ value: [UInt8]) {
            self.name = name
            self.value = value
        }
    }

    package var path: [UInt8]
    package var kind: Kind
    /// Of hard links the path in the archive, of symbolic links the text.
    package var link: [UInt8] = []
    /// Permission, set-id and sticky bits.
    package var mode: UInt32
    package var uid: UInt32 = 0
    package var gid: UInt32 = 0
    /// Of regular files the length as a reader sees it, holes included, in bytes; else 0.
    package var size: Int64 = 0
    package var mtime = Time()
    package var major: UInt32 = 0
    package var minor: UInt32 = 0
    package var attributes: [Attribute] = []

    package struct Time: Sendable, Equatable {
        /// Since the epoch.
        package var seconds: Int64
        package var nanoseconds: Int
        package init(_ seconds: Int64 = 0, nanoseconds: Int = 0) {
            self.seconds = seconds
            self.nanoseconds = nanoseconds
        }
    }

    package init(path: [UInt8], kind: Kind, mode: UInt32, size: Int64 = 0) {
        self.path = path
        self.kind = kind
        self.mode = mode
        self.size = size
    }

    package var name: String { String(decoding: path, as: UTF8.self) }
}

/// Takes an archive's members in order.
package protocol TarSink: AnyObject {
    func begin(_ entry: TarEntry) throws
    /// Content of the regular file that was begun last. Gaps between pieces are holes.
    func data(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws
    func end() throws
}

/// Limits on archives, which come from strangers.
package enum TarLimit {
    /// Bytes of a PAX header or a GNU long name. Linux takes names of 4,096 and attributes of 65,536 bytes.
    static let headerBytes: Int64 = 1 << 20
    /// Longest path, in bytes (PATH_MAX, with its NUL).
    static let pathBytes = 4_095
    /// Data runs of a sparse file.
    static let sparseRuns = 1 << 20
    /// Members of an archive.
    static let entries = 8 << 20
    /// Bytes of all files of an archive, holes not counted: 1 TiB.
    static let contentBytes: Int64 = 1 << 40
    static let block = 512
}
