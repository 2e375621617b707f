import JSON
import KubeModel
import NIOConcurrencyHelpers

/// What the node's pods have been given together of its processors, memory and ports, and who waits for some of it.
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

        private init(list: JSONObject) {
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
        var given: [String: Amounts] = [:]
        var waiting: [String: @Sendable () -> Void] = [:]
        var ports: [String: Set<HostPort>] = [:]
    }

    private let size: Amounts
    private let state = NIOLockedValueBox(State())

    init(_ capacity: NodeCapacity) {
        size = Amounts(cpu: capacity.processors * 1_000, memory: capacity.memory)
    }

    func set(_ uid: String, _ amounts: Amounts) { change { Self.set(uid, amounts, &$0) } }

    /// Whether that is less than before.
    private static func set(_ uid: String, _ amounts: Amounts, _ state: inout State) -> Bool {
        let old = state.given.updateValue(amounts, forKey: uid)
        return old.map { amounts.cpu < $0.cpu || amounts.memory < $0.memory } ?? false
    }

    func remove(_ uid: String) {
        change { state in
            state.waiting[uid] = nil
            state.ports[uid] = nil
            return state.given.removeValue(forKey: uid) != nil
        }
    }

    /// Whether no other pod has one of the ports; the pod has them all then.
    func claim(_ ports: Set<HostPort>, for uid: String) -> Bool {
        guard !ports.isEmpty else { return true }
        return state.withLockedValue { state in
            let isTaken = state.ports.contains { other in
                other.key != uid && other.value.contains { taken in ports.contains { $0.conflicts(with: taken) } }
            }
            if !isTaken { state.ports[uid] = ports }
            return !isTaken
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

    /// Nil when the pod may have the amounts; else why not, in the original's words: `OutOfcpu` and a sentence.
    /// - Parameter wake: called once when something has become free.
    func refusal(_ uid: String, _ amounts: Amounts, wake: @escaping @Sendable () -> Void) -> PodFault? {
        var fault: PodFault?
        change { state in
            let used = state.given.reduce(Amounts()) { $1.key == uid ? $0 : $0 + $1.value }
            fault = refusal(amounts, used)
            state.waiting[uid] = fault == nil ? nil : wake
            return fault == nil && Self.set(uid, amounts, &state)
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
