import CLinux
import Linux

/// Which process has a port: looked up only to make an error helpful, so every failure just gives nil.
enum PortOwner {
    private enum Limit {
        /// Processes whose descriptors are looked at.
        static let processes = 20_000
        /// Bytes of one socket table.
        static let table = 16 << 20
    }

    static func find(_ port: UInt16, _ transport: PortBinding.Transport) -> (pid: Int32, name: String)? {
        guard transport != .sctp else { return nil }
        var inodes: Set<String> = []
        for suffix in ["", "6"] {
            guard let table = try? KernelFile.read("/proc/net/\(transport.rawValue)\(suffix)", limit: Limit.table)
            else { continue }
            inodes.formUnion(Self.inodes(table, port: port, listening: transport == .tcp))
        }
        guard !inodes.isEmpty else { return nil }
        for pid in KernelFile.names(in: "/proc").prefix(Limit.processes) {
            guard let number = Int32(pid) else { continue }
            for descriptor in KernelFile.names(in: "/proc/\(pid)/fd") {
                guard let target = KernelFile.link("/proc/\(pid)/fd/\(descriptor)"), target.hasPrefix("socket:["),
                    inodes.contains(String(target.dropFirst(8).dropLast()))
                else { continue }
                return (number, KernelFile.line("/proc/\(pid)/comm") ?? "?")
            }
        }
        return nil
    }

    /// The inodes of the sockets bound to the port, from a table of /proc/net (proc(5)).
    static func inodes(_ table: String, port: UInt16, listening: Bool) -> Set<String> {
        var found: Set<String> = []
        let hex = String(port, radix: 16, uppercase: true)
        let wanted = ":" + String(repeating: "0", count: 4 - hex.count) + hex
        for line in table.split(separator: "\n").dropFirst() {
            let fields = line.split(separator: " ", omittingEmptySubsequences: true)
            guard fields.count >= 10, fields[1].hasSuffix(wanted) else { continue }
            if listening, fields[3] != "0A" { continue }  // TCP_LISTEN
            found.insert(String(fields[9]))
        }
        return found
    }
}
