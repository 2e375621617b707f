import CLinux
import Fault
import JSON
import Linux

/// Device nodes of the host, by path.
enum HostDevices {
    /// Nodes looked at before a folder is taken for something else than /dev.
    private static let most = 16_384
    /// What a container has of its own.
    private static let skipped: Set<String> = [
        "/dev/ptmx", "/dev/pts", "/dev/shm", "/dev/fd", "/dev/mqueue", "/dev/console", "/dev/.lxc", "/dev/.lxd-mounts",
    ]

    /// Every character and block device under /dev, for `--privileged`.
    static func all() -> [SpecInput.Device] { below("/dev") }

    /// `--device HOST[:CONTAINER[:ACCESS]]` as the Engine API has it; a folder stands for all nodes in it.
    /// Throws Docker's words.
    static func asked(_ mapping: JSON) throws(Fault) -> [SpecInput.Device] {
        let host = mapping["PathOnHost"].string ?? ""
        let inside = mapping["PathInContainer"].string ?? "", access = mapping["CgroupPermissions"].string ?? ""
        func gathering(_ why: String) -> Fault {
            Fault(.invalid, "error gathering device information while adding custom device \"\(host)\": \(why)")
        }
        var status = stat()
        guard stat(host, &status) == 0 else { throw gathering("no such file or directory") }
        let found: [SpecInput.Device]
        if status.st_mode & mode_t(S_IFMT) == mode_t(S_IFDIR) {
            found = below(host)
        } else {
            found = [device(host, status)].compactMap { $0 }
        }
        guard !found.isEmpty else { throw gathering("not a device node") }
        return found.map { device in
            var device = device
            if !inside.isEmpty { device.path = inside + device.path.dropFirst(host.utf8.count) }
            if !access.isEmpty { device.access = access }
            return device
        }
    }

    /// `major:minor` of the block device that a path names or lies on; nil when there is none.
    static func numbers(_ path: String) -> (major: Int, minor: Int)? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & mode_t(S_IFMT) == mode_t(S_IFBLK) else { return nil }
        return split(status.st_rdev)
    }

    private static func split(_ number: dev_t) -> (major: Int, minor: Int) {
        let n = UInt64(number)
        return (Int((n >> 8) & 0xfff | (n >> 32) & ~0xfff), Int(n & 0xff | (n >> 12) & ~0xff))
    }

    private static func device(_ path: String, _ status: stat) -> SpecInput.Device? {
        let kind = status.st_mode & mode_t(S_IFMT)
        guard kind == mode_t(S_IFCHR) || kind == mode_t(S_IFBLK) else { return nil }
        let (major, minor) = split(status.st_rdev)
        return SpecInput.Device(
            path: path, kind: kind == mode_t(S_IFCHR) ? "c" : "b", major: major, minor: minor,
            mode: Int(status.st_mode & 0o7777), uid: Int(status.st_uid), gid: Int(status.st_gid))
    }

    private static func below(_ root: String) -> [SpecInput.Device] {
        var result: [SpecInput.Device] = [], folders = [root]
        while let folder = folders.popLast(), result.count < most {
            guard let stream = opendir(folder) else { continue }
            defer { closedir(stream) }
            while let entry = readdir(stream) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                let path = folder + "/" + name
                if name == "." || name == ".." || skipped.contains(path) { continue }
                var status = stat()
                guard lstat(path, &status) == 0 else { continue }
                if status.st_mode & mode_t(S_IFMT) == mode_t(S_IFDIR) {
                    folders.append(path)
                } else if let found = device(path, status) {
                    result.append(found)
                }
            }
        }
        return result.sorted { $0.path < $1.path }
    }
}
