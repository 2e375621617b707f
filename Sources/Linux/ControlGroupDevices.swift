/// Which devices a group's members may open or make: one entry of `linux.resources.devices`.
package struct DeviceRule: Sendable, Equatable {
    package enum Kind: String, Sendable { case all = "a", character = "c", block = "b" }

    /// Bits of the kernel's BPF_DEVCG_ACC_*.
    package struct Access: OptionSet, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }
        package static let mknod = Access(rawValue: 1)
        package static let read = Access(rawValue: 2)
        package static let write = Access(rawValue: 4)
        package static let all: Access = [.mknod, .read, .write]

        /// Nil when the text has other letters than r, w and m.
        package init?(_ text: String) {
            self = []
            for letter in text {
                switch letter {
                case "r": insert(.read)
                case "w": insert(.write)
                case "m": insert(.mknod)
                default: return nil
                }
            }
        }

        var text: String {
            (contains(.read) ? "r" : "") + (contains(.write) ? "w" : "") + (contains(.mknod) ? "m" : "")
        }
    }

    package var allow: Bool
    package var kind: Kind
    /// Nil: every number.
    package var major: Int64?
    package var minor: Int64?
    package var access: Access

    package init(allow: Bool, kind: Kind = .all, major: Int64? = nil, minor: Int64? = nil, access: Access = .all) {
        self.allow = allow
        self.kind = kind
        self.major = major
        self.minor = minor
        self.access = access
    }

    /// The line for v1's devices.allow or devices.deny. "a" stands for everything there, whatever follows it.
    var line: String {
        if kind == .all && major == nil && minor == nil && access == .all { return "a" }
        return "\(kind.rawValue) \(major.map(String.init) ?? "*"):\(minor.map(String.init) ?? "*") \(access.text)"
    }

    /// v1 has no "both kinds" with numbers or partial access: such a rule is two there.
    var split: [DeviceRule] {
        guard kind == .all, line != "a" else { return [self] }
        return [Kind.character, .block].map { kind in
            var one = self
            one.kind = kind
            return one
        }
    }

    /// The devices that every container has, whatever its rules (runtime-spec, "Default Devices"), and leave to make
    /// nodes, which gives no access to what they name.
    package static let defaults: [DeviceRule] = [
        DeviceRule(allow: true, kind: .character, access: .mknod),
        DeviceRule(allow: true, kind: .block, access: .mknod),
        DeviceRule(allow: true, kind: .character, major: 1, minor: 3),  // null
        DeviceRule(allow: true, kind: .character, major: 1, minor: 5),  // zero
        DeviceRule(allow: true, kind: .character, major: 1, minor: 7),  // full
        DeviceRule(allow: true, kind: .character, major: 1, minor: 8),  // random
        DeviceRule(allow: true, kind: .character, major: 1, minor: 9),  // urandom
        DeviceRule(allow: true, kind: .character, major: 5, minor: 0),  // tty
        DeviceRule(allow: true, kind: .character, major: 5, minor: 2),  // ptmx
        DeviceRule(allow: true, kind: .character, major: 136),  // pts/N
    ]

    /// What is in force for a container's own rules: nothing by default, then its rules, then the defaults.
    package static func effective(_ rules: [DeviceRule]) -> [DeviceRule] {
        [DeviceRule(allow: false)] + rules + defaults
    }
}
