import CLinux
import CoreFoundation
import Linux

/// The mounts that volumes need. Tests without root have a fake.
protocol VolumeFileSystems: Sendable {
    /// A file system in memory.
    /// - Parameters:
    ///   - bytes: nil: half of the machine's memory, as the kernel has it.
    ///   - group: owns its root folder.
    func mountMemory(on folder: String, bytes: Int?, group: gid_t?) throws(KernelError)
    func isMemory(_ folder: String) -> Bool
    func bind(_ source: OwnedDescriptor, on target: String) throws(KernelError)
    func unmount(_ target: String) throws(KernelError)
    /// Everything that is mounted in the folder.
    func unmountAll(in folder: String) throws(KernelError)
}

struct KernelFileSystems: VolumeFileSystems {
    func mountMemory(on folder: String, bytes: Int?, group: gid_t?) throws(KernelError) {
        var options = ["mode=\(group == nil ? "1777" : "3777")"]
        if let group { options.append("gid=\(group)") }
        if let bytes { options.append("size=\(bytes)") }
        do throws(KernelError) {
            // Kernels before 6.4 don't know it.
            let all = (options + ["noswap"]).joined(separator: ",")
            try Mount.mount(source: "tmpfs", on: folder, type: "tmpfs", data: all)
        } catch {
            guard error.errno == EINVAL else { throw error }
            let all = options.joined(separator: ",")
            try Mount.mount(source: "tmpfs", on: folder, type: "tmpfs", data: all)
        }
    }

    func isMemory(_ folder: String) -> Bool {
        guard let own = try? OwnedDescriptor.open(folder, O_PATH | O_DIRECTORY).status(),
            let parent = try? OwnedDescriptor.open("\(folder)/..", O_PATH | O_DIRECTORY).status()
        else { return false }
        return own.st_dev != parent.st_dev
    }

    func bind(_ source: OwnedDescriptor, on target: String) throws(KernelError) {
        try Mount.bind(source.procPath, on: target, recursive: true)
    }

    func unmount(_ target: String) throws(KernelError) { try Mount.unmount(target) }

    func unmountAll(in folder: String) throws(KernelError) { try Mount.unmountTree(folder) }
}

/// Empty folders for volumes: on disk or in memory, open to all, or given to the pod's group.
struct VolumeFolders: Sendable {
    let systems: any VolumeFileSystems

    /// The folder is there with its owner and mode, or not at all: it is made beside and moved.
    func makeOnDisk(_ path: String, group: gid_t?) throws(KernelError) {
        if isFolder(path) { return }
        try KernelFile.makeFolders(parent(path), mode: 0o750)
        let new = "\(path)~new"
        try FolderTree.remove(new)
        try kernel("mkdir", new) { mkdir(new, 0o777) }
        try kernel("chmod", new) { chmod(new, 0o777) }
        if let group { try FolderTree.give(new, to: group, readOnly: false) }
        try kernel("rename", path) { rename(new, path) }
    }

    func makeInMemory(_ path: String, bytes: Int?, group: gid_t?) throws(KernelError) {
        try KernelFile.makeFolders(parent(path), mode: 0o750)
        if !isFolder(path) { try kernel("mkdir", path) { mkdir(path, 0o755) } }
        if systems.isMemory(path) { return }
        try systems.mountMemory(on: path, bytes: bytes, group: group)
    }

    private func isFolder(_ path: String) -> Bool {
        (try? OwnedDescriptor.open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW)) != nil
    }

    private func parent(_ path: String) -> String {
        String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    }
}
