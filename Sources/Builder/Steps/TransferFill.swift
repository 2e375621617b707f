import CLinux
import Dockerfile
import Engine
import Fault
import ImageStore
import Linux
import NIOCore
import OCI

// The work of COPY and ADD: every path is resolved inside the new layer's root.
extension TransferPlan {
    func fill(_ root: SafeRoot) async throws { try await onPool { try fillBlocking(root) } }

    private func fillBlocking(_ root: SafeRoot) throws {
        let owner: (UInt32, UInt32)? = try owner.map { text in
            let found = try UserLookup.resolve(text, groups: [], in: root)
            return (found.uid, found.gid)
        }
        for item in items {
            switch item {
            case .tree(let source, let ignored, _): try copy(source, ignored, root, owner)
            case .text(let text, let name):
                try write(Array(text.utf8)[...], as: name, root, owner, mode: 0o644, modified: nil)
            case .download(let path, let name, _, let modified):
                try copyFile(path, as: name, root, owner, modified: modified)
            case .archive(let source, _): try unpack(source, root, owner)
            }
        }
    }

    /// The folder that a file goes into, and its name there.
    private func place(_ name: String, _ root: SafeRoot) throws -> (folder: String, name: String) {
        if destination.hasSuffix("/") { return (destination, name) }
        if try root.status(destination)?.isFolder == true { return (destination, name) }
        let parts = destination.split(separator: "/")
        return ("/" + parts.dropLast().joined(separator: "/"), parts.last.map(String.init) ?? name)
    }

    private func options(_ owner: (UInt32, UInt32)?, base: String) -> TarExtractor.Options {
        var options = TarExtractor.Options()
        options.owner = owner
        options.base = base
        options.keepKinds = true
        if let mode { options.permissions = { mode.apply(to: $0, isFolder: $1) } }
        return options
    }

    private func copy(
        _ source: SelectedSource, _ ignored: IgnoreFile, _ root: SafeRoot, _ owner: (UInt32, UInt32)?
    ) throws {
        var archive = TreeArchiver.Options()
        archive.leavesOut = Filter.leavingOut(ignored, below: source)
        let base: String
        if keepsParents {
            let parent = source.path.split(separator: "/").dropLast().joined(separator: "/")
            base = destination + "/" + (source.isFolder ? source.path : parent)
            archive.name = source.isFolder ? "" : source.base
            archive.includesTop = false
        } else if source.isFolder {
            base = destination
            // A folder that is made for it gets its mode and owner; one that is there keeps its own.
            archive.includesTop = try root.status(destination) == nil
        } else {
            let place = try place(source.base, root)
            (base, archive.name) = (place.folder, place.name)
        }
        if let status = try root.status(base), !status.isFolder {
            throw Fault(.invalid, "cannot copy to non-directory: \(base)")
        }
        try root.makeFolders(base, owner: owner)
        let archiver = TreeArchiver(source.name, in: source.folder, archive)
        let feed = try ArchiveIntoFolder(root.folder, options(owner, base: base))
        while let piece = try archiver.next() { try feed.feed(piece) }
        try feed.finish()
    }

    private func unpack(_ source: SelectedSource, _ root: SafeRoot, _ owner: (UInt32, UInt32)?) throws {
        if let status = try root.status(destination), !status.isFolder {
            throw Fault(.invalid, "cannot unpack to non-directory: \(destination)")
        }
        try root.makeFolders(destination, owner: owner)
        let feed = try ArchiveIntoFolder(root.folder, options(owner, base: destination))
        let file = try Archive.open(source)
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        while true {
            let count = try kernel("read", source.path) { read(file.raw, &buffer, buffer.count) }
            if count == 0 { break }
            try feed.feed(ByteBuffer(bytes: buffer[..<count]))
        }
        try feed.finish()
    }

    private func copyFile(
        _ path: String, as name: String, _ root: SafeRoot, _ owner: (UInt32, UInt32)?, modified: Int64?
    ) throws {
        let file = try OwnedDescriptor.open(path, O_RDONLY)
        let target = try newFile(name, root, owner, mode: 0o600)
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        while true {
            let count = try kernel("read", path) { read(file.raw, &buffer, buffer.count) }
            if count == 0 { break }
            try target.writeAll(buffer[..<count], subject: name)
        }
        if let modified { try setTime(target, name, modified) }
    }

    private func write(
        _ bytes: ArraySlice<UInt8>, as name: String, _ root: SafeRoot, _ owner: (UInt32, UInt32)?, mode: UInt32,
        modified: Int64?
    ) throws {
        let target = try newFile(name, root, owner, mode: mode)
        try target.writeAll(bytes, subject: name)
        try setTime(target, name, modified ?? 0)
    }

    private func newFile(
        _ name: String, _ root: SafeRoot, _ owner: (UInt32, UInt32)?, mode standard: UInt32
    ) throws -> OwnedDescriptor {
        let place = try place(name, root)
        try root.makeFolders(place.folder, owner: owner)
        let folder = try root.open(place.folder, O_PATH | O_DIRECTORY)
        _ = unlinkat(folder.raw, place.name, 0)
        let target = OwnedDescriptor(
            taking: try kernel("open", place.name) {
                hako_openat(folder.raw, place.name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
            })
        let (uid, gid) = owner ?? (0, 0)
        try kernel("fchown", name) { fchown(target.raw, uid, gid) }
        let bits = mode?.apply(to: standard, isFolder: false) ?? standard
        try kernel("fchmod", name) { fchmod(target.raw, mode_t(bits)) }
        return target
    }

    private func setTime(_ file: OwnedDescriptor, _ name: String, _ seconds: Int64) throws {
        var times = [timespec(tv_sec: Int(seconds), tv_nsec: 0), timespec(tv_sec: Int(seconds), tv_nsec: 0)]
        try kernel("futimens", name) { futimens(file.raw, &times) }
    }
}

/// Archives that ADD unpacks.
enum Archive {
    static func open(_ source: SelectedSource) throws -> OwnedDescriptor {
        let node = OwnedDescriptor(
            taking: try kernel("open", source.path) {
                hako_openat(source.folder.raw, source.name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0)
            })
        guard try node.status().st_mode & mode_t(S_IFMT) == mode_t(S_IFREG) else {
            throw KernelError(call: "open", subject: source.path, errno: EINVAL)
        }
        return node
    }

    /// Whether the file is a tar, plain or compressed. Throws for kinds that can't be unpacked here.
    static func isOne(_ source: SelectedSource) throws -> Bool {
        guard let file = try? open(source) else { return false }
        var head = [UInt8](repeating: 0, count: ArchiveKind.headBytes)
        let count = try kernel("read", source.path) { read(file.raw, &head, head.count) }
        switch ArchiveKind(head[..<count]) {
        case nil: return false
        case .tar: return true
        case .gzip, .zstd: return try ArchiveProbe.isTar(file, alreadyRead: head[..<count])
        case .bzip2, .xz:
            guard source.path.contains(".tar") || source.path.contains(".t") else { return false }
            throw Fault(
                .invalid,
                "ADD \(source.path): archives in bzip2 or xz can't be unpacked here: use gzip, zstd or a plain tar")
        }
    }
}

/// Whether what is inside a compressed file begins as a tar does.
private enum ArchiveProbe {
    private final class Sink: TarSink {
        var members = 0
        func begin(_: TarEntry) throws { members += 1 }
        func data(_: UnsafeRawBufferPointer, at _: Int64) throws {}
        func end() throws {}
    }

    static func isTar(_ file: OwnedDescriptor, alreadyRead: ArraySlice<UInt8>) throws -> Bool {
        let sink = Sink()
        let feed = ArchiveFeed(sink)
        var bytes = Array(alreadyRead)
        // A header is found in the first pieces, or it is none.
        for _ in 0..<64 {
            do { try bytes.withUnsafeBytes { try feed.feed($0) } } catch { return sink.members > 0 }
            if sink.members > 0 { return true }
            var next = [UInt8](repeating: 0, count: 16 << 10)
            let count = try kernel("read", "archive") { read(file.raw, &next, next.count) }
            if count == 0 { return false }
            bytes = Array(next[..<count])
        }
        return false
    }
}
