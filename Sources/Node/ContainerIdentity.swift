import Fault
import Linux

/// Which container this process lives in.
enum ContainerIdentity {
    /// The engine mounts files from the container's own folder into it, whose name is its ID (proc(5), mountinfo).
    static func own() throws -> String {
        for line in try KernelFile.read("/proc/self/mountinfo").split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 4, fields[4] == "/etc/hostname" else { continue }
            let parts = fields[3].split(separator: "/")
            if let id = parts.dropLast().last, id.count == 64, id.allSatisfy(\.isHexDigit) { return String(id) }
        }
        throw Fault(.invalid, "hako node runs inside a container that `hako start` makes, and this is none")
    }
}
