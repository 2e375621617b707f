import JSON
import KubeModel

/// Pods, and what they ask for and may use.
struct PodQuotaEvaluator: QuotaEvaluator {
    let clock: WallClock

    private static let names: Set<String> = [
        "count/pods", "cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory",
        "requests.ephemeral-storage", "limits.cpu", "limits.memory", "limits.ephemeral-storage", "pods",
    ]
    /// A quota of one of these makes every container say how much it wants.
    private static let required: Set<String> = [
        "cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory",
    ]

    func handles(_ request: AdmissionRequest) -> Bool {
        request.operation == .create && request.subresource.isEmpty
            || request.operation == .update && request.subresource == "resize"
    }

    func matching(_ names: [String]) -> [String] {
        names.filter { name in
            Self.names.contains(name) || name.hasPrefix("hugepages-") || name.hasPrefix("requests.hugepages-")
                || name.hasPrefix("requests.") && !Self.isNative(name)
        }
    }

    private static func isNative(_ name: String) -> Bool { !name.contains("/") || name.contains("kubernetes.io/") }

    private static func isExtended(_ name: String) -> Bool { !isNative(name) && !name.hasPrefix("requests.") }

    func usage(_ object: JSON) -> ResourceAmounts {
        let counted: ResourceAmounts = ["count/pods": Quantity(1)]
        guard !hasEnded(object) else { return counted }
        let spec = object["spec"]
        return counted
            + Self.usage(
                PodResources.requests(spec, withOverhead: true), PodResources.limits(spec, withOverhead: true))
    }

    private static func usage(_ requests: ResourceAmounts, _ limits: ResourceAmounts) -> ResourceAmounts {
        var usage: ResourceAmounts = ["pods": Quantity(1)]
        for name in ["cpu", "memory", "ephemeral-storage"] {
            if let request = requests[name] {
                usage[name] = request
                usage["requests.\(name)"] = request
            }
            if let limit = limits[name] { usage["limits.\(name)"] = limit }
        }
        for (name, request) in requests {
            if name.hasPrefix("hugepages-") {
                usage[name] = request
                usage["requests.\(name)"] = request
            } else if isExtended(name) {
                usage["requests.\(name)"] = request
            }
        }
        return usage
    }

    /// Done, or deleted and past its grace: its resources are free again.
    private func hasEnded(_ pod: JSON) -> Bool {
        if ["Failed", "Succeeded"].contains(pod["status", "phase"].string) { return true }
        guard let text = pod["metadata", "deletionTimestamp"].string,
            let grace = pod["metadata", "deletionGracePeriodSeconds"].int, let time = try? Timestamp(parsing: text)
        else { return false }
        return clock() > time.time + Double(grace)
    }

    func isInScope(_ selector: JSON, _ object: JSON) -> Bool {
        let spec = object["spec"]
        switch selector["scopeName"].string {
        case "Terminating": return (spec["activeDeadlineSeconds"].int ?? -1) >= 0
        case "NotTerminating": return (spec["activeDeadlineSeconds"].int ?? -1) < 0
        case "BestEffort": return PodResources.isBestEffort(spec)
        case "NotBestEffort": return !PodResources.isBestEffort(spec)
        case "PriorityClass":
            let name = spec.text("priorityClassName")
            return QuotaScopes.holds(selector, name.isEmpty ? nil : name)
        case "CrossNamespacePodAffinity": return Self.looksElsewhere(spec["affinity"])
        default: return false
        }
    }

    private static func looksElsewhere(_ affinity: JSON) -> Bool {
        ["podAffinity", "podAntiAffinity"].contains { kind in
            let terms =
                affinity[kind].list("requiredDuringSchedulingIgnoredDuringExecution")
                + affinity[kind].list("preferredDuringSchedulingIgnoredDuringExecution").map { $0["podAffinityTerm"] }
            return terms.contains { !$0.list("namespaces").isEmpty || $0.has("namespaceSelector") }
        }
    }

    func fault(_ required: [String], _ object: JSON) -> String? {
        let spec = object["spec"], wanted = Set(required).intersection(Self.required)
        guard !wanted.isEmpty else { return nil }
        let own = Set(
            Self.usage(
                ResourceAmounts(spec["resources", "requests"]), ResourceAmounts(spec["resources", "limits"])
            ).keys)
        var missing: [String: Set<String>] = [:]
        for container in spec.list("containers") + spec.list("initContainers") {
            let used = Self.usage(
                ResourceAmounts(container["resources", "requests"]), ResourceAmounts(container["resources", "limits"]))
            for name in wanted where used[name] == nil && !own.contains(name) {
                missing[name, default: []].insert(container.text("name"))
            }
        }
        guard !missing.isEmpty else { return nil }
        let parts = missing.sorted { $0.key < $1.key }.map {
            "\($0.key) for: \($0.value.sorted().joined(separator: ","))"
        }
        return "must specify \(parts.joined(separator: "; "))"
    }
}
