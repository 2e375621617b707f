import CommandLine
import DockerCLI
import JSON

/// A setting of `config set`: its name, and what its values must be like.
struct Setting: Sendable {
    enum Kind: Sendable { case text, number, toggle }

    let name: String
    let kind: Kind
    /// What is wrong with a value, in the original's words; nil: nothing.
    var complaint: @Sendable (String) -> String? = { _ in nil }
    /// Whether a cluster that is there keeps what it was made with.
    var needsNewCluster = false
    /// What `config defaults` lists; nil: it knows none.
    var defaults: [String]?

    /// Those of minikube's settings that mean something here, in its order, and `nodes` and `wait`, which are ours.
    static let all: [Setting] = [
        Setting(
            name: "driver", kind: .text,
            complaint: { Self.drivers.contains($0) ? nil : "driver \(GoText.quote($0)) is not supported" },
            needsNewCluster: true, defaults: ["docker"]),
        Setting(
            name: "container-runtime", kind: .text,
            complaint: {
                Self.runtimes.contains($0) ? nil : "invalid runtime: unknown runtime type: \(GoText.quote($0))"
            },
            needsNewCluster: true),
        Setting(name: "cpus", kind: .text, complaint: { positive("cpus", $0, orWords: true) }, needsNewCluster: true),
        Setting(name: "memory", kind: .text, complaint: memory, needsNewCluster: true),
        Setting(name: "nodes", kind: .number, complaint: { positive("nodes", $0) }, needsNewCluster: true),
        Setting(
            name: "kubernetes-version", kind: .text,
            defaults: [ClusterVersions.kubernetes]),
        Setting(name: "wait", kind: .text),
        Setting(name: "wait-timeout", kind: .text, complaint: duration),
        Setting(name: "keep-context", kind: .toggle),
        Setting(name: "WantUpdateNotification", kind: .toggle),
        Setting(name: "WantBetaUpdateNotification", kind: .toggle),
        Setting(name: "ReminderWaitPeriodInHours", kind: .number),
        Setting(name: "WantNoneDriverWarning", kind: .toggle),
        Setting(name: "WantVirtualBoxDriverWarning", kind: .toggle),
        Setting(name: "profile", kind: .text),
    ]

    static let drivers: Set<String> = ["docker", "hako", "auto"]
    static let runtimes: Set<String> = ["hako", "docker", "containerd", "auto"]

    /// Nil for a name that is no setting.
    static func named(_ name: String) -> Setting? { all.first { $0.name == name } }

    /// The value as the file keeps it. Throws a sentence for a text that is no such value.
    func value(_ text: String) throws -> JSON {
        switch kind {
        case .text: return .string(text)
        case .number: return JSON(try GoValue.int(text, function: "Atoi"))
        case .toggle: return JSON(try GoValue.bool(text))
        }
    }

    @Sendable private static func positive(_ name: String, _ text: String, orWords: Bool = false) -> String? {
        if orWords, ["max", "no-limit"].contains(text) { return nil }
        do {
            return try GoValue.int(text, function: "Atoi") > 0 ? nil : "\(name) must be > 0"
        } catch { return "\(name):\(error)" }
    }

    @Sendable private static func memory(_ text: String) -> String? {
        if ["max", "no-limit"].contains(text) || Units.parseBinarySize(text) != nil { return nil }
        return "invalid memory size: invalid size: '\(text)'"
    }

    @Sendable private static func duration(_ text: String) -> String? {
        GoDuration.parse(text) == nil ? GoDuration.complaint(about: text) : nil
    }
}
