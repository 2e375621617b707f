import JSON
import KubeModel
import Scheduler

/// Which pods go for one that the node can't do without. Pure, by the original's rules (`pkg/kubelet/preemption`).
enum CriticalPreemption {
    static let reason = "Preempting"
    static let message = "Preempted in order to admit critical pod"
    static let condition = "Pod was preempted by Kubelet to accommodate a critical pod."

    /// More than this of a resource must become free.
    struct Need: Sendable, Equatable {
        var resource: String
        var amount: Int
    }

    struct Failure: Error {
        let message: String
    }

    /// What is missing, by what the node said.
    static func needs(_ refusals: [NodeAdmission.Refusal]) -> [Need] {
        refusals.compactMap { refusal in
            guard case .shortage(let resource, let requested, let used, let capacity) = refusal else { return nil }
            return Need(resource: resource, amount: requested - (capacity - used))
        }
    }

    /// The fewest and cheapest that free enough: of those that are promised nothing first, of those that are promised
    /// all last, and none that is as important.
    static func victims(_ needs: [Need], for pod: PodSpec, among pods: [PodSpec]) throws(Failure) -> [PodSpec] {
        let candidates = pods.filter { mayTake($0, for: pod) }
        func ofClass(_ name: String) -> [PodSpec] { candidates.filter { QualityOfService.ofPod($0.spec) == name } }
        let (free, part, full) = (ofClass("BestEffort"), ofClass("Burstable"), ofClass("Guaranteed"))
        let never = left(needs, after: candidates)
        guard never.isEmpty else { throw failure(never) }
        let fullGone = try nearest(left(needs, after: free + part), full)
        let partGone = try nearest(left(needs, after: free + fullGone), part)
        return try nearest(left(needs, after: partGone + fullGone), free) + partGone + fullGone
    }

    private static func mayTake(_ other: PodSpec, for pod: PodSpec) -> Bool {
        if EvictionPlan.isCritical(pod), !EvictionPlan.isCritical(other) { return true }
        guard let own = pod.spec["priority"].int, let others = other.spec["priority"].int else { return false }
        return own > others
    }

    private static func left(_ needs: [Need], after pods: [PodSpec]) -> [Need] {
        needs.compactMap { need in
            let amount = need.amount - pods.reduce(0) { $0 + NodeAdmission.request($1.pod, need.resource) }
            return amount > 0 ? Need(resource: need.resource, amount: amount) : nil
        }
    }

    /// One after the other, each the one that comes nearest to what is still needed; of two the smaller.
    private static func nearest(_ needs: [Need], _ pods: [PodSpec]) throws(Failure) -> [PodSpec] {
        var needs = needs, pods = pods
        var gone: [PodSpec] = []
        while !needs.isEmpty {
            guard var best = pods.indices.first else { throw failure(needs) }
            for index in pods.indices.dropFirst() {
                let (own, least) = (distance(needs, pods[index]), distance(needs, pods[best]))
                if own < least || own == least && isSmaller(pods[index], pods[best]) { best = index }
            }
            let victim = pods.remove(at: best)
            needs = left(needs, after: [victim])
            gone.append(victim)
        }
        return gone
    }

    /// The sum of squares of the shares of each need that the pod's end would leave open.
    private static func distance(_ needs: [Need], _ pod: PodSpec) -> Double {
        needs.reduce(0) { sum, need in
            let open = Double(need.amount - NodeAdmission.request(pod.pod, need.resource))
            let share = open / Double(need.amount)
            return open > 0 ? sum + share * share : sum
        }
    }

    private static func isSmaller(_ a: PodSpec, _ b: PodSpec) -> Bool {
        for resource in ["memory", "cpu"] {
            let (own, other) = (NodeAdmission.request(a.pod, resource), NodeAdmission.request(b.pod, resource))
            if own != other { return own < other }
        }
        return true
    }

    private static func failure(_ needs: [Need]) -> Failure {
        let list = needs.map { "(res: \($0.resource), q: \($0.amount)), " }.joined()
        return Failure(
            message: "preemption: error finding a set of pods to preempt: no set of running pods found to reclaim "
                + "resources: [\(list)]")
    }
}
