import Fault

/// Flags of mount(2), <linux/mount.h>.
enum MountBits {
    static let readOnly: UInt64 = 1
    static let noSetuid: UInt64 = 2
    static let noDevices: UInt64 = 4
    static let noExecution: UInt64 = 8
    static let synchronous: UInt64 = 16
    static let remount: UInt64 = 32
    static let mandatoryLocks: UInt64 = 64
    static let synchronousFolders: UInt64 = 128
    static let noSymbolicLinks: UInt64 = 256
    static let noAccessTimes: UInt64 = 1024
    static let noFolderAccessTimes: UInt64 = 2048
    static let bind: UInt64 = 4096
    static let recursive: UInt64 = 16384
    static let silent: UInt64 = 32768
    static let unbindable: UInt64 = 1 << 17
    static let `private`: UInt64 = 1 << 18
    static let slave: UInt64 = 1 << 19
    static let shared: UInt64 = 1 << 20
    static let relativeAccessTimes: UInt64 = 1 << 21
    static let inodeVersions: UInt64 = 1 << 23
    static let strictAccessTimes: UInt64 = 1 << 24
    static let lazyTimes: UInt64 = 1 << 25
}

/// What a runtime-spec mount's `options` mean (config.md, "Linux mount options").
struct PlanMountOptions: Equatable {
    var flags: UInt64 = 0
    var clearedFlags: UInt64 = 0
    var recursiveFlags: UInt64 = 0
    var recursiveClearedFlags: UInt64 = 0
    var propagation: UInt64 = 0
    /// Those that are the file system's own.
    var data: [String] = []
    var copyUp = false
    /// "idmap" or "ridmap" was given.
    var isMapped = false
    var mapsRecursively = false

    private static let setting: [String: UInt64] = [
        "bind": MountBits.bind, "rbind": MountBits.bind | MountBits.recursive, "dirsync": MountBits.synchronousFolders,
        "iversion": MountBits.inodeVersions, "lazytime": MountBits.lazyTimes, "mand": MountBits.mandatoryLocks,
        "noatime": MountBits.noAccessTimes, "nodev": MountBits.noDevices, "nodiratime": MountBits.noFolderAccessTimes,
        "noexec": MountBits.noExecution, "nosuid": MountBits.noSetuid, "nosymfollow": MountBits.noSymbolicLinks,
        "relatime": MountBits.relativeAccessTimes, "remount": MountBits.remount, "ro": MountBits.readOnly,
        "silent": MountBits.silent, "strictatime": MountBits.strictAccessTimes, "sync": MountBits.synchronous,
        "defaults": 0,
    ]

    private static let clearing: [String: UInt64] = [
        "async": MountBits.synchronous, "atime": MountBits.noAccessTimes, "dev": MountBits.noDevices,
        "diratime": MountBits.noFolderAccessTimes, "exec": MountBits.noExecution, "loud": MountBits.silent,
        "noiversion": MountBits.inodeVersions, "nolazytime": MountBits.lazyTimes, "nomand": MountBits.mandatoryLocks,
        "norelatime": MountBits.relativeAccessTimes, "nostrictatime": MountBits.strictAccessTimes,
        "rw": MountBits.readOnly, "suid": MountBits.noSetuid, "symfollow": MountBits.noSymbolicLinks,
    ]

    private static let propagations: [String: UInt64] = [
        "private": MountBits.private, "shared": MountBits.shared, "slave": MountBits.slave,
        "unbindable": MountBits.unbindable, "rprivate": MountBits.private | MountBits.recursive,
        "rshared": MountBits.shared | MountBits.recursive, "rslave": MountBits.slave | MountBits.recursive,
        "runbindable": MountBits.unbindable | MountBits.recursive,
    ]

    /// Options with an "r" in front that reach every mount below: only these flags can (mount_setattr(2)).
    private static let recursiveNames: Set<String> = [
        "ro", "rw", "nosuid", "suid", "nodev", "dev", "noexec", "exec", "nodiratime", "diratime", "relatime",
        "norelatime",
        "noatime", "atime", "strictatime", "nostrictatime", "nosymfollow", "symfollow",
    ]

    /// All names, sorted: for `hako runtime features`.
    static var names: [String] {
        let own = Array(setting.keys) + Array(clearing.keys) + Array(propagations.keys)
        return (own + recursiveNames.map { "r" + $0 } + ["tmpcopyup", "idmap", "ridmap"]).sorted()
    }

    /// Later options win over earlier ones.
    init(_ options: [String]) {
        for option in options { add(option) }
    }

    private mutating func add(_ option: String) {
        if let bits = Self.setting[option] {
            flags |= bits
            clearedFlags &= ~bits
        } else if let bits = Self.clearing[option] {
            clearedFlags |= bits
            flags &= ~bits
        } else if let bits = Self.propagations[option] {
            propagation = bits
        } else if option.first == "r", Self.recursiveNames.contains(String(option.dropFirst())) {
            addRecursive(String(option.dropFirst()))
        } else {
            switch option {
            case "tmpcopyup": copyUp = true
            case "idmap": isMapped = true
            case "ridmap": (isMapped, mapsRecursively) = (true, true)
            case "", "rdefaults": break
            default: data.append(option)
            }
        }
    }

    private mutating func addRecursive(_ name: String) {
        if let bits = Self.setting[name] {
            recursiveFlags |= bits
            recursiveClearedFlags &= ~bits
        } else if let bits = Self.clearing[name] {
            recursiveClearedFlags |= bits
            recursiveFlags &= ~bits
        }
    }

    /// MS_* of `linux.rootfsPropagation`; "" gives 0.
    static func rootPropagation(_ value: PlanValue) throws(Fault) -> UInt64 {
        guard let name = try value.string(), !name.isEmpty else { return 0 }
        guard let bits = propagations[name] else {
            throw value.fault(
                "is \"\(name)\"; it must be one of shared, slave, private, unbindable, or one of them with an \"r\" in front"
            )
        }
        return bits
    }
}
