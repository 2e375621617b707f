import JSON

/// Checks of a Job's spec, which a CronJob's template holds too.
enum JobSpec {
    /// Sources: batch validation of Kubernetes.
    enum Limit {
        /// Pods of an Indexed Job at once: keeps `status.completedIndexes` short.
        static let indexedParallelism = 100_000
        /// Failed indexes that are tracked.
        static let failedIndexes = 100_000
        /// Completions from which the limits below hold.
        static let softCompletions = 100_000
        static let parallelismOfMany = 10_000
        static let failedIndexesOfMany = 10_000
        static let failureRules = 20
        static let exitCodes = 255
        static let podConditions = 20
        /// Characters of `managedBy`.
        static let managedBy = 63
        static let successRules = 20
        /// Bytes of `succeededIndexes`.
        static let succeededIndexes = 64 * 1024
    }

    static func faults(_ spec: JSON, _ path: FieldPath) -> [FieldError] {
        var faults = SpecFaults.negative(
            spec, path, "parallelism", "completions", "activeDeadlineSeconds", "backoffLimit",
            "ttlSecondsAfterFinished", "backoffLimitPerIndex", "maxFailedIndexes")
        if spec.has("maxFailedIndexes"), !spec.has("backoffLimitPerIndex") {
            faults.append(.required(path["backoffLimitPerIndex"], "when maxFailedIndexes is specified"))
        }
        if spec.has("managedBy") {
            let manager = spec.text("managedBy")
            faults += Names.domainPrefixedPath(path["managedBy"], manager)
            if manager.utf8.count > Limit.managedBy {
                faults.append(.tooLong(path["managedBy"], maxLength: Limit.managedBy))
            }
        }
        faults += completionModeFaults(spec, path)
        if spec.has("podFailurePolicy") { faults += JobFailurePolicy.faults(spec, path["podFailurePolicy"]) }
        if spec.has("successPolicy") {
            if spec.text("completionMode") == "Indexed" {
                faults += successPolicyFaults(spec, path["successPolicy"])
            } else {
                faults.append(
                    SpecFaults.invalid(
                        path["successPolicy"], internalForm: JobInternalForm.successPolicy(spec["successPolicy"]),
                        "requires indexed completion mode"))
            }
        }
        faults += replacementFaults(spec, path["podReplacementPolicy"])
        faults += WorkloadTemplate.validate(spec["template"], path["template"])
        return faults + restartPolicyFaults(spec, path["template"]["spec"]["restartPolicy"])
    }

    private static func completionModeFaults(_ spec: JSON, _ path: FieldPath) -> [FieldError] {
        let mode = spec.has("completionMode") ? spec.text("completionMode") : "NonIndexed"
        var faults: [FieldError] = []
        switch mode {
        case "NonIndexed":
            for name in ["backoffLimitPerIndex", "maxFailedIndexes"] where spec.has(name) {
                faults.append(.invalid(path[name], spec[name], "requires indexed completion mode"))
            }
        case "Indexed": faults = indexedFaults(spec, path)
        default:
            faults = [
                SpecFaults.notSupported(path["completionMode"], spec["completionMode"], ["NonIndexed", "Indexed"])
            ]
        }
        return faults
    }

    private static func indexedFaults(_ spec: JSON, _ path: FieldPath) -> [FieldError] {
        let (completions, parallelism) = (spec["completions"].int, spec["parallelism"].int ?? 0)
        let maxFailed = spec["maxFailedIndexes"].int
        var faults: [FieldError] = []
        func tooLarge(_ name: String, _ detail: String) {
            faults.append(.invalid(path[name], spec[name], "must be less than or equal to \(detail)"))
        }
        if completions == nil { faults.append(.required(path["completions"], "when completion mode is Indexed")) }
        if parallelism > Limit.indexedParallelism {
            tooLarge("parallelism", "\(Limit.indexedParallelism) when completion mode is Indexed")
        }
        if let completions, let maxFailed, maxFailed > completions { tooLarge("maxFailedIndexes", "completions") }
        if let maxFailed, maxFailed > Limit.failedIndexes { tooLarge("maxFailedIndexes", "\(Limit.failedIndexes)") }
        guard let completions, completions > Limit.softCompletions, spec.has("backoffLimitPerIndex") else {
            return faults
        }
        let when =
            "when completions are above \(Limit.softCompletions) and used with backoff limit per index"
        if maxFailed == nil {
            let detail = "must be specified when completions is above \(Limit.softCompletions)"
            faults.append(.required(path["maxFailedIndexes"], detail))
        }
        if parallelism > Limit.parallelismOfMany { tooLarge("parallelism", "\(Limit.parallelismOfMany) \(when)") }
        if let maxFailed, maxFailed > Limit.failedIndexesOfMany {
            tooLarge("maxFailedIndexes", "\(Limit.failedIndexesOfMany) \(when)")
        }
        return faults
    }

    private static func replacementFaults(_ spec: JSON, _ path: FieldPath) -> [FieldError] {
        guard spec.has("podReplacementPolicy") else { return [] }
        let supported = spec.has("podFailurePolicy") ? ["Failed"] : ["Failed", "TerminatingOrFailed"]
        if supported.contains(spec.text("podReplacementPolicy")) { return [] }
        return [SpecFaults.notSupported(path, spec["podReplacementPolicy"], supported)]
    }

    private static func restartPolicyFaults(_ spec: JSON, _ path: FieldPath) -> [FieldError] {
        let policy = spec["template"]["spec"].text("restartPolicy")
        switch policy {
        case "", "Always": return [.required(path, "valid values: \"OnFailure\", \"Never\"")]
        case "Never": return []
        case "OnFailure":
            guard spec.has("podFailurePolicy") else { return [] }
            let detail = "only \"Never\" is supported when podFailurePolicy is specified"
            return [.invalid(path, .string(policy), detail)]
        default: return [SpecFaults.notSupported(path, .string(policy), ["OnFailure", "Never"])]
        }
    }

    private static func successPolicyFaults(_ spec: JSON, _ path: FieldPath) -> [FieldError] {
        let (rules, path) = (spec["successPolicy"].list("rules"), path["rules"])
        var faults: [FieldError] = []
        if rules.isEmpty {
            let detail = "at least one rules must be specified when the successPolicy is specified"
            faults.append(.required(path, detail))
        }
        if rules.count > Limit.successRules {
            faults.append(.tooMany(path, rules.count, max: Limit.successRules))
        }
        let completions = spec["completions"].int ?? 0
        return faults
            + rules.enumerated().flatMap { successRuleFaults($1, path[$0], completions: completions) }
    }

    private static func successRuleFaults(_ rule: JSON, _ path: FieldPath, completions: Int) -> [FieldError] {
        var faults: [FieldError] = []
        if !rule.has("succeededCount"), !rule.has("succeededIndexes") {
            let detail = "at least one of succeededCount or succeededIndexes must be specified"
            faults.append(.required(path, detail))
        }
        var total = 0
        if rule.has("succeededIndexes") {
            let (text, path) = (rule.text("succeededIndexes"), path["succeededIndexes"])
            if text.utf8.count > Limit.succeededIndexes {
                faults.append(.tooLong(path, maxLength: Limit.succeededIndexes))
            }
            do { total = try IndexIntervals.count(text, below: completions) } catch {
                faults.append(.invalid(path, .string(text), "error parsing succeededIndexes: \(error)"))
            }
        }
        guard let count = rule["succeededCount"].int else { return faults }
        faults += SpecFaults.negative(rule, path, "succeededCount")
        func tooLarge(_ limit: Int, _ what: String) {
            let detail = "must be less than or equal to \(limit) (\(what))"
            faults.append(.invalid(path["succeededCount"], .init(count), detail))
        }
        if count > completions { tooLarge(completions, "the number of specified completions") }
        if rule.has("succeededIndexes"), count > total {
            tooLarge(total, "the number of indexes in the specified succeededIndexes field")
        }
        return faults
    }
}
