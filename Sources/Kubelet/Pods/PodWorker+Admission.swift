import JSON
import KubeClient
import KubeModel
import NIOConcurrencyHelpers

// Pods that came past the scheduler may ask for what others have.
extension PodWorker {
    /// Once, before anything of the pod is made: fails it when the node can't run it beside the others. One that runs
    /// already has been admitted before.
    func admit() {
        guard !isAdmitted else { return }
        isAdmitted = true
        let runs = situation.sandbox != nil || !situation.containers.isEmpty
        if !runs, let refusal = EvictionPlan.refusal(pod, parts.pressures.withLockedValue { $0 }) {
            verdict = Wait(reason: "Evicted", message: "Pod was rejected: " + refusal)
            return parts.tell(.warning, pod, "Evicted", refusal)
        }
        guard !parts.ledger.claim(HostPort.of(pod), for: uid), !runs else { return }
        let message = "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports"
        verdict = Wait(reason: "NodePorts", message: "Pod was rejected: " + message)
        parts.tell(.warning, pod, "NodePorts", message)
    }
}
