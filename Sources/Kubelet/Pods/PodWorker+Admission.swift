import JSON
import KubeClient
import KubeModel
import Logging
import NIOConcurrencyHelpers
import Scheduler

// Pods that came past the scheduler may ask for what others have, or for another node than this one.
extension PodWorker {
    /// Once, before anything of the pod is made: fails it when the node can't run it beside the others. One that was
    /// here before this kubelet is asked again, since the node may have become smaller.
    func admit() async {
        guard !isAdmitted else { return }
        isAdmitted = true
        let isKnown = situation.sandbox != nil || !situation.containers.isEmpty
        if !isKnown, let refusal = EvictionPlan.refusal(pod, parts.pressures.withLockedValue { $0 }) {
            return reject("Evicted", refusal)
        }
        let node = await parts.node.object(for: pod)
        if Task.isCancelled { return }
        let refusals = parts.ledger.admit(pod, node)
        guard let first = refusals.first else { return }
        guard EvictionPlan.isCritical(pod) else { return reject(first.reason, first.message) }
        let rule = refusals.first { if case .rule = $0 { true } else { false } }
        if let rule { return reject(rule.reason, rule.message) }
        await makeRoom(refusals, node)
    }

    /// What the node needs comes before what people want to run on it.
    private func makeRoom(_ refusals: [NodeAdmission.Refusal], _ node: JSON) async {
        let needs = CriticalPreemption.needs(refusals)
        do throws(CriticalPreemption.Failure) {
            let victims = try CriticalPreemption.victims(needs, for: pod, among: parts.ledger.admitted(except: uid))
            for victim in victims {
                parts.log.info("pod \(victim.fullName) ends for \(pod.fullName), which the node needs")
                await parts.workers.withLockedValue { $0 }(victim.uid)?.preempt()?.value
                parts.ledger.remove(victim.uid)
            }
        } catch {
            return reject(
                "UnexpectedAdmissionError",
                "Unexpected error while attempting to recover from admission failure: \(error.message)")
        }
        if let first = parts.ledger.admit(pod, node).first { reject(first.reason, first.message) }
    }

    private func reject(_ reason: String, _ message: String) {
        parts.ledger.remove(uid)
        verdict = Wait(reason: reason, message: "Pod was rejected: " + message)
        parts.tell(.warning, pod, reason, message)
    }
}
