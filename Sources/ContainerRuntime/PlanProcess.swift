import CLinux
import Fault
import JSON
import Linux

/// The runtime-spec's `process` as the runtime carries it out.
struct PlanProcess {
    enum Limit {
        /// Groups the kernel takes (NGROUPS_MAX).
        static let groups = 65_536
    }

    /// `seccomp` and `linux` belong to the container: a process that joins it later is under the same filter.
    static func plan(
        _ value: PlanValue, seccomp: SeccompPlan?, personality: UInt64?, warnings: inout [String]
    ) throws(Fault) -> ProcessPlan {
        let arguments = try value["args"].strings()
        guard let program = arguments.first, !program.isEmpty else { throw value["args"].fault("must not be empty") }
        let folder = try value["cwd"].requiredString()
        guard folder.hasPrefix("/") else { throw value["cwd"].fault("is \"\(folder)\"; it must be absolute") }
        var process = ProcessPlan(
            arguments: arguments, environment: try environment(value["env"]), workingFolder: ControlPath.clean(folder))
        try setUser(&process, value["user"])
        process.capabilities = try PlanCapabilities.sets(
            value["capabilities"], known: CapabilityName.known(), warnings: &warnings)
        process.noNewPrivileges = try value["noNewPrivileges"].bool() ?? false
        process.seccomp = seccomp
        process.personality = personality
        process.limits = try limits(value["rlimits"])
        process.oomScoreAdjustment = try oomScore(value["oomScoreAdj"])
        process.terminal = try value["terminal"].bool() ?? false
        if process.terminal {
            process.rows = try value["consoleSize"]["height"].number() ?? 0
            process.columns = try value["consoleSize"]["width"].number() ?? 0
        }
        process.ioPriority = try ioPriority(value["ioPriority"])
        process.scheduler = try PlanScheduler.plan(value["scheduler"])
        try setLabels(&process, value, warnings: &warnings)
        return process
    }

    private static func environment(_ value: PlanValue) throws(Fault) -> [String] {
        let entries = try value.strings()
        for (index, entry) in entries.enumerated() where !entry.contains("=") || entry.hasPrefix("=") {
            throw PlanValue(.null, path: "\(value.path)[\(index)]").fault("is \"\(entry)\"; it must be NAME=value")
        }
        return entries
    }

    private static func setUser(_ process: inout ProcessPlan, _ user: PlanValue) throws(Fault) {
        process.uid = try user["uid"].number() ?? 0
        process.gid = try user["gid"].number() ?? 0
        for entry in try user["additionalGids"].list() {
            guard let gid = try entry.number(UInt32.self) else { throw entry.fault("must be a number") }
            process.additionalGroups.append(gid)
        }
        guard process.additionalGroups.count <= Limit.groups else {
            throw user["additionalGids"].fault("has more than \(Limit.groups) groups")
        }
        process.umask = try user["umask"].number()
    }

    private static func oomScore(_ value: PlanValue) throws(Fault) -> Int32? {
        guard let score = try value.number(Int32.self) else { return nil }
        guard (-1000...1000).contains(score) else { throw value.fault("is \(score); it goes from -1000 to 1000") }
        return score
    }

    /// RLIMIT_* of <asm-generic/resource.h>.
    private static let limitNumbers: [String: Int32] = [
        "RLIMIT_CPU": 0, "RLIMIT_FSIZE": 1, "RLIMIT_DATA": 2, "RLIMIT_STACK": 3, "RLIMIT_CORE": 4, "RLIMIT_RSS": 5,
        "RLIMIT_NPROC": 6, "RLIMIT_NOFILE": 7, "RLIMIT_MEMLOCK": 8, "RLIMIT_AS": 9, "RLIMIT_LOCKS": 10,
        "RLIMIT_SIGPENDING": 11, "RLIMIT_MSGQUEUE": 12, "RLIMIT_NICE": 13, "RLIMIT_RTPRIO": 14, "RLIMIT_RTTIME": 15,
    ]

    /// The name of the limit with that number.
    static func limitName(_ number: String) -> String {
        limitNumbers.first { "\($0.value)" == number }?.key ?? "rlimit \(number)"
    }

    private static func limits(_ value: PlanValue) throws(Fault) -> [ResourceLimit] {
        var result: [ResourceLimit] = []
        for entry in try value.list() {
            let type = try entry["type"].requiredString()
            guard let number = limitNumbers[type] else {
                throw entry["type"].fault("is \"\(type)\", which is no resource limit")
            }
            guard !result.contains(where: { $0.resource == number }) else {
                throw entry.fault("sets \(type) a second time")
            }
            guard let soft = try entry["soft"].number(UInt64.self), let hard = try entry["hard"].number(UInt64.self)
            else {
                throw entry.fault("needs soft and hard")
            }
            guard soft <= hard else { throw entry.fault("has a soft limit above the hard one") }
            result.append(ResourceLimit(resource: number, soft: soft, hard: hard))
        }
        return result
    }

    private static func ioPriority(_ value: PlanValue) throws(Fault) -> UInt32? {
        guard value.isPresent else { return nil }
        let classes: [String: UInt32] = ["IOPRIO_CLASS_RT": 1, "IOPRIO_CLASS_BE": 2, "IOPRIO_CLASS_IDLE": 3]
        let name = try value["class"].requiredString()
        guard let kind = classes[name] else {
            throw value["class"].fault("is \"\(name)\", which is no I/O priority class")
        }
        let priority = try value["priority"].number(UInt32.self) ?? 0
        guard priority < 8 else { throw value["priority"].fault("is \(priority); it goes from 0 to 7") }
        return kind << 13 | priority
    }

    /// A kernel without the security module can't be asked for its labels: the container runs without, and says so.
    private static func setLabels(_ process: inout ProcessPlan, _ value: PlanValue, warnings: inout [String])
        throws(Fault)
    {
        if let profile = try value["apparmorProfile"].string(), !profile.isEmpty, profile != "unconfined" {
            if KernelFile.line("/sys/module/apparmor/parameters/enabled") == "Y" {
                process.appArmorProfile = profile
            } else {
                warnings.append("ignoring AppArmor profile \"\(profile)\": this kernel runs without AppArmor")
            }
        }
        if let label = try value["selinuxLabel"].string(), !label.isEmpty {
            if access("/sys/fs/selinux/enforce", F_OK) == 0 {
                process.selinuxLabel = label
            } else {
                warnings.append("ignoring SELinux label \"\(label)\": this kernel runs without SELinux")
            }
        }
    }
}

/// `process.scheduler` and `linux.personality`.
enum PlanScheduler {
    private static let policies: [String: UInt32] = [
        "SCHED_OTHER": 0, "SCHED_FIFO": 1, "SCHED_RR": 2, "SCHED_BATCH": 3, "SCHED_ISO": 4, "SCHED_IDLE": 5,
        "SCHED_DEADLINE": 6,
    ]
    private static let flags: [String: UInt64] = [
        "SCHED_FLAG_RESET_ON_FORK": 1, "SCHED_FLAG_RECLAIM": 2, "SCHED_FLAG_DL_OVERRUN": 4, "SCHED_FLAG_KEEP_POLICY": 8,
        "SCHED_FLAG_KEEP_PARAMS": 16, "SCHED_FLAG_UTIL_CLAMP_MIN": 32, "SCHED_FLAG_UTIL_CLAMP_MAX": 64,
    ]

    static func plan(_ value: PlanValue) throws(Fault) -> SchedulerPlan? {
        guard value.isPresent else { return nil }
        let name = try value["policy"].requiredString()
        guard let policy = policies[name] else {
            throw value["policy"].fault("is \"\(name)\", which is no scheduling policy")
        }
        var bits: UInt64 = 0
        for flag in try value["flags"].strings() {
            guard let bit = flags[flag] else {
                throw value["flags"].fault("holds \"\(flag)\", which is no scheduling flag")
            }
            bits |= bit
        }
        let nice = try value["nice"].number(Int32.self) ?? 0
        guard (-20...19).contains(nice) else { throw value["nice"].fault("is \(nice); it goes from -20 to 19") }
        return SchedulerPlan(
            policy: policy, nice: nice, priority: try value["priority"].number() ?? 0, flags: bits,
            runtime: try value["runtime"].number() ?? 0, deadline: try value["deadline"].number() ?? 0,
            period: try value["period"].number() ?? 0)
    }

    /// personality(2): PER_LINUX or PER_LINUX32; the specification knows no flags.
    static func personality(_ value: PlanValue) throws(Fault) -> UInt64? {
        guard value.isPresent else { return nil }
        switch try value["domain"].requiredString() {
        case "LINUX": return 0
        case "LINUX32": return 8
        case let other: throw value["domain"].fault("is \"\(other)\"; it must be LINUX or LINUX32")
        }
    }
}
