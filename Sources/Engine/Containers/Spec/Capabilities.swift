import Fault
import JSON

/// Capabilities by number (capabilities(7)) and Docker's choice of them.
enum Capabilities {
    /// In the order of their numbers.
    static let names = [
        "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
        "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
        "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
        "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
        "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
        "CHECKPOINT_RESTORE",
    ]

    /// What a container gets unless told otherwise.
    static let standard = [
        "CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID", "SETFCAP", "SETPCAP",
        "NET_BIND_SERVICE", "SYS_CHROOT", "KILL", "AUDIT_WRITE",
    ]

    /// The set in the order of numbers, each with `CAP_`. `last` is the highest number that the kernel knows.
    static func chosen(add: [String], drop: [String], isPrivileged: Bool, last: Int) throws(Fault) -> [String] {
        let added = try add.map(plain), dropped = try drop.map(plain)
        let known = names.prefix(last + 1)
        var set: Set<String>
        if isPrivileged || added.contains("ALL") {
            set = Set(known)
            if !isPrivileged { set.subtract(dropped) }
        } else if dropped.contains("ALL") {
            set = Set(added)
        } else {
            set = Set(standard).subtracting(dropped).union(added)
        }
        return known.filter(set.contains).map { "CAP_" + $0 }
    }

    /// `CAP_NET_ADMIN` for `net_admin`; `ALL` stays.
    static func canonical(_ asked: String) -> String {
        let name = asked.uppercased()
        return name == "ALL" || name.hasPrefix("CAP_") ? name : "CAP_" + name
    }

    static func isKnown(_ asked: String) -> Bool {
        let name = canonical(asked)
        return name == "ALL" || names.contains(String(name.dropFirst(4)))
    }

    /// `NET_ADMIN` for `net_admin`, `CAP_NET_ADMIN`. Throws Docker's words for one that doesn't exist.
    private static func plain(_ asked: String) throws(Fault) -> String {
        let name = canonical(asked)
        guard isKnown(asked) else { throw Fault(.invalid, "unknown capability: \"\(name)\"") }
        return name == "ALL" ? name : String(name.dropFirst(4))
    }
}

extension Array {
    /// `map` for a closure that throws one kind of error.
    func map<T, E: Error>(_ body: (Element) throws(E) -> T) throws(E) -> [T] {
        var result: [T] = []
        result.reserveCapacity(count)
        for element in self { result.append(try body(element)) }
        return result
    }
}
