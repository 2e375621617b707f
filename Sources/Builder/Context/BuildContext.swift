import CLinux
import DockerModel
import Dockerfile
import Fault
import ImageStore
import Linux
import NIOCore

/// What was sent with a build, unpacked: files of strangers, which nothing leads out of (`SafeRoot`).
package enum BuildContext {
    package enum Limit {
        /// Longest .dockerignore, in bytes.
        package static let ignoreBytes = 1 << 20
        /// Longest Dockerfile, in bytes.
        package static let dockerfileBytes = 4 << 20
    }

    static func receive(_ request: BuildRequest, _ source: ByteSource, into work: String) async throws -> BuildInputs {
        guard let remote = request.remote else { return try await receive(request.dockerfile, source, into: work) }
        source.cancel()
        return try await fetch(remote, request.dockerfile, into: work)
    }

    /// From a tar that is sent.
    package static func receive(
        _ dockerfile: String, _ source: ByteSource, into work: String
    ) async throws -> BuildInputs {
        let folder = work + "/context"
        try makeContextFolder(folder)
        try await ContextUnpacker.unpack(source, into: folder)
        return try await inputs(folder, "/", dockerfile, work)
    }

    /// With its Dockerfile and what it leaves out; `tree` is the whole of it.
    package static func inputs(_ tree: SourceTree, _ dockerfile: String, _ work: String) async throws -> BuildInputs {
        try await onPool {
            let context = SourceTree(
                root: tree.root, ignored: try ignored(tree.root, dockerfile), isContext: true)
            return BuildInputs(dockerfile: try read(dockerfile, tree.root), work: work) { context }
        }
    }

    /// From an address.
    package static func fetch(_ address: String, _ dockerfile: String, into work: String) async throws -> BuildInputs {
        let folder = work + "/context"
        try makeContextFolder(folder)
        let place = try await RemoteContext.fetch(address, into: folder, dockerfile: dockerfile)
        return try await inputs(folder, place, dockerfile, work)
    }

    /// The files at an address that is no build's context by itself.
    package static func fetchTree(
        _ address: String, _ dockerfile: String = "Dockerfile", into work: String
    ) async throws -> SourceTree {
        let folder = work + "/context"
        try makeContextFolder(folder)
        let place = try await RemoteContext.fetch(address, into: folder, dockerfile: dockerfile)
        return try await onPool {
            let whole = try SafeRoot(path: folder)
            let root = place == "/" ? whole : try subfolder(place, of: whole)
            return SourceTree(root: root, isContext: true)
        }
    }

    /// The file at an address, as it is, under the last part of its name.
    package static func fetchFile(_ address: String, into folder: String) async throws -> SourceTree {
        let name = Download.name(of: address)
        _ = try await Download.save(address, to: "\(folder)/\(name.isEmpty ? "context" : name)")
        return SourceTree(root: try SafeRoot(path: folder), isContext: true)
    }

    private static func inputs(
        _ folder: String, _ place: String, _ dockerfile: String, _ work: String
    ) async throws -> BuildInputs {
        try await onPool {
            let whole = try SafeRoot(path: folder)
            let root = place == "/" ? whole : try subfolder(place, of: whole)
            let tree = SourceTree(root: root, ignored: try ignored(root, dockerfile), isContext: true)
            return BuildInputs(dockerfile: try read(dockerfile, root), work: work) { tree }
        }
    }

    /// Of a repository. Blocking.
    private static func subfolder(_ place: String, of whole: SafeRoot) throws -> SafeRoot {
        guard let status = try whole.status(place) else {
            throw Fault(.invalid, "invalid subdir \(place.dropFirst()): no such file or directory")
        }
        guard status.isFolder else { throw Fault(.invalid, "invalid subdir \(place.dropFirst()): not a directory") }
        return try SafeRoot(path: whole.resolved(place).hostPath)
    }

    private static func makeContextFolder(_ path: String) throws(KernelError) {
        try kernel("mkdir", path) { mkdir(path, 0o755) }
    }

    /// The Dockerfile's text. Blocking.
    package static func read(_ path: String, _ root: SafeRoot) throws -> String {
        guard let bytes = try root.read(path, limit: Limit.dockerfileBytes) else {
            throw Fault(.invalid, "Cannot locate specified Dockerfile: \(path)")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Fault(.invalid, "the Dockerfile (\(path)) is no UTF-8 text")
        }
        return text
    }

    /// A file beside the Dockerfile goes before the context's own.
    package static func ignored(_ root: SafeRoot, _ dockerfile: String) throws -> IgnoreFile {
        for path in [dockerfile + ".dockerignore", ".dockerignore"] {
            if let bytes = try root.read(path, limit: Limit.ignoreBytes) {
                return IgnoreFile(String(decoding: bytes, as: UTF8.self))
            }
        }
        return IgnoreFile(patterns: [])
    }
}

/// A context's tar into a folder: everything becomes root's, devices and pipes are left out.
enum ContextUnpacker {
    static func unpack(_ source: ByteSource, into folder: String) async throws {
        defer { source.cancel() }
        var options = TarExtractor.Options()
        options.owner = (0, 0)
        options.skipsNodes = true
        let feed = try ArchiveIntoFolder(folder, options)
        var isEmpty = true
        while let piece = try await source.next() {
            isEmpty = isEmpty && piece.readableBytes == 0
            try await onPool { try feed.feed(piece) }
        }
        guard !isEmpty else { throw Fault(.invalid, "the build context is empty: nothing was sent") }
        try await onPool { try feed.finish() }
    }
}

/// An archive that one task feeds piece by piece, from thread to thread.
final class ArchiveIntoFolder: @unchecked Sendable {
    // Unchecked: one caller at a time, who waits for each call's end.
    private let extractor: TarExtractor
    private let feeder: ArchiveFeed

    init(_ folder: String, _ options: TarExtractor.Options) throws {
        extractor = try TarExtractor(into: folder, options)
        feeder = ArchiveFeed(extractor)
    }

    init(_ folder: OwnedDescriptor, _ options: TarExtractor.Options) throws {
        extractor = try TarExtractor(into: folder, options)
        feeder = ArchiveFeed(extractor)
    }

    func feed(_ piece: ByteBuffer) throws { try piece.withUnsafeReadableBytes { try feeder.feed($0) } }

    func finish() throws {
        try feeder.finish()
        try extractor.finish()
    }
}
