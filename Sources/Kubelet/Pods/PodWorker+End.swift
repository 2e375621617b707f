import DockerModel
import Fault
import JSON
import KubeClient
import KubeModel
import Logging
import Wire

// Ending containers: one of them, or the pod as a whole.
extension PodWorker {
    // MARK: One container

    func kill(id: String, name: String, message: String, reason: KillReason, restarts: Bool) {
        guard situation.dying.insert(id).inserted else { return }
        if restarts { situation.replaced.insert(id) }
        stopProbesKeepingResults(of: id)
        let grace = grace(of: name, reason)
        Task { await self.stop(id, name, message: message, grace: grace) }
    }

    /// The results stay: they are why it is ended.
    private func stopProbesKeepingResults(of id: String) {
        for task in (probers[id] ?? [:]).values { task.cancel() }
    }

    private func grace(of name: String, _ reason: KillReason) -> Int {
        guard !pod.isDeleted, let container = pod.container(name) else { return endingGrace }
        let member: ProbeKind
        switch reason {
        case .other: return pod.grace
        case .startupProbe: member = .startup
        case .livenessProbe: member = .liveness
        }
        return container[member.member]["terminationGracePeriodSeconds"].int ?? pod.grace
    }

    /// Hook, signal, wait, kill. Returns when it has ended.
    func stop(_ id: String, _ name: String, message: String = "", grace: Int) async {
        parts.tell(
            .normal, pod, container: name, "Killing", message.isEmpty ? "Stopping container \(name)" : message)
        var left = grace
        if grace > 0, let container = pod.container(name), container["lifecycle"].has("preStop") {
            let start = parts.now()
            await runPreStop(container, id, grace: grace)
            left -= Int(parts.now() - start)
        }
        do {
            try await parts.engine.stopContainer(id, signal: nil, timeout: max(Limit.leastGrace, left))
        } catch let fault as Fault where fault.kind == .notFound || fault.kind == .unchanged {
            // It has ended by itself.
        } catch {
            parts.log.warning("pod \(pod.fullName): container \(name) can't be ended: \(sentence(error))")
        }
        await refresh(id)
        situation.dying.remove(id)
        poke()
    }

    // MARK: The pod

    /// Begins to end all; the worker is woken when that is done.
    func end() {
        guard life == .running else { return }
        life = .ending
        endGrace = endingGrace
        stopDeadlyProbes()
        alarm?.task.cancel()
        ender = Task {
            self.starter?.cancel()
            await self.starter?.value
            await self.endContainers()
            if let sandbox = self.situation.sandbox, sandbox.phase == .running {
                do { try await self.parts.engine.stopContainer(sandbox.id, signal: "SIGKILL", timeout: 1) } catch {
                    self.parts.log.debug("sandbox of \(self.pod.fullName): \(sentence(error))")
                }
                await self.refresh(sandbox.id)
            }
            await self.removeGroup()
            // What it kept in memory is given back, though the object stays.
            await self.parts.volumes.remove(podUID: self.uid)
            self.life = .ended
            self.poke()
        }
    }

    /// All that run: sidecars after those that they serve, in the reverse of their order.
    func endContainers() async {
        let grace = endingGrace, start = parts.now()
        let running = situation.containers.values.flatMap { $0 }.filter { $0.phase == .running }
        for own in running { situation.dying.insert(own.id) }
        let sidecars = pod.initContainers.filter(PodSpec.isSidecar).map { $0.text("name") }
        await withTaskGroup(of: Void.self) { group in
            for own in running where !sidecars.contains(own.name) {
                group.addTask { await self.stop(own.id, own.name, grace: grace) }
            }
        }
        for name in sidecars.reversed() {
            for own in running where own.name == name {
                await stop(own.id, name, grace: grace - Int(parts.now() - start))
            }
        }
    }

    /// Somebody has become impatient.
    func endSooner() {
        endGrace = pod.grace
        let ids = situation.containers.values.flatMap { $0 }.filter { $0.phase == .running }.map(\.id)
        let grace = max(Limit.leastGrace, endGrace)
        for id in ids {
            Task { try? await self.parts.engine.stopContainer(id, signal: nil, timeout: grace) }
        }
    }

    // MARK: Hooks

    private func runPreStop(_ container: JSON, _ id: String, grace: Int) async {
        do {
            try await within(Double(grace)) { try await self.runHook(container["lifecycle"]["preStop"], container, id) }
        } catch is TimedOut {
            parts.log.info("pod \(pod.fullName): preStop of \(container.text("name")) took its whole grace period")
        } catch {
            // Without its words, which may hold secrets.
            parts.tell(.warning, pod, container: container.text("name"), "FailedPreStopHook", "PreStopHook failed")
        }
    }

    func runPostStart(_ container: JSON, _ id: String) async throws(PodFault) {
        guard container["lifecycle"].has("postStart") else { return }
        let name = container.text("name")
        do { try await runHook(container["lifecycle"]["postStart"], container, id) } catch {
            if Task.isCancelled { return }
            parts.tell(.warning, pod, container: name, "FailedPostStartHook", "PostStartHook failed")
            situation.dying.insert(id)
            await stop(id, name, message: "FailedPostStartHook", grace: pod.grace)
            throw PodFault(reason: "PostStartHookError", message: sentence(error))
        }
    }

    private func runHook(_ hook: JSON, _ container: JSON, _ id: String) async throws {
        if hook.has("exec") {
            let command = hook["exec"]["command"].strings
            let outcome = try await ContainerCommand.run(command, in: id, parts.engine, timeout: nil)
            guard outcome.exitCode != 0 else { return }
            let shown = command.joined(separator: " ")
            throw Fault(.internalFault, "command '\(shown)' exited with \(outcome.exitCode): \(outcome.output)")
        }
        if let seconds = hook["sleep"]["seconds"].int {
            // Ends at once when the container does.
            try await Task.sleep(for: .seconds(seconds))
        } else if hook.has("httpGet") {
            let request: HTTPGet
            do throws(PodFault) {
                request = try HTTPGet(
                    hook["httpGet"], container, address: podAddresses.first ?? "",
                    agent: "kube-lifecycle/\(parts.settings.kubernetesVersion)")
            } catch {
                throw Fault(.invalid, error.message)
            }
            _ = try await request.send()
        }
    }
}
