import CLinux
import Linux

/// What the engine knows of the machine. Read once where it can't change.
package enum HostFacts {
    static let processors = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))

    package static var hostname: String {
        var bytes = [CChar](repeating: 0, count: 256)
        guard gethostname(&bytes, bytes.count - 1) == 0 else { return "localhost" }
        return String(decoding: bytes.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// `6.18.0-…`.
    static let kernelRelease = KernelFile.line("/proc/sys/kernel/osrelease") ?? ""

    /// Highest capability number that the kernel knows.
    static let lastCapability = KernelFile.line("/proc/sys/kernel/cap_last_cap").flatMap(Int.init) ?? 40

    /// Bytes.
    static let memory: Int64 = {
        guard let text = try? KernelFile.read("/proc/meminfo"),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("MemTotal:") }),
            let kilobytes = line.split(separator: " ").dropFirst().first.flatMap({ Int64($0) })
        else { return 0 }
        return kilobytes << 10
    }()
}

/// Removes a folder and all in it; what isn't there is no error. For the engine's own folders, whose content no
/// container can write.
func removeFolder(_ path: String) {
    var folders = [path], order: [String] = []
    while let folder = folders.popLast() {
        order.append(folder)
        guard let stream = opendir(folder) else { continue }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name == "." || name == ".." { continue }
            let child = folder + "/" + name
            var status = stat()
            guard lstat(child, &status) == 0 else { continue }
            if status.st_mode & mode_t(S_IFMT) == mode_t(S_IFDIR) { folders.append(child) } else { unlink(child) }
        }
    }
    for folder in order.reversed() { rmdir(folder) }
}
