import JSON
import KubeModel
import KubeStorage

extension Subresources {
    /// Names that a budget remembers while their deletion isn't seen yet; upstream's limit.
    private static let disruptedPods = 2_000

    /// Deletes a pod unless a PodDisruptionBudget forbids it now.
    func evict() async throws(APIStatus) -> Answer {
        let eviction = try await decode("policy/v1", "Eviction")
        let own = eviction["metadata"]["name"].string ?? ""
        if !own.isEmpty, own != verbs.name {
            throw .badRequest("name in URL does not match name in Eviction object: \(verbs.name) != \(own)")
        }
        var tree = eviction["deleteOptions"]
        if tree.isNull { tree = [:] }
        let options = try DeletionOptions(tree, request.query)
        let stored = try await parts.store.get(verbs.served, verbs.namespace, verbs.name)
        let pod = try ObjectStore.decode(stored)
        if needsBudget(pod), let budget = try budget(for: pod) {
            try await spend(budget, pod, isDryRun: options.isDryRun)
        }
        _ = try await verbs.delete(verbs.name, options.isDryRun ? options : try await mark(options))
        return Self.success()
    }

    /// Tells by a condition of the pod why it goes, before it does.
    /// - Returns: the options for the pod as it is then.
    private func mark(_ options: DeletionOptions) async throws(APIStatus) -> DeletionOptions {
        for _ in 0..<20 {
            let stored = try await parts.store.get(verbs.served, verbs.namespace, verbs.name)
            var pod = try ObjectStore.decode(stored)
            let metadata = pod["metadata"]
            // What the deletion refuses is left to it.
            if let uid = options.uid, uid != metadata["uid"].string { return options }
            if let version = options.resourceVersion, version != metadata["resourceVersion"].string { return options }
            pod["status", "conditions"] = .array(
                Self.disrupted(pod["status"]["conditions"].array ?? [], at: verbs.timestamp))
            guard let written = try await parts.store.replace(stored, pod) else { continue }
            var marked = options
            if options.resourceVersion != nil {
                marked.resourceVersion = try ObjectStore.decode(written)["metadata"]["resourceVersion"].string
            }
            return marked
        }
        throw .conflict(verbs.resource, verbs.name, "the pod changes too often")
    }

    static func disrupted(_ conditions: [JSON], at time: String) -> [JSON] {
        let old = conditions.first { $0["type"] == "DisruptionTarget" }
        let since = old?["status"] == "True" ? old?["lastTransitionTime"] ?? .string(time) : .string(time)
        let new: JSON = [
            "type": "DisruptionTarget", "status": "True", "lastProbeTime": .null, "lastTransitionTime": since,
            "reason": "EvictionByEvictionAPI", "message": "Eviction API: evicting",
        ]
        guard let place = conditions.firstIndex(where: { $0["type"] == "DisruptionTarget" }) else {
            return conditions + [new]
        }
        var all = conditions
        all[place] = new
        return all
    }

    /// Pods that are done, not begun or on their way out cost nothing.
    private func needsBudget(_ pod: JSON) -> Bool {
        let phase = pod["status"]["phase"].string ?? ""
        return !["Succeeded", "Failed", "Pending"].contains(phase) && pod["metadata"]["deletionTimestamp"].isNull
    }

    private func budget(for pod: JSON) throws(APIStatus) -> JSON? {
        let labels = pod["metadata"]["labels"].stringMap
        let budgets = parts.reader.objects(
            group: "policy", resource: "poddisruptionbudgets", namespace: verbs.namespace
        ).filter { budget in
            let selector = budget["spec"]["selector"]
            guard !selector.isNull, let parsed = try? LabelSelector(selector) else { return false }
            return parsed.matches(labels)
        }
        if budgets.count > 1 {
            throw .internalError(
                "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.")
        }
        return budgets.first
    }

    private func spend(_ seen: JSON, _ pod: JSON, isDryRun: Bool) async throws(APIStatus) {
        let name = seen["metadata"]["name"].string ?? ""
        guard let budgets = parts.table.find(group: "policy", version: "v1", resource: "poddisruptionbudgets") else {
            return
        }
        for _ in 0..<20 {
            let stored = try await parts.store.get(budgets, verbs.namespace, name)
            var budget = try ObjectStore.decode(stored)
            try check(budget, name, pod)
            if isAlwaysAllowed(budget, pod) { return }
            let status = budget["status"]
            let allowed = status["disruptionsAllowed"].int ?? 0
            guard allowed > 0 else { throw refused(budget, name) }
            budget["status"]["disruptionsAllowed"] = .init(allowed - 1)
            let key = verbs.name
            budget["status"]["disruptedPods"][key] = .string(verbs.timestamp)
            if isDryRun { return }
            if try await parts.store.replace(stored, budget) != nil { return }
        }
        throw tooMany("Please retry after 10 seconds", name: "")
    }

    private func check(_ budget: JSON, _ name: String, _ pod: JSON) throws(APIStatus) {
        let status = budget["status"]
        if (status["observedGeneration"].int ?? 0) < (budget["metadata"]["generation"].int ?? 0) {
            throw tooMany(
                "The disruption budget \(name) is still being processed by the server.", name: name)
        }
        if (status["disruptedPods"].object?.count ?? 0) > Self.disruptedPods {
            throw APIStatus(
                code: 403, reason: "Forbidden",
                message: "DisruptedPods map too big - too many evictions not confirmed by PDB controller")
        }
    }

    /// `unhealthyPodEvictionPolicy`: a pod that isn't ready is no part of the budget's health.
    private func isAlwaysAllowed(_ budget: JSON, _ pod: JSON) -> Bool {
        let isReady = (pod["status"]["conditions"].array ?? []).contains {
            $0["type"].string == "Ready" && $0["status"].string == "True"
        }
        if isReady { return false }
        if budget["spec"]["unhealthyPodEvictionPolicy"].string == "AlwaysAllow" { return true }
        let status = budget["status"]
        return (status["currentHealthy"].int ?? 0) >= (status["desiredHealthy"].int ?? 0)
            && (status["desiredHealthy"].int ?? 0) > 0
    }

    private func refused(_ budget: JSON, _ name: String) -> APIStatus {
        let status = budget["status"]
        return tooMany(
            "The disruption budget \(name) needs \(status["desiredHealthy"].int ?? 0) healthy pods and has "
                + "\(status["currentHealthy"].int ?? 0) currently", name: name)
    }

    private func tooMany(_ cause: String, name: String) -> APIStatus {
        APIStatus(
            code: 429, reason: "TooManyRequests",
            message: "Cannot evict pod as it would violate the pod's disruption budget.",
            details: ["causes": [["reason": "DisruptionBudget", "message": .string(cause)]]])
    }
}
