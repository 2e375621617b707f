import Protobuf

/// One packet of the file protocol (fsutil's wire.proto and stat.proto): the sender names its files one after the
/// other, in order, the receiver asks for the content of some by their numbers.
package struct FilePacket: Sendable, Equatable {
    package enum Kind: Int, Sendable { case status = 0, request, data, end, failure }

    package var kind = Kind.status
    /// Nil in a `status`: all are named.
    package var status: FileStatus?
    package var id: UInt32 = 0
    package var data: [UInt8] = []

    package init(_ kind: Kind, status: FileStatus? = nil, id: UInt32 = 0, data: [UInt8] = []) {
        self.kind = kind
        self.status = status
        self.id = id
        self.data = data
    }

    package init(_ bytes: some Collection<UInt8>) throws(ProtobufFault) {
        let fields = try ProtobufFields(bytes)
        guard let kind = Kind(rawValue: Int(clamping: fields.integer(1))) else {
            throw ProtobufFault(description: "unknown kind of packet: \(fields.integer(1))")
        }
        self.kind = kind
        status = try fields.message(2).map { FileStatus($0) }
        id = UInt32(truncatingIfNeeded: fields.number(3))
        data = fields.bytes(4)
    }

    package var bytes: [UInt8] {
        ProtobufWriter.message { writer in
            writer.number(1, Int64(kind.rawValue))
            if let status { writer.message(2) { status.write(&$0) } }
            writer.number(3, Int64(id))
            if !data.isEmpty { writer.bytes(4, data) }
        }
    }
}

package struct FileStatus: Sendable, Equatable {
    /// From the tree's root, without a leading slash.
    package var path = ""
    /// Go's os.FileMode: permissions, and kinds in bits of its own.
    package var mode: UInt32 = 0
    package var uid: UInt32 = 0
    package var gid: UInt32 = 0
    package var size: Int64 = 0
    /// Nanoseconds since the epoch.
    package var modified: Int64 = 0
    /// Of a symbolic link its target; of a file, another name of it.
    package var link = ""

    package enum Bits {
        package static let folder: UInt32 = 1 << 31
        package static let symlink: UInt32 = 1 << 27
        package static let setUser: UInt32 = 1 << 23
        package static let setGroup: UInt32 = 1 << 22
        package static let sticky: UInt32 = 1 << 20
        /// All that make it something else than a file: also devices, pipes, sockets.
        package static let kinds: UInt32 = folder | symlink | 1 << 26 | 1 << 25 | 1 << 24 | 1 << 21 | 1 << 19
    }

    package init() {}

    package init(_ fields: ProtobufFields) {
        path = fields.text(1)
        mode = UInt32(truncatingIfNeeded: fields.number(2))
        uid = UInt32(truncatingIfNeeded: fields.number(3))
        gid = UInt32(truncatingIfNeeded: fields.number(4))
        size = fields.integer(5)
        modified = fields.integer(6)
        link = fields.text(7)
    }

    package func write(_ writer: inout ProtobufWriter) {
        writer.text(1, path)
        writer.number(2, Int64(mode))
        writer.number(3, Int64(uid))
        writer.number(4, Int64(gid))
        writer.number(5, size)
        writer.number(6, modified)
        writer.text(7, link)
    }

    package var isFile: Bool { mode & Bits.kinds == 0 }
    package var isFolder: Bool { mode & Bits.folder != 0 }
    package var isSymlink: Bool { mode & Bits.symlink != 0 }

    /// chmod(2)'s.
    package var permissions: UInt32 {
        mode & 0o777 | (mode & Bits.setUser != 0 ? 0o4000 : 0) | (mode & Bits.setGroup != 0 ? 0o2000 : 0)
            | (mode & Bits.sticky != 0 ? 0o1000 : 0)
    }

    /// Throws a sentence when the path leads out of its tree or isn't spelled in the one way.
    package func checkPath() throws(FileSyncFault) {
        guard !path.isEmpty, path.utf8.count <= FileSyncLimit.pathBytes, !path.utf8.contains(0) else {
            throw FileSyncFault("invalid path \(path.debugDescription.prefix(200))")
        }
        if path.hasPrefix("/") { throw FileSyncFault("absolute path \(path): invalid argument") }
        for part in path.split(separator: "/", omittingEmptySubsequences: false) {
            if part == ".." { throw FileSyncFault("escape check \(path): invalid argument") }
            if part.isEmpty || part == "." { throw FileSyncFault("unclean path \(path): invalid argument") }
        }
    }
}

package struct FileSyncFault: Error, Equatable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}

package enum FileSyncLimit {
    package static let pathBytes = 4_096
    /// Files and folders of one tree.
    package static let entries = 4_000_000
    /// Bytes of one tree.
    package static let bytes: Int64 = 256 << 30
    /// Files that are asked for at once, each of which is open.
    package static let openFiles = 64
    /// Bytes of one packet's content.
    package static let piece = 256 << 10
}
