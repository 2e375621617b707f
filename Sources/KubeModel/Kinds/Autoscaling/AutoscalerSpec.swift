import JSON

/// Checks of an autoscaler's spec, in its v2 form.
enum AutoscalerSpec {
    /// Longest period of a scaling policy, in seconds.
    private static let longestPeriod = 1_800
    /// Longest stabilization window, in seconds.
    private static let longestWindow = 3_600

    /// What an update leaves to an object from before the rules were stricter.
    struct Leniency {
        var leastReplicas = 1
        /// A target without a group, which only ReplicationControllers are, or one whose version isn't of the form.
        var allowsAnyTarget = false

        init() {}

        init(old: JSON) {
            if old["minReplicas"].int == 0 { leastReplicas = 0 }
            allowsAnyTarget = !versionFaults(old["scaleTargetRef"], FieldPath(), mayHaveNoGroup: false).isEmpty
        }
    }

    static func faults(_ spec: JSON, _ leniency: Leniency) -> [FieldError] {
        let leastReplicas = leniency.leastReplicas
        let path = FieldPath("spec")
        let (least, most) = (spec["minReplicas"].int, spec["maxReplicas"].int ?? 0)
        var faults: [FieldError] = []
        if let least, least < leastReplicas {
            let detail = "must be greater than or equal to \(leastReplicas)"
            faults.append(.invalid(path["minReplicas"], .init(least), detail))
        }
        if most == 0 { faults.append(.required(path["maxReplicas"], "must be set and greater than 0")) }
        if most < 0 {
            faults.append(.invalid(path["maxReplicas"], .init(most), "must be greater than or equal to 1"))
        }
        if let least, most < least {
            let detail = "must be greater than or equal to `minReplicas`"
            faults.append(.invalid(path["maxReplicas"], .init(most), detail))
        }
        let target = spec["scaleTargetRef"]
        faults += referenceFaults(target, path["scaleTargetRef"])
        if !leniency.allowsAnyTarget {
            let isCore = target.text("kind") == "ReplicationController"
            faults += versionFaults(target, path["scaleTargetRef"], mayHaveNoGroup: isCore)
        }
        let metrics = spec.list("metrics")
        faults += metrics.enumerated().flatMap { AutoscalerMetric.faults($1, path["metrics"][$0]) }
        if least == 0, !metrics.contains(where: { ["Object", "External"].contains($0.text("type")) }) {
            let detail = "must specify at least one Object or External metric to support scaling to zero replicas"
            faults.append(.forbidden(path["metrics"], detail))
        }
        for direction in ["scaleUp", "scaleDown"] where spec["behavior"].has(direction) {
            faults += ruleFaults(spec["behavior"][direction], path["behavior"][direction])
        }
        return faults
    }

    /// Kind and name of what is scaled or described.
    static func referenceFaults(_ reference: JSON, _ path: FieldPath) -> [FieldError] {
        var faults: [FieldError] = []
        for member in ["kind", "name"] {
            let text = reference.text(member)
            faults += text.isEmpty ? [.required(path[member])] : []
            faults += text.isEmpty ? [] : SpecFaults.named(path[member], text, Names.pathSegment(text))
        }
        return faults
    }

    static func versionFaults(_ reference: JSON, _ path: FieldPath, mayHaveNoGroup: Bool) -> [FieldError] {
        let text = reference.text("apiVersion")
        let slashes = text.utf8.count { $0 == UInt8(ascii: "/") }
        if slashes > 1 {
            return [.invalid(path["apiVersion"], .string(text), "unexpected GroupVersion string: \(text)")]
        }
        if mayHaveNoGroup || slashes == 1 && !text.hasPrefix("/") { return [] }
        return [.invalid(path["apiVersion"], .string(text), "apiVersion must specify API group")]
    }

    private static func ruleFaults(_ rules: JSON, _ path: FieldPath) -> [FieldError] {
        var faults: [FieldError] = []
        if let window = rules["stabilizationWindowSeconds"].int {
            let at = path["stabilizationWindowSeconds"]
            if window < 0 { faults.append(.invalid(at, .init(window), "must be greater than or equal to zero")) }
            if window > longestWindow {
                faults.append(.invalid(at, .init(window), "must be less than or equal to \(longestWindow)"))
            }
        }
        faults += SpecFaults.unsupported(rules, path, "selectPolicy", ["Disabled", "Max", "Min"])
        let policies = rules.list("policies")
        if policies.isEmpty { faults.append(.required(path["policies"], "must specify at least one Policy")) }
        faults += policies.enumerated().flatMap { policyFaults($1, path["policies"][$0]) }
        if let tolerance = Quantity(rules["tolerance"]), tolerance.sign < 0 {
            faults.append(.invalid(path["tolerance"], rules["tolerance"], "must be greater than or equal to 0"))
        }
        return faults
    }

    private static func policyFaults(_ policy: JSON, _ path: FieldPath) -> [FieldError] {
        var faults: [FieldError] = []
        if !["Pods", "Percent"].contains(policy.text("type")) {
            faults.append(
                SpecFaults.notSupported(path["type"], .string(policy.text("type")), ["Percent", "Pods"]))
        }
        for member in ["value", "periodSeconds"] where policy[member].int ?? 0 <= 0 {
            let value = JSON(policy[member].int ?? 0)
            faults.append(.invalid(path[member], value, "must be greater than zero"))
        }
        if let period = policy["periodSeconds"].int, period > longestPeriod {
            let detail = "must be less than or equal to \(longestPeriod)"
            faults.append(.invalid(path["periodSeconds"], .init(period), detail))
        }
        return faults
    }
}
