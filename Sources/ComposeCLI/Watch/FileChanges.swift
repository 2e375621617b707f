import CommandLine
import Glibc
import NIOConcurrencyHelpers
import NIOPosix

/// Paths below folders that change, told by the kernel (inotify), folders that come later included.
final class FileChanges: Sendable {
    enum Limit {
        /// Folders watched at the same time. The kernel's own limit is `fs.inotify.max_user_watches`.
        static let folders = 100_000
        /// Bytes read at once: some hundred changes.
        static let readBytes = 64 << 10
    }

    private let descriptor: Int32
    private let folders = NIOLockedValueBox<[Int32: String]>([:])
    private let skips: @Sendable (_ folder: String) -> Bool
    private let thread: NIOThreadPool

    private static let mask = UInt32(
        IN_CREATE | IN_CLOSE_WRITE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF)

    /// - Parameter skips: whether a folder is left out, with everything in it.
    init(skips: @escaping @Sendable (String) -> Bool) throws {
        descriptor = inotify_init1(Int32(IN_CLOEXEC))
        guard descriptor >= 0 else { throw FlagValueError("inotify: \(WholeFile.message(errno))") }
        self.skips = skips
        thread = NIOThreadPool(numberOfThreads: 1)
        thread.start()
    }

    deinit { close(descriptor) }

    /// Begins to watch a file, or a folder and what is in it.
    func add(_ path: String) throws {
        var status = stat()
        guard stat(path, &status) == 0 else { throw FlagValueError("stat \(path): \(WholeFile.message(errno))") }
        if status.st_mode & S_IFMT == S_IFDIR { try addFolder(path) } else { try watch(path) }
    }

    private func watch(_ path: String) throws {
        let number = inotify_add_watch(descriptor, path, Self.mask)
        guard number >= 0 else { throw FlagValueError("watch \(path): \(WholeFile.message(errno))") }
        try folders.withLockedValue { known in
            guard known.count < Limit.folders else {
                throw FlagValueError("more than \(Limit.folders) folders to watch")
            }
            known[number] = path
        }
    }

    private func addFolder(_ path: String) throws {
        guard !skips(path) else { return }
        try watch(path)
        for name in FolderList.names(path) where FolderList.isFolder(path + "/" + name) {
            try addFolder(path + "/" + name)
        }
    }

    /// What has changed since the last call, or nothing for changes that are none of files; waits for the kernel. Nil:
    /// nothing more will come.
    func next() async -> Set<String>? {
        let descriptor = descriptor
        let bytes: [UInt8]
        do {
            bytes = try await thread.runIfActive {
                var buffer = [UInt8](repeating: 0, count: Limit.readBytes)
                while true {
                    let count = read(descriptor, &buffer, buffer.count)
                    if count > 0 { return Array(buffer.prefix(count)) }
                    if count == 0 || errno != EINTR { return [] }
                }
            }
        } catch { return nil }
        return bytes.isEmpty ? nil : paths(bytes)
    }

    private func paths(_ bytes: [UInt8]) -> Set<String> {
        var changed: Set<String> = []
        var at = 0
        let head = MemoryLayout<inotify_event>.size
        while at + head <= bytes.count {
            let event = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: at, as: inotify_event.self) }
            let nameEnd = at + head + Int(event.len)
            let name = String(
                decoding: bytes[(at + head)..<min(nameEnd, bytes.count)].prefix { $0 != 0 }, as: UTF8.self)
            at = nameEnd
            guard let folder = folders.withLockedValue({ $0[event.wd] }) else { continue }
            let path = name.isEmpty ? folder : folder + "/" + name
            if event.mask & UInt32(IN_ISDIR) != 0 {
                // What was made in a new folder before it was watched is found by looking.
                if event.mask & UInt32(IN_CREATE | IN_MOVED_TO) != 0 {
                    try? addFolder(path)
                    changed.formUnion(FolderList.files(below: path))
                }
                if event.mask & UInt32(IN_DELETE | IN_MOVED_FROM) != 0 { changed.insert(path) }
            } else if event.mask & UInt32(IN_IGNORED) == 0 {
                changed.insert(path)
            }
        }
        return changed
    }
}

enum FolderList {
    static func names(_ path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// Files at any depth, without links' targets.
    static func files(below path: String) -> [String] {
        guard isFolder(path) else { return exists(path) ? [path] : [] }
        return names(path).flatMap { files(below: path + "/" + $0) }
    }
}
