import CLinux
import Fault
import Linux
import Logging

/// What the node's own container must be like before pods can run in it.
enum NodeSystem {
    static func prepare(_ settings: NodeSettings, _ log: Logger) throws(KernelError) {
        for folder in [settings.folder, settings.runFolder, "/var/log"] { try makeFolder(folder) }
        // What pods mount for others to see goes no further than the node.
        try kernel("mount", "/") { mount(nil, "/", nil, UInt(MS_REC | MS_SHARED), nil) }
        try delegateControlGroups(log)
        for (name, value) in [("net/ipv4/ip_forward", "1"), ("net/ipv4/conf/all/rp_filter", "0")] {
            do throws(KernelError) { try KernelFile.write("/proc/sys/\(name)", value) } catch {
                log.warning("sysctl \(name) can't be set: \(error)")
            }
        }
    }

    /// In cgroup v2 a group holds processes or hands controllers on, not both: the node's own move into one of theirs.
    private static func delegateControlGroups(_ log: Logger) throws(KernelError) {
        let root = "/sys/fs/cgroup"
        guard let controllers = KernelFile.line(root + "/cgroup.controllers") else { return }
        try makeFolder(root + "/node")
        for line in try KernelFile.read(root + "/cgroup.procs").split(separator: "\n") {
            do throws(KernelError) { try KernelFile.write(root + "/node/cgroup.procs", String(line)) } catch {
                // It has ended meanwhile.
                log.debug("process \(line) stays in the root group: \(error)")
            }
        }
        let enabled = controllers.split(separator: " ").map { "+\($0)" }.joined(separator: " ")
        do throws(KernelError) { try KernelFile.write(root + "/cgroup.subtree_control", enabled) } catch {
            log.warning("pods have no limits: control groups can't be handed on: \(error)")
        }
    }

    private static func makeFolder(_ path: String) throws(KernelError) {
        var at = ""
        for part in path.split(separator: "/") {
            at += "/" + part
            do { try kernel("mkdir", at) { mkdir(at, 0o755) } } catch  where error.errno == EEXIST {}
        }
    }
}
