import JSON
import KubeModel
import NIOConcurrencyHelpers
import Scheduler

/// The pods that the node has taken, what they have been given together of its processors and memory, and who waits for
/// some of it.
final class NodeLedger: Sendable {
    struct Amounts: Sendable, Equatable {
        /// Thousandths of a processor.
        var cpu = 0
        /// Bytes.
        var memory = 0

        static func + (a: Amounts, b: Amounts) -> Amounts { Amounts(cpu: a.cpu + b.cpu, memory: a.memory + b.memory) }
        func most(_ other: Amounts) -> Amounts {
            Amounts(cpu: max(cpu, other.cpu), memory: max(memory, other.memory))
        }

        init(cpu: Int = 0, memory: Int = 0) {
            self.cpu = cpu
            self.memory = memory
        }

        fileprivate init(list: JSONObject) {
            cpu = list["cpu"].flatMap { Quantity($0) }?.milliValue ?? 0
            memory = list["memory"].flatMap { Quantity($0) }?.value ?? 0
        }

        /// What a pod asks for, or is limited to: what it says as a whole comes before what its containers say.
        /// - Parameter part: `requests` or `limits`.
        init(_ pod: PodSpec, _ part: String = "requests") {
            self.init(containersOf: pod, part)
            let whole = Amounts(list: pod.spec["resources"].map(part))
            let overhead = Amounts(list: pod.spec.map("overhead"))
            if whole.cpu > 0 { cpu = whole.cpu }
            if whole.memory > 0 { memory = whole.memory }
            // What isn't limited doesn't become so.
            if part == "requests" || cpu > 0 { cpu += overhead.cpu }
            if part == "requests" || memory > 0 { memory += overhead.memory }
        }

        /// Containers and sidecars together, or what the pod needs while it starts.
        init(containersOf pod: PodSpec, _ part: String) {
            func amounts(_ container: JSON) -> Amounts { Amounts(list: container["resources"].map(part)) }
            var running = pod.containers.reduce(Amounts()) { $0 + amounts($1) }
            var sidecars = Amounts(), starting = Amounts()
            for container in pod.initContainers {
                let own = amounts(container)
                if PodSpec.isSidecar(container) {
                    running = running + own
                    sidecars = sidecars + own
                    starting = starting.most(sidecars)
                } else {
                    starting = starting.most(own + sidecars)
                }
            }
            self = running.most(starting)
        }
    }

    private struct State {
        /// Those that the node has taken.
        var pods: [String: PodSpec] = [:]
        var given: [String: Amounts] = [:]
        var waiting: [String: @Sendable () -> Void] = [:]

        /// - Returns: whether that is less than before.
        @discardableResult
        mutating func take(_ pod: PodSpec) -> Bool {
            let amounts = Amounts(pod)
            pods[pod.uid] = pod
            let old = given.updateValue(amounts, forKey: pod.uid)
            return old.map { amounts.cpu < $0.cpu || amounts.memory < $0.memory } ?? false
        }
    }

    private let size: Amounts
    private let state = NIOLockedValueBox(State())

    /// - Parameter allocatable: what the node has for pods.
    init(_ allocatable: JSON) { size = Amounts(list: allocatable.object ?? JSONObject()) }

    /// A pod that was here before this kubelet has its place as long as nothing is known that speaks against it.
    func hold(_ pod: PodSpec) { state.withLockedValue { $0.take(pod) } }

    /// Gives the pod a place beside the others.
    /// - Returns: what speaks against it, what counts first; empty: it has its place.
    func admit(_ pod: PodSpec, _ node: JSON) -> [NodeAdmission.Refusal] {
        state.withLockedValue { state in
            // Of those that were here before, the older ones come first.
            let isHeld = state.pods[pod.uid] != nil
            let others = state.pods.values.filter { $0.uid != pod.uid && (!isHeld || $0.age < pod.age) }
            let refusals = NodeAdmission.refusals(
                pod.pod, node: node, others: others.map(\.pod), isStatic: StaticManifest.isStatic(pod.pod))
            if refusals.isEmpty { state.take(pod) }
            return refusals
        }
    }

    func admitted(except uid: String) -> [PodSpec] {
        state.withLockedValue { $0.pods.values.filter { $0.uid != uid }.sorted { $0.age < $1.age } }
    }

    func remove(_ uid: String) {
        change { state in
            state.waiting[uid] = nil
            state.pods[uid] = nil
            return state.given.removeValue(forKey: uid) != nil
        }
    }

    /// Tells those that wait when there may be more for them.
    private func change(_ body: (inout State) -> Bool) {
        let waiting = state.withLockedValue { state -> [@Sendable () -> Void] in
            guard body(&state) else { return [] }
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        for wake in waiting { wake() }
    }

    /// Nil when the pod may have what it asks for now; else why not, in the original's words: `OutOfcpu` and a sentence.
    /// - Parameter wake: called once when something has become free.
    func refusal(_ pod: PodSpec, wake: @escaping @Sendable () -> Void) -> PodFault? {
        var fault: PodFault?
        change { state in
            let used = state.given.reduce(Amounts()) { $1.key == pod.uid ? $0 : $0 + $1.value }
            fault = refusal(Amounts(pod), used)
            state.waiting[pod.uid] = fault == nil ? nil : wake
            return fault == nil && state.take(pod)
        }
        return fault
    }

    private func refusal(_ wish: Amounts, _ used: Amounts) -> PodFault? {
        for (name, wish, used, size) in [
            ("cpu", wish.cpu, used.cpu, size.cpu), ("memory", wish.memory, used.memory, size.memory),
        ] where wish > size - used {
            return PodFault(
                reason: "OutOf" + name,
                message:
                    "Node didn't have enough resource: \(name), requested: \(wish), used: \(used), capacity: \(size)")
        }
        return nil
    }
}
