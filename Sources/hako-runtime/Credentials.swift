import CLinux

// From the runtime's powers to the payload's. The order matters: limits and labels while still privileged, groups
// before users, the bounding set before the user change, ambient capabilities last.

private enum Prctl {
    static let setKeepCapabilities: Int32 = 8, dropBounding: Int32 = 24, setNoNewPrivileges: Int32 = 38
    static let ambient: Int32 = 47
    static let ambientRaise: UInt = 2, ambientClear: UInt = 4
}

extension ProcessPlan {
    /// Limits, scheduling, labels: what the user change would make impossible.
    func applyLimits(_ proc: HostProc?, _ report: Report) throws(LaunchFailure) {
        for limit in limits {
            var value = rlimit(rlim_cur: rlim_t(limit.soft), rlim_max: rlim_t(limit.hard))
            if attempt({ setrlimit(__rlimit_resource_t(UInt32(limit.resource)), &value) }) == nil {
                let failure = LaunchFailure(step: .setLimit, errno: hako_errno(), subject: decimal(Int(limit.resource)))
                // A machine that doesn't let us raise a limit (no CAP_SYS_RESOURCE) still runs containers.
                guard failure.errno == EPERM else { throw failure }
                report.warn(failure)
            }
        }
        if let ioPriority {
            try check(.setScheduling, "ioprio_set") { hako_ioprio_set(1, 0, Int32(bitPattern: ioPriority)) }
        }
        if let scheduler {
            var attributes = hako_sched_attr()
            attributes.policy = scheduler.policy
            attributes.flags = scheduler.flags
            attributes.nice = scheduler.nice
            attributes.priority = scheduler.priority
            attributes.runtime = scheduler.runtime
            attributes.deadline = scheduler.deadline
            attributes.period = scheduler.period
            try check(.setScheduling, "sched_setattr") { hako_sched_setattr(&attributes) }
        }
        if let personality { try check(.setScheduling, "personality") { CLinux.personality(UInt(personality)) } }
        if let proc { try applyLabels(proc) }
    }

    private func applyLabels(_ proc: HostProc) throws(LaunchFailure) {
        if let appArmorProfile, !appArmorProfile.utf8.isEmpty {
            let value = "exec " + appArmorProfile
            if !proc.write("self/attr/apparmor/exec", value), !proc.write("self/attr/exec", value) {
                throw LaunchFailure(step: .setLabel, errno: hako_errno(), subject: appArmorProfile)
            }
        }
        if let selinuxLabel, !selinuxLabel.utf8.isEmpty, !proc.write("self/attr/exec", selinuxLabel) {
            throw LaunchFailure(step: .setLabel, errno: hako_errno(), subject: selinuxLabel)
        }
    }

    func applyOOMScore(_ proc: HostProc, pid: String, _ report: Report) {
        guard let oomScoreAdjustment else { return }
        if !proc.write(pid + "/oom_score_adj", decimal(Int(oomScoreAdjustment))) {
            report.warn(
                LaunchFailure(step: .setOOMScore, errno: hako_errno(), subject: decimal(Int(oomScoreAdjustment))))
        }
    }

    /// Goes to the working folder, making it when missing and `makes` says so, and proves that it is inside the root: a folder reached
    /// through a leaked descriptor has no path from here (CVE-2024-21626).
    func enterWorkingFolder(makes: Bool) throws(LaunchFailure) {
        func fail() -> LaunchFailure {
            LaunchFailure(step: .setWorkingFolder, errno: hako_errno(), subject: workingFolder)
        }
        if attempt({ chdir(workingFolder) }) == nil {
            guard makes else {
                let code = hako_errno()
                throw LaunchFailure(
                    step: .setWorkingFolder, errno: code, exitCode: code == ENOENT ? 127 : 126, subject: workingFolder)
            }
            guard hako_errno() == ENOENT else { throw fail() }
            var made: [UInt8] = []
            for part in split(workingFolder, by: 47) where !part.isEmpty {
                made += [47] + part
                if attempt({ mkdir(text(made), 0o755) }) == nil, hako_errno() != EEXIST { throw fail() }
            }
            if attempt({ chdir(workingFolder) }) == nil { throw fail() }
        }
        var space = [CChar](repeating: 0, count: Int(PATH_MAX))
        // The bare system call: the library's would search parents instead of saying "(unreachable)".
        guard let length = attempt({ hako_getcwd(&space, space.count) }) else { throw fail() }
        guard length > 0, space[0] == 47 else {
            throw LaunchFailure(step: .setWorkingFolder, errno: EXDEV, subject: workingFolder)
        }
    }

    func becomeUser() throws(LaunchFailure) {
        if let capabilities { Self.dropBounding(except: capabilities.bounding) }
        _ = hako_prctl(Prctl.setKeepCapabilities, 1, 0, 0, 0)
        let groups = additionalGroups
        if attempt({ setgroups(groups.count, groups) }) == nil {
            // A user namespace may forbid it; having none to set is no failure then.
            guard hako_errno() == EPERM, groups.isEmpty else {
                throw LaunchFailure(step: .setUser, errno: hako_errno(), subject: "setgroups")
            }
        }
        try check(.setUser, "gid " + decimal(Int(gid))) { setresgid(gid, gid, gid) }
        try check(.setUser, "uid " + decimal(Int(uid))) { setresuid(uid, uid, uid) }
        if let capabilities { try Self.apply(capabilities) }
        _ = hako_prctl(Prctl.setKeepCapabilities, 0, 0, 0, 0)
        if noNewPrivileges {
            try check(.setCapabilities, "no_new_privs") { hako_prctl(Prctl.setNoNewPrivileges, 1, 0, 0, 0) }
        }
        if let umask { _ = CLinux.umask(mode_t(umask)) } else { _ = CLinux.umask(0o022) }
    }

    private static func dropBounding(except kept: UInt64) {
        for capability in 0..<UInt(64) where kept & (1 << UInt64(capability)) == 0 {
            if hako_prctl(Prctl.dropBounding, capability, 0, 0, 0) == -1 && hako_errno() == EINVAL { return }
        }
    }

    /// What this process doesn't hold can't be given; the rest is.
    private static func apply(_ wanted: CapabilitySets) throws(LaunchFailure) {
        var effective: UInt64 = 0, held: UInt64 = 0
        try check(.setCapabilities, "capget") { hako_capget(&effective, &held) }
        let permitted = wanted.permitted & held
        try check(.setCapabilities, "capset") {
            hako_capset(wanted.effective & permitted, permitted, wanted.inheritable & held)
        }
        _ = hako_prctl(Prctl.ambient, Prctl.ambientClear, 0, 0, 0)
        let ambient = wanted.ambient & permitted & wanted.inheritable
        for capability in 0..<UInt(64) where ambient & (1 << UInt64(capability)) != 0 {
            try check(.setCapabilities, "ambient") {
                hako_prctl(Prctl.ambient, Prctl.ambientRaise, capability, 0, 0)
            }
        }
    }

    func loadSeccomp() throws(LaunchFailure) {
        guard let seccomp else { return }
        let count = UInt16(truncatingIfNeeded: seccomp.program.count / 8)
        let listener = try check(.setSeccomp) {
            seccomp.program.withUnsafeBytes { hako_seccomp_filter(seccomp.flags, count, $0.baseAddress) }
        }
        if let path = seccomp.listenerPath, listener > 0 {
            try Self.send(listener, metadata: seccomp.listenerMetadata, to: path)
        }
    }

    private static func send(_ listener: Int32, metadata: String, to path: String) throws(LaunchFailure) {
        defer { closeDescriptor(listener) }
        let socket = try check(.setSeccomp, path) { CLinux.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0) }
        defer { closeDescriptor(socket) }
        guard let address = unixAddress(path) else {
            throw LaunchFailure(step: .setSeccomp, errno: ENAMETOOLONG, subject: path)
        }
        try check(.setSeccomp, path) { connectUnix(socket, address) }
        let bytes = Array(metadata.utf8)
        try check(.setSeccomp, path) { hako_send_with_fd(socket, bytes, bytes.count, listener) }
    }
}

func unixAddress(_ path: String) -> sockaddr_un? {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    return withUnsafeMutableBytes(of: &address.sun_path) { space -> Bool in
        guard bytes.count < space.count else { return false }
        for (index, byte) in bytes.enumerated() { space[index] = byte }
        return true
    } ? address : nil
}

func connectUnix(_ socket: Int32, _ address: sockaddr_un) -> Int32 {
    var address = address
    return hako_connect_unix(socket, &address)
}
