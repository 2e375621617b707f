import JSON
import KubeModel

/// Charges new objects to their namespace's quotas, and refuses those that don't fit.
package struct ResourceQuotaPlugin: AdmissionPlugin {
    package let name = "ResourceQuota"

    /// How often a charge is tried anew after somebody else changed the quota.
    private static let retries = 3
    /// What isn't stored, and events, which come from everywhere.
    private static let ignored: Set<String> = [
        "bindings", "componentstatuses", "events", "events.events.k8s.io", "tokenreviews.authentication.k8s.io",
        "selfsubjectreviews.authentication.k8s.io", "subjectaccessreviews.authorization.k8s.io",
        "localsubjectaccessreviews.authorization.k8s.io", "selfsubjectaccessreviews.authorization.k8s.io",
        "selfsubjectrulesreviews.authorization.k8s.io",
    ]

    private let ledger: any QuotaLedger
    private let turns = QuotaTurns()
    private let clock: WallClock

    package init(ledger: any QuotaLedger, clock: @escaping WallClock = systemTime) {
        self.ledger = ledger
        self.clock = clock
    }

    package func validate(_ request: inout AdmissionRequest, _ reader: any ObjectReader) async throws(APIStatus) {
        guard request.operation == .create || request.operation == .update, !request.namespace.isEmpty,
            !request.isOf("namespaces"), !Self.ignored.contains(request.resource.qualifiedName)
        else { return }
        let evaluator = evaluator(request)
        guard evaluator.handles(request),
            !reader.objects(group: "", resource: "resourcequotas", namespace: request.namespace).isEmpty
        else { return }
        let asked = request
        let result = await turns.run(request.namespace) { () async -> Result<Void, APIStatus> in
            do throws(APIStatus) {
                return .success(try await charge(asked, evaluator))
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    private func evaluator(_ request: AdmissionRequest) -> any QuotaEvaluator {
        switch (request.resource.groupVersion.group, request.resource.plural) {
        case ("", "pods"): PodQuotaEvaluator(clock: clock)
        case ("", "services"): ServiceQuotaEvaluator()
        case ("", "persistentvolumeclaims"): ClaimQuotaEvaluator()
        default:
            ObjectCountEvaluator(group: request.resource.groupVersion.group, resource: request.resource.plural)
        }
    }

    private func charge(_ request: AdmissionRequest, _ evaluator: any QuotaEvaluator) async throws(APIStatus) {
        // Quotas that are charged already aren't again when another one has to be tried anew.
        var charged: Set<String> = []
        for _ in 0...Self.retries {
            let quotas = try await ledger.quotas(namespace: request.namespace)
                .filter { !charged.contains($0["metadata"].text("name")) }
            let changed = try QuotaCheck.charged(quotas, request, evaluator)
            guard !request.isDryRun else { return }
            var lost = false
            for quota in changed {
                if try await ledger.charge(quota) {
                    charged.insert(quota["metadata"].text("name"))
                } else {
                    lost = true
                }
            }
            if !lost { return }
        }
        throw request.forbidden("the quota was changed by others each time; please try again")
    }
}

/// The decision alone: which quotas a request is charged to, and whether it fits.
enum QuotaCheck {
    /// The quotas with their new `status.used`; those that don't change are left out.
    static func charged(_ quotas: [JSON], _ request: AdmissionRequest, _ evaluator: any QuotaEvaluator)
        throws(APIStatus)
        -> [JSON]
    {
        let object = request.object
        var interesting: [JSON] = []
        for quota in quotas where evaluator.matches(quota, object) {
            let name = quota["metadata"].text("name")
            let hard = quota["status", "hard"].object?.names ?? []
            let restricted = evaluator.matching(hard)
            if let fault = evaluator.fault(restricted, object) {
                throw request.forbidden("failed quota: \(name): \(fault)")
            }
            guard restricted.allSatisfy({ !quota["status", "used", $0].isNull }) else {
                throw request.forbidden(
                    "status unknown for quota: \(name), resources: \(restricted.sorted().joined(separator: ","))")
            }
            interesting.append(quota)
        }
        guard !interesting.isEmpty else { return [] }
        let usage = evaluator.usage(object)
        let negative = usage.filter { $0.value.sign < 0 }.keys.sorted()
        guard negative.isEmpty else {
            throw request.forbidden("quota usage is negative for resource(s): \(negative.joined(separator: ","))")
        }
        var changed: [JSON] = []
        for quota in interesting {
            let delta = delta(usage, quota, request, evaluator).filter { !$0.value.isZero }
            if let quota = try add(delta, to: quota, request) { changed.append(quota) }
        }
        return changed
    }

    /// What an update adds to the quota; all of the object when the quota didn't count it before.
    private static func delta(
        _ usage: ResourceAmounts, _ quota: JSON, _ request: AdmissionRequest, _ evaluator: any QuotaEvaluator
    ) -> ResourceAmounts {
        guard request.operation == .update, !request.old.isNull, evaluator.matches(quota, request.old) else {
            return usage
        }
        let before = evaluator.usage(request.old)
        return Dictionary(
            usage.map { name, amount in
                let rest = before[name].map { amount - $0 } ?? amount
                return (name, rest.sign < 0 ? Quantity.zero : rest)
            }, uniquingKeysWith: { first, _ in first })
    }

    /// Nil when the quota doesn't change.
    private static func add(_ delta: ResourceAmounts, to quota: JSON, _ request: AdmissionRequest) throws(APIStatus)
        -> JSON?
    {
        let hard = ResourceAmounts(quota["status", "hard"]), used = ResourceAmounts(quota["status", "used"])
        let requested = delta.masked(hard.keys)
        guard !requested.isEmpty else { return nil }
        let after = used + requested
        let exceeded = requested.keys.filter { name in
            guard let limit = hard[name], let amount = after[name] else { return false }
            return amount.compare(to: limit) > 0
        }
        guard exceeded.isEmpty || request.subresource == "status" else {
            throw request.forbidden(
                "exceeded quota: \(quota["metadata"].text("name")), requested: \(requested.masked(exceeded).text), "
                    + "used: \(used.masked(exceeded).text), limited: \(hard.masked(exceeded).text)")
        }
        var changed = quota
        changed["status", "used"] = after.json
        return changed
    }
}
