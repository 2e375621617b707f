import JSON
import KubeClient

/// Whether evicting less important pods makes room for a pod that found no node, where, and which. Source:
/// kube-scheduler `preemption` and `defaultpreemption`.
struct Preemption {
    struct Outcome {
        /// What the message about the pod ends with; "" when room is made.
        var afterword = ""
        /// Where; "" for nowhere, nil leaves an earlier nomination as it is.
        var node: String?
        var victims: [PodFacts] = []
    }

    private struct Candidate {
        let node: NodeState
        let victims: [PodFacts]
        /// How many of them their disruption budgets protect.
        let violations: Int
    }

    /// Candidates among which the choice is made: so many of a hundred nodes, and at least so many.
    private static let percent = 10, fewest = 100
    /// The original's rule of resource claims, which tries to make room before preemption does, says this of pods
    /// without any.
    private static let noClaims = "no new claims to deallocate, preemption: "

    let pod: PodFacts
    let cluster: ClusterState
    let nominations: Nominations

    /// - Parameters:
    ///   - diagnosis: why no node would do as it is.
    ///   - start: where among the nodes the search begins.
    func attempt(_ diagnosis: Diagnosis, _ filters: PodFilters, start: Int) -> Outcome {
        if let why = ineligibility(diagnosis) { return Outcome(afterword: Self.noClaims + why, node: nil) }
        let nodes = cluster.nodes.filter { node in
            if let general = diagnosis.general { return general.isResolvable }
            return diagnosis.rejections[node.name]?.isResolvable ?? false
        }
        var result = Diagnosis(nodeCount: cluster.nodes.count)
        result.others = .final(.defaultPreemption, "Preemption is not helpful for scheduling")
        let candidates = candidates(nodes, filters, start, &result)
        guard let best = Self.best(of: candidates) else {
            return Outcome(afterword: Self.noClaims + result.message, node: "")
        }
        return Outcome(node: best.node.name, victims: best.victims)
    }

    private func ineligibility(_ diagnosis: Diagnosis) -> String? {
        if !pod.mayPreempt { return "not eligible due to preemptionPolicy=Never." }
        let nominated = nominations.node(of: pod.uid) ?? pod.nominatedNode
        guard !nominated.isEmpty, let node = cluster.node(nominated),
            diagnosis.rejections[nominated]?.isResolvable ?? true
        else { return nil }
        let isMakingRoom = node.pods.contains { $0.priority < pod.priority && $0.isEvictedByScheduler }
        return isMakingRoom ? "not eligible due to a terminating pod on the nominated node." : nil
    }

    // MARK: Candidates

    private func candidates(_ nodes: [NodeState], _ filters: PodFilters, _ start: Int, _ result: inout Diagnosis)
        -> [Candidate]
    {
        guard !nodes.isEmpty else { return [] }
        let enough = min(nodes.count, max(Self.fewest, nodes.count * Self.percent / 100))
        let budgets = cluster.related.all(.podDisruptionBudgets).map { DisruptionBudget($0) }
        var found: [Candidate] = []
        for turn in nodes.indices {
            let node = nodes[(start + turn) % nodes.count]
            switch candidate(node, filters, budgets) {
            case .success(let candidate): found.append(candidate)
            case .failure(let rejection): result.rejections[node.name] = rejection.why
            }
            if found.count >= enough, found.contains(where: { $0.violations == 0 }) { break }
        }
        return found
    }

    private struct Useless: Error { let why: Rejection }

    /// All less important pods go, then as many as possible come back, the most important first.
    private func candidate(_ node: NodeState, _ filters: PodFilters, _ budgets: [DisruptionBudget])
        -> Swift.Result<Candidate, Useless>
    {
        let possible = node.pods.filter { $0.priority < pod.priority }.sorted(by: Self.isMoreImportant)
        guard !possible.isEmpty else {
            return .failure(
                Useless(why: .final(.defaultPreemption, "No preemption victims found for incoming pod")))
        }
        let (trial, expected) = (node.copy(), nominations.ahead(of: pod, on: node.name))
        var filters = filters
        for victim in possible { filters.remove(victim, from: trial) }
        if let rejection = filters.rejection(trial, expecting: expected) { return .failure(Useless(why: rejection)) }
        let (protected, free) = DisruptionBudget.split(possible, budgets)
        var victims: [PodFacts] = []
        var violations = 0
        for (list, isProtected) in [(protected, true), (free, false)] {
            for victim in list {
                filters.add(victim, to: trial)
                if filters.rejection(trial, expecting: expected) == nil { continue }
                filters.remove(victim, from: trial)
                victims.append(victim)
                if isProtected { violations += 1 }
            }
        }
        return .success(
            Candidate(node: node, victims: victims.sorted(by: Self.isMoreImportant), violations: violations))
    }

    /// The higher priority, then the longer life.
    private static func isMoreImportant(_ a: PodFacts, _ b: PodFacts) -> Bool {
        a.priority != b.priority
            ? a.priority > b.priority : a.startTime ?? .infinity < b.startTime ?? .infinity
    }

    // MARK: Choice

    /// Where budgets are kept, then where least is lost.
    private static func best(of candidates: [Candidate]) -> Candidate? {
        let criteria: [(Candidate) -> Double] = [
            { Double($0.violations) },
            { Double($0.victims.first?.priority ?? 0) },
            { $0.victims.reduce(0) { $0 + Double($1.priority) + Double(Int32.max) + 1 } },
            { Double($0.victims.count) },
            { candidate in
                let highest = candidate.victims.first?.priority
                return -(candidate.victims.filter { $0.priority == highest }.compactMap(\.startTime).min() ?? .infinity)
            },
        ]
        var left = candidates
        for criterion in criteria where left.count > 1 {
            let least = left.map(criterion).min() ?? 0
            left = left.filter { criterion($0) == least }
        }
        return left.first
    }
}

extension PodFacts {
    /// Whether it is going because the scheduler needs its room.
    var isEvictedByScheduler: Bool {
        guard isTerminating else { return false }
        let condition = (object["status"]["conditions"].array ?? []).first { $0["type"].string == "DisruptionTarget" }
        return condition?["status"].string == "True" && condition?["reason"].string == "PreemptionByScheduler"
    }
}
