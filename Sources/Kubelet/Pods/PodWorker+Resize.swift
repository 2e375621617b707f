import DockerModel
import Fault
import JSON
import KubeClient
import KubeModel
import Logging

// Containers that get more or less of the node while they run.
extension PodWorker {
    /// The pod as it is to be run, after the node has given it what it asks for, if it has as much.
    func allocated(_ object: JSON) -> JSON {
        let wish = PodSpec(object)
        let generation = object["metadata"]["generation"].int ?? 0
        guard allocation.differs(from: wish), life == .running else {
            resizing.pending = nil
            return allocation.applied(to: object)
        }
        guard let fault = parts.ledger.refusal(wish, wake: { [weak self] in self?.poke() }) else {
            allocation.take(wish)
            resizing = ResizeProgress(running: .init(generation: generation))
            parts.tell(
                .normal, wish, "ResizeStarted",
                ResizeProgress.told("Pod resize started", wish, generation: generation))
            return object
        }
        let mark = ResizeProgress.Mark(generation: generation, reason: "Deferred", message: fault.message)
        if resizing.pending?.generation != generation {
            parts.tell(
                .warning, wish, "ResizeDeferred",
                ResizeProgress.told(
                    "Pod resize \(fault.reason)", wish, generation: generation, error: fault.message))
        }
        resizing.pending = mark
        return allocation.applied(to: object)
    }

    /// Sees to it that running containers have what they were given. Those that must start anew for it are left to
    /// the plan.
    func resize() {
        let plan = ResizePlan(situation, shown: status, isResizing: resizing.running != nil, memory: parts.memory)
        situation.outgrown = plan.restarts
        let isMade = situation.sandbox?.phase == .running && starter == nil
        guard !plan.isEmpty || isMade && group != wantedGroup else {
            if let done = resizing.running {
                resizing.running = nil
                parts.tell(
                    .normal, pod, "ResizeCompleted",
                    ResizeProgress.told("Pod resize completed", pod, generation: done.generation))
            }
            holds[Self.resizeHold] = nil
            return
        }
        if resizing.running == nil, !plan.isEmpty {
            resizing.running = .init(generation: pod.pod["metadata"]["generation"].int ?? 0)
        }
        guard resizer == nil, !plan.updates.isEmpty || isMade && plan.isEmpty, mayTry(Self.resizeHold) else { return }
        resizer = Task {
            await self.update(plan.updates)
            self.resizer = nil
            self.poke()
        }
    }

    private static let resizeHold = "resize"

    private func update(_ updates: [ResizePlan.Update]) async {
        do {
            try await checkUse(updates)
            // At no time is the pod given less than its containers.
            let wanted = wantedGroup
            try await setGroup(group.map { $0.raised(to: wanted) } ?? wanted)
            for update in updates {
                _ = try await parts.engine.updateContainer(update.id, body: update.body)
                situation.sized[update.id] = ObservedContainer.Limits(host: update.body)
                await refresh(update.id)
            }
            try await setGroup(wanted)
        } catch {
            let message = (error as? PodFault)?.message ?? sentence(error)
            hold(Self.resizeHold, first: Limit.sandboxRetry)
            guard let generation = resizing.running?.generation else {
                return parts.log.warning("pod \(pod.fullName): its control group keeps its limits: \(message)")
            }
            let mark = ResizeProgress.Mark(generation: generation, reason: "Error", message: message)
            if resizing.running != mark {
                parts.tell(
                    .warning, pod, "ResizeError",
                    ResizeProgress.told("Pod resize error", pod, generation: generation, error: message))
            }
            resizing.running = mark
        }
    }

    /// A limit below what is in use would end the container.
    private func checkUse(_ updates: [ResizePlan.Update]) async throws(PodFault) {
        var faults: [String] = []
        for update in updates {
            guard let limit = update.lowered,
                let source = try? await parts.engine.containerStats(update.id, stream: false, oneShot: true),
                let used = try? await source.next()?["memory_stats"]["usage"].int, used >= limit
            else { continue }
            faults.append(
                "attempting to set container \"\(update.name)\" memory limit (\(limit)) below current usage (\(used))")
        }
        guard let first = faults.first else { return }
        let all = faults.count == 1 ? first : "[" + faults.joined(separator: ", ") + "]"
        throw PodFault(reason: "Error", message: "cannot decrease memory limits: " + all)
    }
}
