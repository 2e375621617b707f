import CLinux
import CoreFoundation
import KubeModel
import Linux

/// A folder whose files change all at once, in the original's form: files lie in a dated folder, `..data` links to it,
/// and each visible name links into `..data`. Readers see the old files or the new ones, never a mixture.
enum AtomicFolder {
    private static let data = "..data", newData = "..data_tmp"

    enum Limit {
        /// Longest path of a file in the folder, and longest name in it, in bytes.
        static let path = 4_096
        static let name = 255
    }

    /// Makes the folder hold these files and no others; one that holds them is left alone.
    /// - Parameter publish: called on the folder when new files are in place, before readers see them.
    /// - Returns: whether anything changed.
    @discardableResult
    static func write(
        _ files: ProjectedFiles, to folder: String, publish: () throws(KernelError) -> Void
    ) throws(PodConfigError) -> Bool {
        for path in files.keys { try check(path) }
        do throws(KernelError) {
            return try replace(files, in: folder, publish)
        } catch {
            throw PodConfigError(error.description)
        }
    }

    private static func replace(
        _ files: ProjectedFiles, in folder: String, _ publish: () throws(KernelError) -> Void
    ) throws(KernelError) -> Bool {
        let old = KernelFile.link("\(folder)/\(data)")
        var gone: Set<String> = []
        var isCurrent = false
        if let old {
            gone = try paths(in: "\(folder)/\(old)").subtracting(Set(files.keys.flatMap(ancestry)))
            isCurrent = gone.isEmpty && holds("\(folder)/\(old)", files)
        }
        if !isCurrent {
            let dated = try newFolder(in: folder)
            for (path, file) in files { try write(file, to: "\(folder)/\(dated)/\(path)", under: "\(folder)/\(dated)") }
            try publish()
            _ = unlink("\(folder)/\(newData)")
            try kernel("symlink", newData) { symlink(dated, "\(folder)/\(newData)") }
            try kernel("rename", data) { rename("\(folder)/\(newData)", "\(folder)/\(data)") }
        }
        for (path, file) in files { try show(path, file, in: folder) }
        for path in gone where !path.contains("/") { _ = unlink("\(folder)/\(path)") }
        try removeOutdated(in: folder)
        return !isCurrent
    }

    // MARK: Files

    private static func holds(_ folder: String, _ files: ProjectedFiles) -> Bool {
        files.allSatisfy { (try? KernelFile.bytes("\(folder)/\($0.key)", limit: 64 << 20)) == $0.value.content }
    }

    /// `a/b/c` → `a`, `a/b`, `a/b/c`.
    private static func ancestry(_ path: String) -> [String] {
        var reached = ""
        return path.split(separator: "/").map { part in
            reached += (reached.isEmpty ? "" : "/") + part
            return reached
        }
    }

    private static func paths(in folder: String, below prefix: String = "") throws(KernelError) -> Set<String> {
        var found: Set<String> = []
        for name in KernelFile.names(in: folder) {
            found.insert(prefix + name)
            let path = "\(folder)/\(name)"
            let status = try OwnedDescriptor.open(path, O_PATH | O_NOFOLLOW).status()
            if status.st_mode & mode_t(S_IFMT) == mode_t(S_IFDIR) {
                found.formUnion(try paths(in: path, below: "\(prefix)\(name)/"))
            }
        }
        return found
    }

    private static func newFolder(in folder: String) throws(KernelError) -> String {
        let stamp = Timestamp(hako_wall_clock()).text.map { "-:T".contains($0) ? "_" : $0 }.filter { $0 != "Z" }
        let name = "..\(String(stamp)).\(UInt32.random(in: 0 ... .max))"
        try kernel("mkdir", name) { mkdir("\(folder)/\(name)", 0o755) }
        try kernel("chmod", name) { chmod("\(folder)/\(name)", 0o755) }
        return name
    }

    private static func write(_ file: ProjectedFile, to path: String, under folder: String) throws(KernelError) {
        let inner = path.dropFirst(folder.count + 1).split(separator: "/").dropLast()
        var reached = folder
        for part in inner {
            reached += "/" + part
            if mkdir(reached, 0o777) == 0 { try kernel("chmod", reached) { chmod(reached, 0o755) } }
        }
        let descriptor = try OwnedDescriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o600)
        try descriptor.writeAll(file.content, subject: path)
        if let owner = file.owner { try kernel("fchown", path) { fchown(descriptor.raw, owner, gid_t.max) } }
        try kernel("fchmod", path) { fchmod(descriptor.raw, file.mode & 0o7777) }
    }

    private static func show(_ path: String, _ file: ProjectedFile, in folder: String) throws(KernelError) {
        let name = path.split(separator: "/").first.map(String.init) ?? path
        let visible = "\(folder)/\(name)"
        if KernelFile.link(visible) != nil { return }
        // Somebody may have made a folder of that name to mount something in it.
        if symlink("\(data)/\(name)", visible) != 0, hako_errno() != EEXIST {
            throw KernelError(call: "symlink", subject: visible, errno: hako_errno())
        }
        if let owner = file.owner { try kernel("lchown", visible) { lchown(visible, owner, gid_t.max) } }
    }

    /// Dated folders that `..data` doesn't link to: the one before, and what an interrupted write left.
    private static func removeOutdated(in folder: String) throws(KernelError) {
        let current = KernelFile.link("\(folder)/\(data)")
        for name in KernelFile.names(in: folder)
        where name.hasPrefix("..") && name != data && name != newData && name != current {
            try FolderTree.remove("\(folder)/\(name)")
        }
    }

    // MARK: Paths

    /// Without empty parts and `.`.
    static func clean(_ path: String) -> String {
        let rooted = path.hasPrefix("/")
        return (rooted ? "/" : "") + path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }

    static func check(_ path: String) throws(PodConfigError) {
        if path.isEmpty { throw PodConfigError("invalid path: must not be empty: \"\"") }
        if path.hasPrefix("/") { throw PodConfigError("invalid path: must be relative path: \(path)") }
        if path.utf8.count > Limit.path {
            throw PodConfigError("invalid path: must be less than or equal to \(Limit.path) characters")
        }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        if parts.contains("..") { throw PodConfigError("invalid path: must not contain '..': \(path)") }
        if parts.contains(where: { $0.utf8.count > Limit.name }) {
            throw PodConfigError("invalid path: filenames must be less than or equal to \(Limit.name) characters")
        }
        if path.hasPrefix("..") { throw PodConfigError("invalid path: must not start with '..': \(path)") }
    }
}
