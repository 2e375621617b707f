import JSON
import KubeModel

/// How strict a namespace is with its pods.
enum PodSecurityLevel: String, Sendable, Comparable {
    case privileged, baseline, restricted

    private var rank: Int {
        switch self {
        case .privileged: 0
        case .baseline: 1
        case .restricted: 2
        }
    }

    static func < (a: PodSecurityLevel, b: PodSecurityLevel) -> Bool { a.rank < b.rank }
}

/// A level as it was in some version of Kubernetes.
struct PodSecurityStandard: Sendable, Hashable, CustomStringConvertible {
    var level = PodSecurityLevel.privileged
    /// The minor version of 1.x; nil: the newest that there is.
    var minor: Int?

    var description: String { "\(level.rawValue):\(minor.map { "v1.\($0)" } ?? "latest")" }
}

/// What a namespace's `pod-security.kubernetes.io/…` labels ask for.
struct PodSecurityPolicy: Sendable, Equatable {
    var enforce = PodSecurityStandard()
    var audit = PodSecurityStandard()
    var warn = PodSecurityStandard()

    var isPrivileged: Bool {
        enforce.level == .privileged && audit.level == .privileged && warn.level == .privileged
    }

    /// A label that doesn't parse makes enforcement restricted, and audit and warning privileged.
    static func parse(_ labels: [String: String], defaults: PodSecurityPolicy = .init()) -> (
        policy: PodSecurityPolicy, faults: [FieldError]
    ) {
        var policy = defaults
        var reader = LabelReader(labels: labels)
        let enforced = reader.level("enforce", onFault: .restricted)
        if let enforced { policy.enforce.level = enforced.level }
        if let version = reader.version("enforce-version") { policy.enforce.minor = version.minor }
        if let audit = reader.level("audit", onFault: .privileged) { policy.audit.level = audit.level }
        if let version = reader.version("audit-version") { policy.audit.minor = version.minor }
        let warned = reader.level("warn", onFault: .privileged)
        if let warned { policy.warn.level = warned.level }
        let warnVersion = reader.version("warn-version")
        if let warnVersion { policy.warn.minor = warnVersion.minor }
        if warned == nil, let enforced, enforced.isValid, policy.enforce.level > policy.warn.level {
            policy.warn.level = policy.enforce.level
            if warnVersion == nil { policy.warn.minor = policy.enforce.minor }
        }
        return (policy, reader.faults)
    }
}

private struct LabelReader {
    let labels: [String: String]
    var faults: [FieldError] = []

    struct Version {
        /// Nil: the latest.
        let minor: Int?
    }

    private static let prefix = "pod-security.kubernetes.io/"

    private mutating func fault(_ key: String, _ value: String, _ detail: String) {
        faults.append(
            .invalid(FieldPath("metadata")["labels"][key: Self.prefix + key], .string(value), detail))
    }

    /// Nil without the label.
    mutating func level(_ key: String, onFault: PodSecurityLevel) -> (level: PodSecurityLevel, isValid: Bool)? {
        guard let text = labels[Self.prefix + key] else { return nil }
        if let level = PodSecurityLevel(rawValue: text) { return (level, true) }
        fault(key, text, "must be one of privileged, baseline, restricted")
        return (onFault, false)
    }

    /// Nil without the label.
    mutating func version(_ key: String) -> Version? {
        guard let text = labels[Self.prefix + key] else { return nil }
        if text == "latest" { return Version(minor: nil) }
        let digits = text.dropFirst(3)
        if text.hasPrefix("v1."), !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }),
            digits == "0" || !digits.hasPrefix("0"), let minor = Int(digits)
        {
            return Version(minor: minor)
        }
        fault(key, text, "must be \"latest\" or \"v1.x\"")
        return Version(minor: nil)
    }
}
