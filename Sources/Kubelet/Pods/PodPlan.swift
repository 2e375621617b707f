import JSON
import KubeModel

/// What is known of a pod at one moment.
struct PodSituation: Sendable {
    var pod: PodSpec
    /// The newest; nil: none was made.
    var sandbox: ObservedContainer?
    /// By name, in the order of their attempts.
    var containers: [String: [ObservedContainer]] = [:]
    /// By container ID.
    var probes: [String: ProbeResults] = [:]
    /// Containers on their way out, by ID.
    var dying: Set<String> = []
    /// Ended by us to be started again, by ID.
    var replaced: Set<String> = []
    /// Those that must start anew to get another size, by ID.
    var outgrown: Set<String> = []
    /// What the engine was told to hold running containers to, by ID; of others the engine knows.
    var sized: [String: ObservedContainer.Limits] = [:]
    var backOff = BackOff(first: Limit.firstBackOff, longest: Limit.longestBackOff)
    var now = 0.0

    func limits(of own: ObservedContainer) -> ObservedContainer.Limits? { sized[own.id] ?? own.limits }

    func latest(_ name: String) -> ObservedContainer? { containers[name]?.last }

    /// Of the present sandbox only: one of an earlier sandbox counts as not there.
    func current(_ name: String) -> ObservedContainer? {
        guard let sandbox, let latest = latest(name), latest.sandbox == sandbox.id else { return nil }
        return latest
    }

    // MARK: Failures

    /// What pauses are counted by: a container that is defined anew has not failed yet.
    static func backOffKey(_ container: JSON) -> String { "\(container.text("name"))_\(PodSpec.hash(container))" }

    /// When the end came that the pause before the next start is counted from; nil: none came.
    ///
    /// One that we ended ourselves to start it again counts only when the one before it had ended too recently: the
    /// original asks about the pause in the same turn in which it ends the container, so it sees the end before.
    func failure(_ container: JSON) -> Double? {
        let ended = (containers[container.text("name")] ?? []).filter { $0.phase == .exited }
        guard let newest = ended.last, let finished = newest.finishedAt else { return nil }
        guard replaced.contains(newest.id) else { return finished }
        let before = ended.dropLast().last?.finishedAt
        let isPaused = before.map { backOff.end(Self.backOffKey(container), after: $0, now: finished) != nil } ?? false
        return isPaused ? finished : before
    }

    // MARK: What runs

    /// A container without a startup probe has started when it runs.
    func isStarted(_ container: JSON, _ observed: ObservedContainer) -> Bool {
        guard observed.phase == .running else { return false }
        return container.has(ProbeKind.startup.member) ? probes[observed.id]?.startup == true : true
    }
}

/// Why a container is ended, which decides on its grace period.
enum KillReason: Sendable, Equatable { case other, startupProbe, livenessProbe }

/// One step towards what the pod should be.
enum PodAction: Sendable, Equatable {
    /// Makes a sandbox, after everything of an earlier one has been ended.
    case makeSandbox(attempt: Int)
    case start(String)
    /// A failed container waits until a time, in seconds since 1970; `delay` is the whole pause.
    case wait(String, until: Double, delay: Double)
    case kill(id: String, name: String, message: String, reason: KillReason, restarts: Bool)
    /// Nothing of it is to run any more.
    case endPod
}

/// Decides from what is there what is to be done next (the original's `computePodActions`). Pure.
struct PodPlan {
    private let situation: PodSituation
    private var actions: [PodAction] = []

    private var pod: PodSpec { situation.pod }

    private init(_ situation: PodSituation) { self.situation = situation }

    static func actions(for situation: PodSituation) -> [PodAction] {
        var plan = PodPlan(situation)
        plan.decide()
        return plan.actions
    }

    private mutating func decide() {
        guard let sandbox = situation.sandbox, sandbox.phase == .running else { return decideOnSandbox() }
        for container in pod.ephemeralContainers where situation.latest(container.text("name")) == nil {
            actions.append(.start(container.text("name")))
        }
        guard decideOnInitContainers() else { return }
        decideOnContainers()
    }

    // MARK: Sandbox

    private mutating func decideOnSandbox() {
        let attempt = situation.sandbox.map { $0.attempt + 1 } ?? 0
        let hasAny = situation.containers.contains { !$0.value.isEmpty }
        if pod.restartPolicy == "Never", attempt != 0, hasAny { return actions = [.endPod] }
        let hasRegular = pod.containers.contains { situation.latest($0.text("name")) != nil }
        let isDone = pod.containers.allSatisfy { container in
            guard let last = situation.latest(container.text("name")), last.phase == .exited, last.exitCode == 0 else {
                return false
            }
            return !pod.restarts(container, exitCode: 0, isInit: false)
        }
        actions = isDone && hasRegular ? [.endPod] : [.makeSandbox(attempt: attempt)]
    }

    // MARK: Init containers

    /// Whether the pod's own containers may run.
    private mutating func decideOnInitContainers() -> Bool {
        let all = pod.initContainers
        guard !all.isEmpty else { return true }
        let wasInitialized = pod.containers.contains { container in
            let phase = situation.current(container.text("name"))?.phase
            return phase == .running || phase == .exited || phase == .created
        }
        // The last one that was begun: those before it are through.
        let reached = wasInitialized ? all.count : all.lastIndex { situation.current($0.text("name")) != nil } ?? -1
        for container in all.prefix(max(0, reached)) where PodSpec.isSidecar(container) { keepSidecar(container) }
        if wasInitialized { return true }
        if reached < 0 {
            start(all[0])
            return false
        }
        guard decideOnNewest(all[reached]) else { return false }
        guard reached + 1 < all.count else { return true }
        start(all[reached + 1])
        return false
    }

    /// Whether the one that was begun last lets the next one begin.
    private mutating func decideOnNewest(_ container: JSON) -> Bool {
        guard let own = situation.current(container.text("name")) else { return false }
        if PodSpec.isSidecar(container) {
            keepSidecar(container)
            return situation.isStarted(container, own)
        }
        switch own.phase {
        case .running: return false
        case .created:
            start(container)
            return false
        case .exited:
            if own.exitCode == 0 { return true }
            if pod.restarts(container, exitCode: own.exitCode, isInit: true) {
                start(container)
            } else {
                actions = [.endPod]
            }
            return false
        }
    }

    private mutating func keepSidecar(_ container: JSON) {
        guard let own = situation.current(container.text("name")), own.phase == .running else {
            return start(container)
        }
        killIfNeeded(container, own, called: "Init container", restarts: nil)
    }

    // MARK: Containers

    private mutating func decideOnContainers() {
        var kept = 0
        let before = actions.count
        for container in pod.containers {
            guard let own = situation.latest(container.text("name")) else {
                start(container)
                continue
            }
            if own.phase == .running {
                if killIfNeeded(container, own, called: "Container", restarts: restartsAfterProbe(container)) {
                    continue
                }
                kept += 1
                continue
            }
            let restarts =
                own.phase == .created || situation.replaced.contains(own.id)
                || pod.restarts(container, exitCode: own.exitCode, isInit: false)
            if restarts { start(container) }
        }
        if kept == 0, actions.count == before { actions = [.endPod] }
    }

    private static let resizeWords = "resize requires restart"

    private func restartsAfterProbe(_ container: JSON) -> Bool {
        let own = container.text("restartPolicy")
        return (own.isEmpty ? pod.restartPolicy : own) != "Never"
    }

    /// Whether it can't stay as it is.
    /// - Parameter restarts: nil for sidecars, whose messages don't tell.
    @discardableResult
    private mutating func killIfNeeded(
        _ container: JSON, _ own: ObservedContainer, called what: String, restarts: Bool?
    ) -> Bool {
        let name = container.text("name"), probes = situation.probes[own.id]
        var isChanged = false
        let problem: (String, KillReason)? =
            if !own.hash.isEmpty, own.hash != PodSpec.hash(container) {
                ("definition changed", .other)
            } else if situation.outgrown.contains(own.id) {
                (Self.resizeWords, .other)
            } else if probes?.liveness == false {
                ("failed liveness probe", .livenessProbe)
            } else if probes?.startup == false {
                ("failed startup probe", .startupProbe)
            } else {
                nil
            }
        guard let (words, reason) = problem else { return false }
        isChanged = reason == .other
        if situation.dying.contains(own.id) {
            // It counts as something that is still to be done.
            actions.append(.kill(id: own.id, name: name, message: "", reason: reason, restarts: restarts ?? true))
            return true
        }
        let willRestart = isChanged || restarts ?? true
        let tail = restarts != nil && willRestart && words != Self.resizeWords ? ", will be restarted" : ""
        actions.append(
            .kill(
                id: own.id, name: name, message: "\(what) \(name) \(words)\(tail)", reason: reason,
                restarts: willRestart))
        return true
    }

    // MARK: Starting

    /// Starts it, unless it has failed too recently.
    private mutating func start(_ container: JSON) {
        let name = container.text("name"), key = PodSituation.backOffKey(container)
        if let finished = situation.failure(container),
            let end = situation.backOff.end(
                key, after: finished, now: situation.now)
        {
            actions.append(.wait(name, until: end, delay: situation.backOff.delay(key)))
        } else {
            actions.append(.start(name))
        }
    }
}
