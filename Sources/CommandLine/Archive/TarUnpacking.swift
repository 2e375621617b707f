import Fault
import Glibc
import NIOCore

/// Unpacks what a container gave to a place on this machine. The container's content is hostile: names with `..` are
/// refused, and no path goes through a symbolic link that the archive brought.
package enum TarUnpacking {
    private static let pieceBytes = 256 << 10

    /// `root` is where the archive's first member goes. Gives the bytes of content.
    package static func unpack(to root: String, _ pull: @escaping () async throws -> ByteBuffer?) async throws -> Int {
        var reader = TarReader(pull)
        var first: String?
        var times: [(path: [String], modified: Int)] = []
        var bytes = 0
        let place = try Place(root)
        defer { place.finish() }
        while let header = try await reader.next() {
            let whole = try parts(header.name)
            let top = first ?? whole.first ?? ""
            first = top
            // Content of a folder comes with `.` or without a common name.
            let inside = whole.first == top && !top.isEmpty ? Array(whole.dropFirst()) : whole
            switch header.kind {
            case .directory:
                try place.folder(inside, mode: header.mode)
                times.append((inside, header.modified))
            case .symbolicLink: try place.link(inside, to: header.link)
            case .hardLink:
                let target = try parts(header.link)
                try place.hardLink(inside, to: target.first == top ? Array(target.dropFirst()) : target)
            case .file:
                let descriptor = try place.file(inside, mode: header.mode)
                defer { close(descriptor) }
                let output = Output.descriptor(descriptor)
                while let piece = try await reader.content(limit: pieceBytes) {
                    guard output.write(piece) else {
                        throw Fault(.internalFault, "write \(header.name): \(WholeFile.message(errno))")
                    }
                    bytes += piece.count
                }
                var stamps = [
                    timespec(tv_sec: header.modified, tv_nsec: 0), timespec(tv_sec: header.modified, tv_nsec: 0),
                ]
                futimens(descriptor, &stamps)
            case .other: break
            }
        }
        for (path, modified) in times.reversed() { place.touch(path, modified) }
        return bytes
    }

    private static func parts(_ name: String) throws -> [String] {
        let parts = name.split(separator: "/").map(String.init).filter { $0 != "." }
        guard !parts.contains("..") else {
            throw Fault(.internalFault, "the archive holds a name that leads out of it: \(name)")
        }
        return parts
    }

    /// A folder and a name in it; everything below is reached by descriptors that follow no links.
    private final class Place {
        private let root: String
        private let parent: Int32

        init(_ root: String) throws {
            self.root = root.split(separator: "/").last.map(String.init) ?? ""
            let folder = Self.folder(of: root)
            parent = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard parent >= 0 else { throw Fault(.internalFault, "open \(folder): \(WholeFile.message(errno))") }
        }

        private static func folder(of path: String) -> String {
            let parts = path.split(separator: "/", omittingEmptySubsequences: true)
            guard parts.count > 1 else { return path.hasPrefix("/") ? "/" : "." }
            return (path.hasPrefix("/") ? "/" : "") + parts.dropLast().joined(separator: "/")
        }

        func finish() { close(parent) }

        /// The folder that holds the path's last name, and that name. The caller closes the descriptor.
        private func holder(_ path: [String]) throws -> (Int32, String) {
            guard let name = path.last else { return (dup(parent), root) }
            // The destination itself may be a link that the user made.
            var at = openat(parent, root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            for part in path.dropLast() where at >= 0 {
                let next = openat(at, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
                close(at)
                at = next
            }
            guard at >= 0 else {
                throw Fault(.internalFault, "open \(path.joined(separator: "/")): \(WholeFile.message(errno))")
            }
            return (at, name)
        }

        private func isFolder(_ at: Int32, _ name: String, followsLinks: Bool) -> Bool {
            var status = stat()
            guard fstatat(at, name, &status, followsLinks ? 0 : AT_SYMLINK_NOFOLLOW) == 0 else { return false }
            return status.st_mode & S_IFMT == S_IFDIR
        }

        func folder(_ path: [String], mode: UInt32) throws {
            let (at, name) = try holder(path)
            defer { close(at) }
            if isFolder(at, name, followsLinks: path.isEmpty) {
                if !path.isEmpty { fchmodat(at, name, mode, 0) }
                return
            }
            guard mkdirat(at, name, mode) == 0 else {
                throw Fault(
                    .internalFault,
                    errno == EEXIST
                        ? "cannot overwrite non-directory \"\(name)\" with directory"
                        : "mkdir \(name): \(WholeFile.message(errno))")
            }
            fchmodat(at, name, mode, 0)
        }

        private func clear(_ at: Int32, _ name: String) throws {
            if isFolder(at, name, followsLinks: false) {
                throw Fault(.internalFault, "cannot overwrite directory \"\(name)\" with non-directory")
            }
            unlinkat(at, name, 0)
        }

        func file(_ path: [String], mode: UInt32) throws -> Int32 {
            let (at, name) = try holder(path)
            defer { close(at) }
            try clear(at, name)
            let descriptor = openat(at, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
            guard descriptor >= 0 else { throw Fault(.internalFault, "open \(name): \(WholeFile.message(errno))") }
            fchmod(descriptor, mode)
            return descriptor
        }

        func link(_ path: [String], to target: String) throws {
            let (at, name) = try holder(path)
            defer { close(at) }
            try clear(at, name)
            guard symlinkat(target, at, name) == 0 else {
                throw Fault(.internalFault, "symlink \(name): \(WholeFile.message(errno))")
            }
        }

        func hardLink(_ path: [String], to target: [String]) throws {
            let (at, name) = try holder(path)
            defer { close(at) }
            let (other, old) = try holder(target)
            defer { close(other) }
            try clear(at, name)
            guard linkat(other, old, at, name, 0) == 0 else {
                throw Fault(.internalFault, "link \(name): \(WholeFile.message(errno))")
            }
        }

        func touch(_ path: [String], _ modified: Int) {
            guard let (at, name) = try? holder(path) else { return }
            defer { close(at) }
            var stamps = [timespec(tv_sec: modified, tv_nsec: 0), timespec(tv_sec: modified, tv_nsec: 0)]
            utimensat(at, name, &stamps, AT_SYMLINK_NOFOLLOW)
        }
    }
}
