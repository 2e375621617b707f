import JSON
import KubeModel

/// What follows from how little is left. Pure; orders and wordings are the original's (`pkg/kubelet/eviction`).
enum EvictionPlan {
    /// Thresholds that are met: memory before the rest.
    static func met(_ thresholds: [EvictionThreshold], _ observation: NodeObservation) -> [EvictionThreshold] {
        let met = thresholds.filter { threshold in
            guard let level = observation.levels[threshold.signal] else { return false }
            return Quantity(level.available) < threshold.quantity(of: level.capacity)
        }
        return met.filter { $0.signal == .memoryAvailable } + met.filter { $0.signal != .memoryAvailable }
    }

    /// A condition lasts for a while after it was seen, so that pods aren't sent back and forth.
    /// - Parameter seen: when each was seen last, in seconds since 1970.
    static func pressures(
        _ met: [EvictionThreshold], seen: inout [NodePressureKind: Double], now: Double, transition: Double
    ) -> Set<NodePressureKind> {
        for threshold in met { seen[threshold.signal.pressure] = now }
        return Set(seen.filter { now - $0.value < transition || $0.value == now }.keys)
    }

    /// Those of the met thresholds that have been met for long enough.
    /// - Parameter since: when each of them was first met, in seconds since 1970.
    static func due(
        _ met: [EvictionThreshold], since: inout [EvictionThreshold: Double], now: Double
    ) -> [EvictionThreshold] {
        let before = since
        since = [:]
        for threshold in met { since[threshold] = before[threshold] ?? now }
        return met.filter { now - (since[$0] ?? now) >= $0.grace ?? 0 }
    }

    /// The most seconds that a pod gets to end; nil: as many as it wants.
    /// - Parameter longest: of those that end for a soft threshold; below 0: as many as they want.
    static func grace(_ threshold: EvictionThreshold, longest: Int) -> Int? {
        guard threshold.isSoft else { return PodWorker.evictionGrace }
        return longest < 0 ? nil : longest
    }

    // MARK: Ranking

    /// Who goes first: those that take more than they asked for, then the less important, then those that take the most
    /// beyond what they asked for. When processes are many, requests don't count.
    static func ranked(_ pods: [PodUse], _ resource: String) -> [PodUse] {
        func key(_ use: PodUse) -> (exceeds: Bool, priority: Int, beyond: Int) {
            let beyond = use.use(of: resource) - use.request(of: resource)
            return (resource != "pids" && beyond > 0, use.pod.spec["priority"].int ?? 0, beyond)
        }
        return pods.map { (use: $0, key: key($0)) }.sorted { a, b in
            if a.key.exceeds != b.key.exceeds { return a.key.exceeds }
            if a.key.priority != b.key.priority { return a.key.priority < b.key.priority }
            return a.key.beyond > b.key.beyond
        }.map(\.use)
    }

    /// The node couldn't go on without it, or it would come back at once.
    static func isCritical(_ pod: PodSpec) -> Bool {
        let notes = pod.pod["metadata"]["annotations"]
        let source = notes["kubernetes.io/config.source"].string ?? "api"
        return source != "api" || !notes["kubernetes.io/config.mirror"].isNull
            || (pod.spec["priority"].int ?? 0) >= 2_000_000_000
    }

    // MARK: Words

    /// Why a pod went: what there is too little of, and which of its containers took more than they asked for.
    static func message(
        _ use: PodUse, _ met: [EvictionThreshold], _ observation: NodeObservation, _ resource: String
    ) -> String {
        var text = "The node was low on resource: \(resource). "
        if let threshold = met.first(where: { $0.signal.resource == resource }),
            let level = observation.levels[threshold.signal]
        {
            let left = Quantity(level.available, threshold.signal.format)
            text += "Threshold quantity: \(threshold.quantity(of: level.capacity)), available: \(left). "
        }
        func told(_ what: String, _ name: String, _ used: Int, _ asked: Quantity) -> String {
            "\(what) \(name) was using \(Quantity(used, .binarySI)), request is \(asked), "
                + "has larger consumption of \(resource). "
        }
        func request(_ part: JSON) -> Quantity? {
            part["resources"].map("requests")[resource].flatMap { Quantity($0) }
        }
        if resource == "memory", let asked = request(use.pod.spec) {
            text += told("Pod", use.pod.name, use.memory, asked)
        }
        guard resource == "memory" || resource == "ephemeral-storage" else { return text }
        for own in use.containers {
            guard let container = use.pod.container(own.name), !use.pod.isEphemeral(own.name) else { continue }
            let used = resource == "memory" ? own.memory : own.disk.bytes
            let asked = request(container) ?? .zero
            if Quantity(used) > asked { text += told("Container", own.name, used, asked) }
        }
        return text
    }

    /// Why a pod isn't let in now; nil: it is.
    static func refusal(_ pod: PodSpec, _ pressures: Set<NodePressureKind>) -> String? {
        guard !pressures.isEmpty, !isCritical(pod) else { return nil }
        if pressures == [.memory] {
            let tolerates = pod.spec.list("tolerations").contains { toleration in
                let key = toleration.text("key"), effect = toleration.text("effect")
                return (key == "node.kubernetes.io/memory-pressure" || key.isEmpty)
                    && toleration.text("operator") == "Exists" && (effect.isEmpty || effect == "NoSchedule")
            }
            if tolerates || QualityOfService.ofPod(pod.spec) != "BestEffort" { return nil }
        }
        let names = NodePressureKind.allCases.filter(pressures.contains).map(\.rawValue).joined(separator: " ")
        return "The node had condition: [\(names)]. "
    }
}
