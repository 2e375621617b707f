import Fault
import Linux

/// Linux capabilities by name (<linux/capability.h>).
package enum CapabilityName {
    /// In the order of their numbers.
    package static let all = [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID",
        "CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST",
        "CAP_NET_ADMIN",
        "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT",
        "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE",
        "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL",
        "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND",
        "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
    ]

    private static let bits = Dictionary(uniqueKeysWithValues: all.enumerated().map { ($1, UInt64(1) << UInt64($0)) })

    /// `1 << CAP_*`; nil for a name that isn't one.
    package static func bit(_ name: String) -> UInt64? { bits[name] }

    /// Those that this kernel knows; all of ours when it doesn't say.
    package static func known() -> UInt64 {
        guard let last = KernelFile.line("/proc/sys/kernel/cap_last_cap").flatMap({ UInt64($0) }), last < 63 else {
            return (1 << UInt64(all.count)) - 1
        }
        return (1 << (last + 1)) - 1
    }
}

/// `process.capabilities` of the runtime-spec.
enum PlanCapabilities {
    /// Names that nobody knows, or that this kernel doesn't, are left out with a warning each, as in runc: images ask
    /// for newer ones on older kernels. "ALL" isn't a name here: the engine resolves it.
    static func sets(_ value: PlanValue, known: UInt64, warnings: inout [String]) throws(Fault) -> CapabilitySets? {
        guard value.isPresent else { return CapabilitySets() }
        var unknown: Set<String> = []
        func mask(_ set: PlanValue) throws(Fault) -> UInt64 {
            var bits: UInt64 = 0
            for name in try set.strings() {
                if let bit = CapabilityName.bit(name), bit & known != 0 { bits |= bit } else { unknown.insert(name) }
            }
            return bits
        }
        let sets = CapabilitySets(
            bounding: try mask(value["bounding"]), effective: try mask(value["effective"]),
            permitted: try mask(value["permitted"]), inheritable: try mask(value["inheritable"]),
            ambient: try mask(value["ambient"]))
        for name in unknown.sorted() {
            warnings.append("ignoring capability \"\(name)\": this kernel has none of that name")
        }
        return sets
    }
}
