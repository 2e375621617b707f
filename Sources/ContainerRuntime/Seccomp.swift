import CLinux
import CSeccomp
import Fault
import JSON
import Linux
import Synchronization

/// `linux.seccomp` of the runtime-spec, compiled to BPF by libseccomp.
///
/// Programs are kept by profile: nearly all containers share one, and compiling it takes longer than starting them.
enum Seccomp {
    enum Limit {
        /// Profiles whose program is kept.
        static let kept = 16
        /// Argument comparisons a rule may have: a system call has six arguments.
        static let comparisons = 6
    }

    private static let cache = Mutex<[(profile: JSON, program: [UInt8])]>([])

    /// Nil when the profile is missing. `state` is the container's, for a listener.
    static func plan(_ profile: PlanValue, listenerMetadata: String = "", warnings: inout [String]) throws(Fault)
        -> SeccompPlan?
    {
        guard profile.isPresent else { return nil }
        var plan = SeccompPlan(program: try program(profile, warnings: &warnings), flags: try flags(profile["flags"]))
        plan.listenerPath = try profile["listenerPath"].string().flatMap { $0.isEmpty ? nil : $0 }
        if plan.listenerPath != nil { plan.listenerMetadata = listenerMetadata }
        return plan
    }

    private static func program(_ profile: PlanValue, warnings: inout [String]) throws(Fault) -> [UInt8] {
        if let known = cache.withLock({ kept in kept.first { $0.profile == profile.json }?.program }) { return known }
        let program = try SeccompCompiler(profile).compile(warnings: &warnings)
        cache.withLock { kept in
            if kept.count >= Limit.kept { kept.removeFirst() }
            kept.append((profile.json, program))
        }
        return program
    }

    /// SECCOMP_FILTER_FLAG_*. TSYNC is accepted and does nothing: the process has one thread then.
    private static func flags(_ value: PlanValue) throws(Fault) -> UInt32 {
        var bits: UInt32 = 0
        for flag in try value.strings() {
            switch flag {
            case "SECCOMP_FILTER_FLAG_TSYNC": break
            case "SECCOMP_FILTER_FLAG_LOG": bits |= 2
            case "SECCOMP_FILTER_FLAG_SPEC_ALLOW": bits |= 4
            case "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV": bits |= 32
            default: throw value.fault("holds \"\(flag)\", which is no seccomp flag")
            }
        }
        return bits
    }
}

/// One run of libseccomp.
private struct SeccompCompiler {
    let profile: PlanValue

    init(_ profile: PlanValue) { self.profile = profile }

    private struct Rule {
        var names: [String]
        var action: UInt32
        var comparisons: [scmp_arg_cmp]
    }

    func compile(warnings: inout [String]) throws(Fault) -> [UInt8] {
        let standard = try SeccompNames.action(profile["defaultAction"], errno: profile["defaultErrnoRet"])
        guard let context = seccomp_init(standard) else {
            throw profile["defaultAction"].fault("isn't supported by libseccomp")
        }
        defer { seccomp_release(context) }
        try addArchitectures(context)
        // no_new_privs is the runtime's to set, by the process's own wish.
        seccomp_attr_set(context, SCMP_FLTATR_CTL_NNP, 0)
        // A binary tree instead of a list: fewer instructions for each system call of the container.
        seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2)
        for entry in try profile["syscalls"].list() {
            let rule = try rule(entry)
            // libseccomp refuses rules that say what holds anyway.
            if rule.action == standard { continue }
            for name in rule.names { try add(rule, name, to: context, entry) }
        }
        return try export(context)
    }

    private func addArchitectures(_ context: scmp_filter_ctx) throws(Fault) {
        for architecture in try profile["architectures"].strings() + mappedArchitectures() {
            guard let token = SeccompNames.architectures[architecture] else {
                throw profile["architectures"].fault("holds \"\(architecture)\", which is no architecture")
            }
            let code = seccomp_arch_add(context, token)
            if code != 0, code != -EEXIST {
                throw profile["architectures"].fault(
                    "holds \"\(architecture)\", which libseccomp can't filter here: \(reason(code))")
            }
        }
    }

    /// Docker's profile files say `archMap`: this machine's architecture brings others with it.
    private func mappedArchitectures() throws(Fault) -> [String] {
        let native = seccomp_arch_native()
        for entry in try profile["archMap"].list() {
            let name = try entry["architecture"].string() ?? ""
            if SeccompNames.architectures[name] == native { return [name] + (try entry["subArchitectures"].strings()) }
        }
        return []
    }

    private func rule(_ entry: PlanValue) throws(Fault) -> Rule {
        var names = try entry["names"].strings()
        if let name = try entry["name"].string() { names.append(name) }
        guard !names.isEmpty else { throw entry["names"].fault("is empty") }
        var comparisons: [scmp_arg_cmp] = []
        for argument in try entry["args"].list() {
            guard let index = try argument["index"].number(UInt32.self), index < Seccomp.Limit.comparisons else {
                throw argument["index"].fault("must be from 0 to \(Seccomp.Limit.comparisons - 1)")
            }
            let name = try argument["op"].requiredString()
            guard let op = SeccompNames.comparisons[name] else {
                throw argument["op"].fault("is \"\(name)\", which is no comparison")
            }
            comparisons.append(
                scmp_arg_cmp(
                    arg: index, op: op, datum_a: try argument["value"].number(UInt64.self) ?? 0,
                    datum_b: try argument["valueTwo"].number(UInt64.self) ?? 0))
        }
        let action = try SeccompNames.action(entry["action"], errno: entry["errnoRet"])
        return Rule(names: names, action: action, comparisons: comparisons)
    }

    private func add(_ rule: Rule, _ name: String, to context: scmp_filter_ctx, _ entry: PlanValue) throws(Fault) {
        let number = seccomp_syscall_resolve_name(name)
        // Unknown to this libseccomp: profiles name system calls of all kernels and machines, so that is no error.
        if number == __NR_SCMP_ERROR { return }
        // libseccomp can't compare one argument twice in a rule; several conditions on it are alternatives, as in runc.
        let indexes = rule.comparisons.map(\.arg)
        let alternatives = Set(indexes).count == indexes.count ? [rule.comparisons] : rule.comparisons.map { [$0] }
        for comparisons in alternatives {
            let code = seccomp_rule_add_array(context, rule.action, number, UInt32(comparisons.count), comparisons)
            if code != 0, code != -EEXIST { throw entry.fault("can't filter \"\(name)\": \(reason(code))") }
        }
    }

    private func export(_ context: scmp_filter_ctx) throws(Fault) -> [UInt8] {
        do throws(KernelError) {
            let file = OwnedDescriptor(
                taking: try kernel("memfd_create", "seccomp") { memfd_create("seccomp", UInt32(MFD_CLOEXEC)) })
            let code = seccomp_export_bpf(context, file.raw)
            if code != 0 { throw Self.kernelError(code) }
            try kernel("lseek", "seccomp") { lseek(file.raw, 0, SEEK_SET) }
            let bytes = try file.readToEnd(limit: PlanLimit.seccompBytes, subject: "seccomp program")
            guard bytes.count % 8 == 0, !bytes.isEmpty else { throw Self.kernelError(-EINVAL) }
            return bytes
        } catch {
            throw Fault(.invalid, "can't compile \(profile.path): \(error)", cause: error)
        }
    }

    private static func kernelError(_ code: Int32) -> KernelError {
        KernelError(call: "seccomp_export_bpf", subject: "memory", errno: -code)
    }

    private func reason(_ code: Int32) -> String { KernelError(call: "", subject: "", errno: -code).reason }
}

/// Names of the runtime-spec ("Seccomp") in libseccomp's numbers. Actions are macros with arguments in its header.
enum SeccompNames {
    static func action(_ value: PlanValue, errno: PlanValue) throws(Fault) -> UInt32 {
        let name = try value.requiredString()
        let number = try errno.number(UInt32.self)
        let data = (number ?? UInt32(EPERM)) & 0xffff
        switch name {
        case "SCMP_ACT_ERRNO": return 0x0005_0000 | data
        case "SCMP_ACT_TRACE": return 0x7ff0_0000 | data
        default: break
        }
        if number != nil {
            throw errno.fault("doesn't go with \(name): only SCMP_ACT_ERRNO and SCMP_ACT_TRACE take it")
        }
        switch name {
        case "SCMP_ACT_KILL", "SCMP_ACT_KILL_THREAD": return 0
        case "SCMP_ACT_KILL_PROCESS": return 0x8000_0000
        case "SCMP_ACT_TRAP": return 0x0003_0000
        case "SCMP_ACT_LOG": return 0x7ffc_0000
        case "SCMP_ACT_ALLOW": return 0x7fff_0000
        case "SCMP_ACT_NOTIFY": return 0x7fc0_0000
        default: throw value.fault("is \"\(name)\", which is no seccomp action")
        }
    }

    static let actions = [
        "SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD",
        "SCMP_ACT_LOG",
        "SCMP_ACT_NOTIFY", "SCMP_ACT_TRACE", "SCMP_ACT_TRAP",
    ]

    static let flags = [
        "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_TSYNC",
        "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
    ]

    static let comparisons: [String: scmp_compare] = [
        "SCMP_CMP_NE": SCMP_CMP_NE, "SCMP_CMP_LT": SCMP_CMP_LT, "SCMP_CMP_LE": SCMP_CMP_LE, "SCMP_CMP_EQ": SCMP_CMP_EQ,
        "SCMP_CMP_GE": SCMP_CMP_GE, "SCMP_CMP_GT": SCMP_CMP_GT, "SCMP_CMP_MASKED_EQ": SCMP_CMP_MASKED_EQ,
    ]

    /// AUDIT_ARCH_* of <linux/audit.h>, as libseccomp uses them; x32 is its own.
    static let architectures: [String: UInt32] = [
        "SCMP_ARCH_X86": 0x4000_0003, "SCMP_ARCH_X86_64": 0xc000_003e, "SCMP_ARCH_X32": 0x4000_003e,
        "SCMP_ARCH_ARM": 0x4000_0028, "SCMP_ARCH_AARCH64": 0xc000_00b7, "SCMP_ARCH_MIPS": 0x0000_0008,
        "SCMP_ARCH_MIPS64": 0x8000_0008, "SCMP_ARCH_MIPS64N32": 0xa000_0008, "SCMP_ARCH_MIPSEL": 0x4000_0008,
        "SCMP_ARCH_MIPSEL64": 0xc000_0008, "SCMP_ARCH_MIPSEL64N32": 0xe000_0008, "SCMP_ARCH_PARISC": 0x0000_000f,
        "SCMP_ARCH_PARISC64": 0x8000_000f, "SCMP_ARCH_PPC": 0x0000_0014, "SCMP_ARCH_PPC64": 0x8000_0015,
        "SCMP_ARCH_PPC64LE": 0xc000_0015, "SCMP_ARCH_S390": 0x0000_0016, "SCMP_ARCH_S390X": 0x8000_0016,
        "SCMP_ARCH_RISCV64": 0xc000_00f3,
    ]
}
