import Fault
import Linux

/// Whether the host lets a bind mount have the propagation that was asked for.
enum Propagation {
    /// Throws Docker's words when the mount that holds the path isn't shared, or neither shared nor slave.
    static func check(_ wanted: String, of path: String) throws {
        let isSlave = wanted == "slave" || wanted == "rslave"
        guard isSlave || wanted == "shared" || wanted == "rshared" else { return }
        let holder = try MountEntry.all().filter {
            path == $0.target || path.hasPrefix($0.target == "/" ? "/" : $0.target + "/")
        }.max { $0.target.utf8.count < $1.target.utf8.count }
        let have = holder?.propagation ?? []
        if have.contains(where: { $0.hasPrefix("shared:") || (isSlave && $0.hasPrefix("master:")) }) { return }
        throw Fault(
            .internalFault,
            "path \(path) is mounted on \(holder?.target ?? "/") but it is not a \(isSlave ? "shared or slave" : "shared") mount"
        )
    }
}
