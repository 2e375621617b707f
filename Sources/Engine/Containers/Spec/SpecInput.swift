import JSON

/// Everything the runtime-spec document of a container depends on, gathered beforehand so that building it is a pure
/// function.
struct SpecInput: Sendable {
    /// Which namespace the container gets of a kind.
    enum Sharing: Sendable, Equatable {
        case own, host
        /// `/proc/PID/ns/KIND` of another container's first process.
        case joined(String)
    }

    /// A mount of the user's with its source as it is on the host now.
    struct BoundMount: Sendable, Equatable {
        var source: String
        var destination: String
        var isWritable = true
        /// `rprivate`, `rshared`, …; empty: the runtime's own default.
        var propagation = ""
        /// Mount only the source itself, not what is mounted below it.
        var isRecursive = true
        /// Read-only for what is mounted below the source, too.
        var isRecursivelyReadOnly = false
    }

    /// A device node on the host.
    struct Device: Sendable, Equatable {
        var path: String
        /// `c` or `b`.
        var kind: String
        var major: Int, minor: Int
        var mode: Int
        var uid: Int, gid: Int
        var access = "rwm"
    }

    var record: ContainerRecord
    /// The container's mounted root.
    var root: String
    var cgroupsPath: String
    var network = Sharing.own, process = Sharing.own, ipc = Sharing.own, uts = Sharing.own, cgroup = Sharing.own
    var user: JSON = ["uid": 0, "gid": 0]
    /// `NAME=value` of what the container's legacy links give it.
    var linkVariables: [String] = []
    var mounts: [BoundMount] = []
    /// A shareable or another container's /dev/shm; nil: one of its own.
    var sharedMemory: String?
    /// `--device` and, when privileged, all of the host's.
    var devices: [Device] = []
    /// A `seccomp=FILE` profile's content; nil: the default, or none when the options or `--privileged` say so.
    var seccompProfile: JSON?
    /// Resolved home of the user, for HOME.
    var home = "/"
    /// Highest capability that the kernel knows.
    var lastCapability = Capabilities.names.count - 1

    var isPrivileged: Bool { record.hostConfig["Privileged"].bool ?? false }
    var isRootUser: Bool { user["uid"].int == 0 }
}
