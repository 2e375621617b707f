import CLinux
import DockerModel
import Fault
import ImageStore
import JSON
import Linux
import NIOCore
import NIOPosix
import Synchronization

// `docker cp`: out of and into a container's file system, running or not.
extension Engine {
    package func statPath(_ ref: String, path: String) async throws -> JSON {
        let record = try container(ref).record
        let asked = try ArchivePath(path)
        let view = try await rootView(record)
        defer { view.close() }
        return try await NIOThreadPool.singleton.runIfActive {
            try asked.facts(try asked.open(in: view.root, container: record.name), in: view.root)
        }
    }

    package func getArchive(_ ref: String, path: String) async throws -> (stat: JSON, tar: ByteSource) {
        let record = try container(ref).record
        let asked = try ArchivePath(path)
        let view = try await rootView(record)
        do {
            let (facts, archiver) = try await NIOThreadPool.singleton.runIfActive { () throws -> (JSON, ArchiverBox) in
                let node = try asked.open(in: view.root, container: record.name)
                return (try asked.facts(node, in: view.root), try Self.archiver(asked, node, view.root))
            }
            publish("archive-path", record)
            return (facts, archiver.source { view.close() })
        } catch {
            view.close()
            throw error
        }
    }

    private static func archiver(_ path: ArchivePath, _ node: OwnedDescriptor, _ root: SafeRoot) throws -> ArchiverBox {
        var options = TreeArchiver.Options()
        options.name = path.base
        if try node.isFolder { return ArchiverBox(TreeArchiver(".", in: node, options)) }
        let (folder, name) = try root.parent(of: path.text)
        return ArchiverBox(TreeArchiver(name, in: folder, options))
    }

    package func putArchive(
        _ ref: String, path: String, noOverwriteDirNonDir: Bool, copyUIDGID: Bool, tar: ByteSource
    ) async throws {
        let record = try container(ref).record
        let asked = try ArchivePath(path)
        let view = try await rootView(record)
        defer { view.close() }
        var options = TarExtractor.Options()
        options.keepKinds = noOverwriteDirNonDir
        options.base = asked.text
        let user = copyUIDGID ? record.config["User"].string ?? "" : ""
        let settings = options
        let unpacker = try await NIOThreadPool.singleton.runIfActive { () throws -> Unpacker in
            let target = try asked.folder(in: view.root, container: record.name)
            try Self.checkWritable(record, target)
            var options = settings
            if !user.isEmpty {
                let found = try UserLookup.resolve(user, groups: [], in: view.root)
                options.owner = (found.uid, found.gid)
            }
            return Unpacker(try TarExtractor(into: view.root.folder, options))
        }
        defer { tar.cancel() }
        while let piece = try await tar.next() {
            try await NIOThreadPool.singleton.runIfActive { try unpacker.feed(piece) }
        }
        try await NIOThreadPool.singleton.runIfActive { try unpacker.finish() }
        publish("extract-to-dir", record)
    }

    /// Docker's refusals, before anything is read.
    private static func checkWritable(_ record: ContainerRecord, _ path: String) throws {
        let mount = record.mounts.filter { path == $0.destination || path.hasPrefix($0.destination + "/") }
            .max { $0.destination.utf8.count < $1.destination.utf8.count }
        if let mount {
            if !mount.isWritable { throw Fault(.denied, "mounted volume is marked read-only") }
        } else if record.hostConfig["ReadonlyRootfs"].bool == true {
            throw Fault(.denied, "container rootfs is marked read-only")
        }
    }

    package func exportContainer(_ ref: String) async throws -> ByteSource {
        let record = try container(ref).record
        let snapshot = try await images.snapshot(record.id)
        let isRunning = record.state.isRunning
        // The container's own layers only: what is mounted over them belongs to others.
        let view = try await NIOThreadPool.singleton.runIfActive {
            isRunning ? try RootView.folder(snapshot.merged) : try RootView.mounting(snapshot)
        }
        var options = TreeArchiver.Options()
        options.includesTop = false
        publish("export", record)
        return ArchiverBox(TreeArchiver(".", in: view.root.folder, options)).source { view.close() }
    }
}

extension ArchivePath {
    /// The folder to unpack into, as a path with every link resolved. Throws Docker's refusal for anything else.
    func folder(in root: SafeRoot, container: String) throws -> String {
        let node: OwnedDescriptor
        do throws(KernelError) {
            node = try root.open(text, O_PATH)
        } catch {
            if error.errno == ENOENT { throw Self.notFound(text, in: container) }
            throw error
        }
        guard try node.isFolder else { throw Fault(.invalid, "extraction point is not a directory") }
        return text
    }
}

/// Lets an archiver, which one thread uses at a time, be handed from thread to thread.
private final class ArchiverBox: @unchecked Sendable {
    // The lock holds the "one at a time"; nothing else refers to the archiver.
    private let lock = Mutex(())
    private let archiver: TreeArchiver

    init(_ archiver: TreeArchiver) { self.archiver = archiver }

    private func next() throws -> ByteBuffer? { try lock.withLock { _ in try archiver.next() } }

    /// `close` is called once: at the end, or when nobody wants more.
    func source(_ close: @escaping @Sendable () -> Void) -> ByteSource {
        let isClosed = Mutex(false)
        let closeOnce: @Sendable () -> Void = {
            let isFirst = isClosed.withLock { closed in
                defer { closed = true }
                return !closed
            }
            if isFirst { close() }
        }
        return ByteSource(
            next: {
                do {
                    let piece = try await NIOThreadPool.singleton.runIfActive { try self.next() }
                    if piece == nil { closeOnce() }
                    return piece
                } catch {
                    closeOnce()
                    throw error
                }
            }, cancel: closeOnce)
    }
}

/// The other way round: an archive into a folder.
private final class Unpacker: @unchecked Sendable {
    // Fed by one task, piece after piece; the lock says so to the compiler.
    private let lock = Mutex(())
    private let extractor: TarExtractor
    private let feeder: ArchiveFeed

    init(_ extractor: TarExtractor) {
        self.extractor = extractor
        feeder = ArchiveFeed(extractor)
    }

    func feed(_ piece: ByteBuffer) throws {
        try lock.withLock { _ in try piece.withUnsafeReadableBytes { try feeder.feed($0) } }
    }

    func finish() throws {
        try lock.withLock { _ in
            try feeder.finish()
            try extractor.finish()
        }
    }
}
