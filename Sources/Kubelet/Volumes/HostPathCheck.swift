import CLinux
import CoreFoundation
import JSON
import Linux

/// `hostPath.type`: what must be there, or is made when nothing is.
enum HostPathCheck {
    static func prepare(_ path: String, type: String) throws(PodConfigError) {
        if path.split(separator: "/").contains("..") {
            throw PodConfigError("invalid HostPath `\(path)`: must not contain '..'")
        }
        if type.isEmpty { return }
        let found = kind(path)
        switch type {
        case "DirectoryOrCreate" where found == nil:
            try make(path) { () throws(KernelError) in try KernelFile.makeFolders(path, mode: 0o755) }
        case "FileOrCreate" where found == nil:
            try make(path) { () throws(KernelError) in
                _ = try OwnedDescriptor.open(path, O_RDONLY | O_CREAT, mode: 0o644)
            }
        case "DirectoryOrCreate", "Directory": try expect(found == S_IFDIR, path, "a directory")
        case "FileOrCreate", "File": try expect(found == S_IFREG, path, "a file")
        case "Socket": try expect(found == S_IFSOCK, path, "a socket file")
        case "CharDevice": try expect(found == S_IFCHR, path, "a character device")
        case "BlockDevice": try expect(found == S_IFBLK, path, "a block device")
        default: throw PodConfigError("\(type) is an invalid volume type")
        }
    }

    private static func expect(_ isTrue: Bool, _ path: String, _ what: String) throws(PodConfigError) {
        if !isTrue { throw PodConfigError("hostPath type check failed: \(path) is not \(what)") }
    }

    private static func make(_ path: String, _ work: () throws(KernelError) -> Void) throws(PodConfigError) {
        do throws(KernelError) { try work() } catch { throw PodConfigError(error.description) }
    }

    /// Links followed; nil when there is nothing or it can't be reached.
    private static func kind(_ path: String) -> Int32? {
        (try? OwnedDescriptor.open(path, O_PATH).status()).map { Int32(bitPattern: $0.st_mode) & S_IFMT }
    }

    /// A local volume's.
    static func expectFolder(_ path: String) throws(PodConfigError) {
        guard let found = kind(path) else { throw PodConfigError("path \(path) does not exist") }
        guard found == S_IFDIR else {
            throw PodConfigError("only directories are supported for local volumes on this node")
        }
    }
}
