import CLinux
import Fault
import JSON

/// `linux.devices` of the runtime-spec, and the devices and links that every container has.
enum PlanDevices {
    static let defaults: [DevicePlan] = [
        DevicePlan(kind: .character, path: "/dev/null", major: 1, minor: 3),
        DevicePlan(kind: .character, path: "/dev/zero", major: 1, minor: 5),
        DevicePlan(kind: .character, path: "/dev/full", major: 1, minor: 7),
        DevicePlan(kind: .character, path: "/dev/random", major: 1, minor: 8),
        DevicePlan(kind: .character, path: "/dev/urandom", major: 1, minor: 9),
        DevicePlan(kind: .character, path: "/dev/tty", major: 5, minor: 0),
    ]

    static var links: [MountStep] {
        var links = [
            MountStep(kind: .symlink, source: "/proc/self/fd", destination: "/dev/fd"),
            MountStep(kind: .symlink, source: "/proc/self/fd/0", destination: "/dev/stdin"),
            MountStep(kind: .symlink, source: "/proc/self/fd/1", destination: "/dev/stdout"),
            MountStep(kind: .symlink, source: "/proc/self/fd/2", destination: "/dev/stderr"),
            MountStep(kind: .symlink, source: "pts/ptmx", destination: "/dev/ptmx"),
        ]
        if access("/proc/kcore", F_OK) == 0 {
            links.append(MountStep(kind: .symlink, source: "/proc/kcore", destination: "/dev/core"))
        }
        return links
    }

    /// The container's own, then the default ones that it doesn't name itself.
    static func plan(_ value: PlanValue) throws(Fault) -> [DevicePlan] {
        var devices: [DevicePlan] = []
        for entry in try value.list() {
            var path = try entry["path"].requiredString()
            guard path.hasPrefix("/") else { throw entry["path"].fault("is \"\(path)\"; it must be absolute") }
            path = ControlPath.clean(path)
            // A later entry for the same path wins, as in runc, which removes the earlier node.
            devices.removeAll { $0.path == path }
            devices.append(try device(entry, path))
        }
        let named = Set(devices.map(\.path))
        return devices + defaults.filter { !named.contains($0.path) }
    }

    private static func device(_ entry: PlanValue, _ path: String) throws(Fault) -> DevicePlan {
        let kind: DevicePlan.Kind
        switch try entry["type"].requiredString() {
        case "c", "u": kind = .character
        case "b": kind = .block
        case "p": kind = .fifo
        case let other: throw entry["type"].fault("is \"\(other)\"; it must be c, b, u or p")
        }
        let major = try entry["major"].number(UInt32.self), minor = try entry["minor"].number(UInt32.self)
        if kind != .fifo, major == nil || minor == nil { throw entry.fault("needs major and minor") }
        return DevicePlan(
            kind: kind, path: path, major: major ?? 0, minor: minor ?? 0, mode: try entry["fileMode"].number() ?? 0o666,
            uid: try entry["uid"].number() ?? 0, gid: try entry["gid"].number() ?? 0)
    }
}
