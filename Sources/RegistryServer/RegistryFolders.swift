import CLinux
import Fault
import Linux

/// The registry's files. A file that has its final name is complete and on the disk.
///
///     blobs/sha256/HEX                       contents, whoever has them
///     repositories/NAME/_blobs/sha256-HEX    hard links to them: this repository's
///     repositories/NAME/_manifests/sha256-HEX, .type   a manifest's bytes and its media type
///     repositories/NAME/_tags/TAG            the digest that a tag names
///     repositories/NAME/_referrers/sha256-HEX/sha256-HEX   descriptors of manifests with that subject
///     repositories/NAME/_uploads/ID          what has come of a blob so far
///
/// Names of repositories have no parts that begin with `_`, so nothing can be taken for one.
struct RegistryFolders: Sendable {
    let root: String

    var repositories: String { root + "/repositories" }

    func blob(_ name: ContentName) -> String { "\(root)/blobs/\(name.algorithm.rawValue)/\(name.hex)" }
    func repository(_ name: String) -> String { "\(repositories)/\(name)" }
    func blobs(_ repository: String) -> String { "\(self.repository(repository))/_blobs" }
    func manifests(_ repository: String) -> String { "\(self.repository(repository))/_manifests" }
    func tags(_ repository: String) -> String { "\(self.repository(repository))/_tags" }
    func uploads(_ repository: String) -> String { "\(self.repository(repository))/_uploads" }
    func referrers(_ repository: String, of subject: ContentName) -> String {
        "\(self.repository(repository))/_referrers/\(subject.fileName)"
    }

    func prepare() throws {
        for algorithm in ContentName.Algorithm.allCases { try Self.make("\(root)/blobs/\(algorithm.rawValue)") }
        try Self.make(repositories)
    }

    /// With all folders above it.
    static func make(_ path: String) throws(KernelError) { try KernelFile.makeFolders(path, mode: 0o755) }

    /// Replaces the file, or makes it, in one step that survives a power failure, whoever else does so at once.
    static func write(_ bytes: [UInt8], to path: String) throws(KernelError) {
        let temporary = "\(path).\(UInt64.random(in: 0...UInt64.max)).new"
        do throws(KernelError) {
            let file = try OwnedDescriptor.open(temporary, O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
            try file.writeAll(bytes, subject: temporary)
            try kernel("fsync", temporary) { fsync(file.raw) }
            try kernel("rename", path) { rename(temporary, path) }
        } catch {
            _ = unlink(temporary)
            throw error
        }
        try sync(folderOf: path)
    }

    static func sync(folderOf path: String) throws(KernelError) {
        let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        let descriptor = try OwnedDescriptor.open(folder, O_RDONLY | O_DIRECTORY)
        try kernel("fsync", folder) { fsync(descriptor.raw) }
    }

    /// Nil when there is no such file.
    static func read(_ path: String, limit: Int) throws(KernelError) -> [UInt8]? {
        do throws(KernelError) {
            return try OwnedDescriptor.open(path, O_RDONLY).readToEnd(limit: limit, subject: path)
        } catch {
            if error.errno == ENOENT || error.errno == ENOTDIR { return nil }
            throw error
        }
    }

    /// Names in the folder, but those of files on their way; sorted. None when there is no such folder.
    static func names(in folder: String) -> [String] {
        KernelFile.names(in: folder).filter { !$0.hasSuffix(".new") }.sorted()
    }

    /// Bytes; nil when there is no such file.
    static func size(_ path: String) -> Int64? {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : nil
    }
}
