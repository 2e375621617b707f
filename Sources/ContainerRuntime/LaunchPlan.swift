// What `hako-runtime` is told to do, digested: names resolved to numbers, profiles to BPF, options to flags, lists in
// the order in which they are carried out. The daemon writes it (Plan*.swift), the runtime carries it out; the file is
// compiled into both, so it uses neither Foundation nor existentials. `LaunchPlanCodec.swift` is its binary form.

/// Who looks after the first process once it has been made.
package enum Supervision: UInt8 {
    /// The runtime leaves its caller's session and stays as the container's monitor: stdio, log, exit status, execs.
    case monitor = 1
    /// The runtime ends when the process has been made, which then belongs to the caller's subreaper. A container's
    /// process waits on `exec.fifo` in the state folder (see `StartGate`).
    case detach = 2
    /// The runtime stays as plain parent, passes signals on and ends with the process's exit code. Nothing waits for
    /// a start.
    case wait = 3
}

/// Where a process's standard streams come from. A terminal overrides all of them.
package enum StdioMode: UInt8 {
    /// Pipes to the monitor.
    case pipes = 1
    /// The runtime's own descriptors 0, 1 and 2.
    case inherit = 2
}

/// One of the kernel's namespace kinds. The raw value is part of the plan's format.
package enum NamespaceKind: UInt8 {
    case mount = 1, uts, ipc, network, pid, cgroup, user, time
}

package struct NamespacePlan {
    package var kind: NamespaceKind
    /// nil: a new one; otherwise the file to join (`/proc/PID/ns/net`, a bind-mounted handle).
    package var path: String?
    package init(kind: NamespaceKind, path: String? = nil) {
        self.kind = kind
        self.path = path
    }
}

/// A line of `/proc/PID/uid_map`.
package struct IDMapping {
    package var inside: UInt32, outside: UInt32, count: UInt32
    package init(inside: UInt32, outside: UInt32, count: UInt32) {
        self.inside = inside
        self.outside = outside
        self.count = count
    }
}

/// A mount, a bind or a symbolic link below the root; steps run in order. Missing mount points are made: a folder, or
/// an empty file when the bind's source isn't a folder.
package struct MountStep {
    package enum Kind: UInt8 { case filesystem = 1, bind = 2, symlink = 3, remount = 4 }
    package var kind: Kind
    /// bind: absolute path on the host. symlink: the text of the link. filesystem: the source shown in mountinfo.
    package var source: String
    /// Of a filesystem: "proc", "tmpfs", "cgroup", …
    package var type: String
    /// Path in the container; symbolic links in it are followed inside the root only.
    package var destination: String
    /// MS_RDONLY, MS_NOSUID, … to set, and for binds those to clear ("rw", "suid", …). MS_REC with a bind: whole tree.
    package var flags: UInt64
    package var clearedFlags: UInt64
    /// The same for every mount below a bind ("rro", "rnosuid", …); mount_setattr(2) with AT_RECURSIVE.
    package var recursiveFlags: UInt64
    package var recursiveClearedFlags: UInt64
    /// MS_SHARED, MS_SLAVE, MS_PRIVATE or MS_UNBINDABLE, with MS_REC for the whole tree; 0: leave it (a bind: as source).
    package var propagation: UInt64
    /// The filesystem's own options, comma-separated.
    package var data: String
    /// Copy what the root has at the mount point into the new tmpfs ("tmpcopyup").
    package var copyUp: Bool
    /// An id-mapped mount when not empty.
    package var uidMappings: [IDMapping]
    package var gidMappings: [IDMapping]
    package var mapsRecursively: Bool

    package init(
        kind: Kind, source: String, destination: String, type: String = "", flags: UInt64 = 0, data: String = ""
    ) {
        self.kind = kind
        self.source = source
        self.type = type
        self.destination = destination
        self.flags = flags
        self.data = data
        clearedFlags = 0
        recursiveFlags = 0
        recursiveClearedFlags = 0
        propagation = 0
        copyUp = false
        uidMappings = []
        gidMappings = []
        mapsRecursively = false
    }
}

/// A device node or fifo to make below the root; bound from the same path of the host in a user namespace.
package struct DevicePlan {
    package enum Kind: UInt8 { case character = 1, block = 2, fifo = 3 }
    package var kind: Kind
    package var path: String
    package var major: UInt32, minor: UInt32
    /// Permission bits.
    package var mode: UInt32
    package var uid: UInt32, gid: UInt32
    package init(
        kind: Kind, path: String, major: UInt32, minor: UInt32, mode: UInt32 = 0o666, uid: UInt32 = 0, gid: UInt32 = 0
    ) {
        self.kind = kind
        self.path = path
        self.major = major
        self.minor = minor
        self.mode = mode
        self.uid = uid
        self.gid = gid
    }
}

package struct SysctlPlan {
    /// With dots or slashes; below /proc/sys.
    package var key: String
    package var value: String
    package init(key: String, value: String) {
        self.key = key
        self.value = value
    }
}

package struct ResourceLimit {
    /// RLIMIT_*.
    package var resource: Int32
    package var soft: UInt64, hard: UInt64
    package init(resource: Int32, soft: UInt64, hard: UInt64) {
        self.resource = resource
        self.soft = soft
        self.hard = hard
    }
}

/// Capability sets as masks of `1 << CAP_*`.
package struct CapabilitySets {
    package var bounding: UInt64, effective: UInt64, permitted: UInt64, inheritable: UInt64, ambient: UInt64
    package init(
        bounding: UInt64 = 0, effective: UInt64 = 0, permitted: UInt64 = 0, inheritable: UInt64 = 0, ambient: UInt64 = 0
    ) {
        self.bounding = bounding
        self.effective = effective
        self.permitted = permitted
        self.inheritable = inheritable
        self.ambient = ambient
    }
}

package struct SeccompPlan {
    /// An array of `struct sock_filter` as seccomp(2) takes it.
    package var program: [UInt8]
    /// SECCOMP_FILTER_FLAG_*.
    package var flags: UInt32
    /// SECCOMP_RET_USER_NOTIF: the unix socket that gets the listener, and the runtime-spec's container process state.
    package var listenerPath: String?
    package var listenerMetadata: String
    package init(program: [UInt8], flags: UInt32 = 0, listenerPath: String? = nil, listenerMetadata: String = "") {
        self.program = program
        self.flags = flags
        self.listenerPath = listenerPath
        self.listenerMetadata = listenerMetadata
    }
}

package struct HookPlan {
    /// In the order in which they come in a container's life; `poststop` isn't the runtime's but the deleter's.
    package enum Moment: UInt8 { case prestart = 1, createRuntime, createContainer, startContainer, poststart }
    package var moment: Moment
    package var path: String
    package var arguments: [String]
    package var environment: [String]
    /// Seconds; 0: no limit.
    package var timeout: UInt32
    package init(moment: Moment, path: String, arguments: [String], environment: [String], timeout: UInt32 = 0) {
        self.moment = moment
        self.path = path
        self.arguments = arguments
        self.environment = environment
        self.timeout = timeout
    }
}

/// The cgroups to join. The folders exist already and carry their limits.
package struct CgroupPlan {
    /// v1: absolute paths of the `tasks` files, one a hierarchy. The new process joins by writing "0" into each itself
    /// while it has one thread (descriptors opened by its parent): only so does the kernel skip the lock of all
    /// thread groups, which costs 5-20 ms of waiting for RCU a container. A pid, or `cgroup.procs`, takes that lock.
    package var processFiles: [String]
    /// v2: the cgroup's folder; joined at birth (CLONE_INTO_CGROUP) where the kernel can.
    package var unifiedFolder: String?
    /// A file with an `oom_kill N` line, read when the container has ended: v1 `memory.oom_control`, v2 `memory.events`.
    package var oomCounterFile: String?
    package init(processFiles: [String] = [], unifiedFolder: String? = nil, oomCounterFile: String? = nil) {
        self.processFiles = processFiles
        self.unifiedFolder = unifiedFolder
        self.oomCounterFile = oomCounterFile
    }
}

package struct LogPlan {
    package enum Format: UInt8 { case none = 0, jsonFile = 1, local = 2 }
    package var format: Format
    package var path: String
    /// Bytes; nil: no rotation.
    package var maxSize: Int64?
    package var maxFiles: UInt32
    /// Rotated files may have been compressed, and keep their suffix when they are renamed.
    package var compresses = false
    /// Bytes of output that may wait for the file; nil: the container waits for it.
    package var bufferSize: Int64?
    package init(format: Format, path: String = "", maxSize: Int64? = nil, maxFiles: UInt32 = 1) {
        self.format = format
        self.path = path
        self.maxSize = maxSize
        self.maxFiles = maxFiles
    }
}

/// sched_setattr(2).
package struct SchedulerPlan {
    package var policy: UInt32
    package var nice: Int32
    package var priority: UInt32
    package var flags: UInt64
    package var runtime: UInt64, deadline: UInt64, period: UInt64
    package init(
        policy: UInt32, nice: Int32 = 0, priority: UInt32 = 0, flags: UInt64 = 0, runtime: UInt64 = 0,
        deadline: UInt64 = 0, period: UInt64 = 0
    ) {
        self.policy = policy
        self.nice = nice
        self.priority = priority
        self.flags = flags
        self.runtime = runtime
        self.deadline = deadline
        self.period = period
    }
}

/// What a process is, whether a container's first or one that joins it.
package struct ProcessPlan {
    package var arguments: [String]
    /// "NAME=value"; PATH of it is where `arguments[0]` is looked for.
    package var environment: [String]
    /// Absolute, in the container; made when it is missing.
    package var workingFolder: String
    package var uid: UInt32
    package var gid: UInt32
    package var additionalGroups: [UInt32]
    package var umask: UInt32?
    /// nil: keep all (only without a user change to an unprivileged one).
    package var capabilities: CapabilitySets?
    package var noNewPrivileges: Bool
    package var seccomp: SeccompPlan?
    package var limits: [ResourceLimit]
    package var oomScoreAdjustment: Int32?
    package var appArmorProfile: String?
    package var selinuxLabel: String?
    /// personality(2).
    package var personality: UInt64?
    /// IOPRIO_PRIO_VALUE, for ioprio_set(2).
    package var ioPriority: UInt32?
    package var scheduler: SchedulerPlan?
    package var terminal: Bool
    package var rows: UInt16
    package var columns: UInt16
    package var stdio: StdioMode
    /// With `pipes`: whether stdin is a pipe for clients; otherwise it is /dev/null.
    package var openStdin: Bool
    /// Stdin ends when the first attached client that had it goes away.
    package var stdinOnce: Bool
    /// Descriptors `RuntimeDescriptor.preserved`… of the runtime become 3… of the process.
    package var preservedDescriptors: UInt32

    package init(arguments: [String], environment: [String] = [], workingFolder: String = "/") {
        self.arguments = arguments
        self.environment = environment
        self.workingFolder = workingFolder
        uid = 0
        gid = 0
        additionalGroups = []
        umask = nil
        capabilities = nil
        noNewPrivileges = false
        seccomp = nil
        limits = []
        oomScoreAdjustment = nil
        appArmorProfile = nil
        selinuxLabel = nil
        personality = nil
        ioPriority = nil
        scheduler = nil
        terminal = false
        rows = 0
        columns = 0
        stdio = .pipes
        openStdin = false
        stdinOnce = false
        preservedDescriptors = 0
    }
}

/// A container, from nothing to a first process that waits to be started.
package struct LaunchPlan {
    package var id: String
    package var supervision: Supervision
    /// Absolute path of the container's folder: `monitor.sock`, `exit`, `exec.fifo` live here. Exists.
    package var stateFolder: String
    package var process: ProcessPlan
    /// The runtime stays as the container's process 1, passes signals on and reaps orphans (`--init`).
    package var actsAsInit: Bool
    /// Kinds that aren't named stay the host's.
    package var namespaces: [NamespacePlan]
    package var uidMappings: [IDMapping]
    package var gidMappings: [IDMapping]
    /// Seconds and nanoseconds for CLOCK_MONOTONIC and CLOCK_BOOTTIME of a new time namespace.
    package var monotonicOffset: (seconds: Int64, nanoseconds: UInt32)?
    package var boottimeOffset: (seconds: Int64, nanoseconds: UInt32)?
    package var hostname: String?
    package var domainname: String?
    /// Absolute path on the host.
    package var rootPath: String
    package var rootIsReadOnly: Bool
    /// MS_PRIVATE, MS_SLAVE, MS_SHARED or MS_UNBINDABLE, with MS_REC; of the container's `/` when all is set up.
    package var rootPropagation: UInt64
    package var mounts: [MountStep]
    package var devices: [DevicePlan]
    package var maskedPaths: [String]
    package var readOnlyPaths: [String]
    package var sysctls: [SysctlPlan]
    package var cgroups: CgroupPlan
    package var log: LogPlan
    package var hooks: [HookPlan]
    /// The hooks' state document is `hookStateHead` + `,"status":"creating","pid":N` + `hookStateTail`:
    /// `{"ociVersion":"1.2.0","id":"x"` and `,"bundle":"/b","annotations":{}}`.
    package var hookStateHead: String
    package var hookStateTail: String

    package init(id: String, supervision: Supervision, stateFolder: String, process: ProcessPlan, rootPath: String) {
        self.id = id
        self.supervision = supervision
        self.stateFolder = stateFolder
        self.process = process
        self.rootPath = rootPath
        actsAsInit = false
        namespaces = []
        uidMappings = []
        gidMappings = []
        monotonicOffset = nil
        boottimeOffset = nil
        hostname = nil
        domainname = nil
        rootIsReadOnly = false
        rootPropagation = 0
        mounts = []
        devices = []
        maskedPaths = []
        readOnlyPaths = []
        sysctls = []
        cgroups = CgroupPlan()
        log = LogPlan(format: .none)
        hooks = []
        hookStateHead = ""
        hookStateTail = ""
    }
}

/// A process that joins a running container: all namespaces in which the container's process differs from the runtime.
package struct ExecPlan {
    /// Names the process among the container's; the monitor's clients use it.
    package var id: String
    /// `monitor` when sent to a monitor; `detach` and `wait` when the runtime is spawned for it.
    package var supervision: Supervision
    /// Host pid of the container's first process.
    package var target: Int32
    package var process: ProcessPlan
    package var cgroups: CgroupPlan
    /// Run nothing before a client attached (only with `monitor`).
    package var waitsForAttach: Bool

    package init(id: String, supervision: Supervision, target: Int32, process: ProcessPlan) {
        self.id = id
        self.supervision = supervision
        self.target = target
        self.process = process
        cgroups = CgroupPlan()
        waitsForAttach = false
    }
}

/// The descriptors on which the runtime finds what it is given; everything else it inherits is closed.
package enum RuntimeDescriptor {
    /// The encoded plan: a file read from its beginning.
    package static let plan: Int32 = 3
    /// A stream socket on which the runtime answers (see `MonitorProtocol`).
    package static let control: Int32 = 4
    /// A connected unix socket that gets the terminal's master, with `detach` or `wait` and a terminal.
    package static let console: Int32 = 5
    /// First of `ProcessPlan.preservedDescriptors`.
    package static let preserved: Int32 = 16
}
