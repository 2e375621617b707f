import JSON
import KubeClient
import KubeModel

// A task for each probe of each running container. It sleeps from one question to the next.
extension PodWorker {
    /// Begins those that are due, and ends those whose container or pod is on its way out.
    func keepProbes() {
        guard life == .running || life == .ending else { return stopAllProbes() }
        for container in pod.containers + pod.initContainers.filter(PodSpec.isSidecar) {
            guard let own = situation.current(container.text("name")), own.phase == .running else { continue }
            for kind in ProbeKind.allCases where container.has(kind.member) {
                if probers[own.id]?[kind] != nil { continue }
                if situation.probes[own.id]?[kind] == nil { begin(kind, container, own) }
                // The others wait until it has started.
                guard kind == .startup || situation.isStarted(container, own), life == .running else { continue }
                if kind == .startup, situation.probes[own.id]?.startup != nil { continue }
                probers[own.id, default: [:]][kind] = task(for: probe(kind, container, own), own)
            }
        }
    }

    /// Containers that ran before this kubelet keep what their status said.
    private func begin(_ kind: ProbeKind, _ container: JSON, _ own: ObservedContainer) {
        var initial = kind.initial
        if adopted.contains(own.id) {
            let old = ["containerStatuses", "initContainerStatuses"].flatMap { pod.pod["status"].list($0) }
                .first { $0.text("name") == own.name && $0.text("containerID").hasSuffix(own.id) }
            if kind == .readiness { initial = old?.flag("ready") ?? false }
            if kind == .startup, old?.flag("started") == true { initial = true }
        }
        situation.probes[own.id, default: ProbeResults()][kind] = initial
    }

    private func probe(_ kind: ProbeKind, _ container: JSON, _ own: ObservedContainer) -> Probe {
        let version = parts.settings.kubernetesVersion.drop { $0 == "v" }.split(separator: ".").prefix(2)
        return Probe(
            kind: kind, definition: container[kind.member], container: container, containerID: own.id,
            address: podAddresses.first ?? "", agent: "kube-probe/\(version.joined(separator: "."))",
            engine: parts.engine)
    }

    private func task(for probe: Probe, _ own: ObservedContainer) -> Task<Void, Never> {
        let started = own.startedAt ?? parts.now()
        return Task {
            var tally = probe.tally
            let due = started + Double(probe.initialDelay) - self.parts.now()
            if due > 0 { try? await Task.sleep(for: .milliseconds(Int(due * 1_000))) }
            while !Task.isCancelled {
                let answer = await probe.ask()
                if Task.isCancelled { return }
                if let result = self.judge(answer, of: probe), let new = tally.take(result) {
                    guard self.take(new, of: probe) else { return }
                }
                try? await Task.sleep(for: .seconds(probe.period))
            }
        }
    }

    /// Tells people what went wrong; nil: the answer doesn't count.
    private func judge(_ answer: ProbeAnswer, of probe: Probe) -> Bool? {
        let name = probe.container.text("name"), kind = probe.kind.rawValue
        switch answer {
        case .success: return true
        case .warning(let text):
            parts.tell(.warning, pod, container: name, "ProbeWarning", "\(kind) probe warning: \(text)")
            return true
        case .failure(let text):
            parts.tell(.warning, pod, container: name, "Unhealthy", "\(kind) probe failed: \(text)")
            return false
        case .unknown(let text):
            parts.tell(
                .warning, pod, container: name, "Unhealthy",
                "\(kind) probe errored and resulted in unknown state: \(text)")
            return nil
        }
    }

    /// Whether to go on asking.
    private func take(_ result: Bool, of probe: Probe) -> Bool {
        let id = probe.containerID
        guard situation.containers[probe.container.text("name")]?.contains(where: { $0.id == id }) == true else {
            return false
        }
        if situation.probes[id]?[probe.kind] != result {
            situation.probes[id, default: ProbeResults()][probe.kind] = result
            poke()
        }
        switch probe.kind {
        case .startup: return false
        case .liveness: return result
        case .readiness: return true
        }
    }

    func stopProbes(of id: String) {
        for task in (probers.removeValue(forKey: id) ?? [:]).values { task.cancel() }
        situation.probes[id] = nil
    }

    private func stopAllProbes() { for id in Array(probers.keys) { stopProbes(of: id) } }

    /// A pod that is being ended isn't ended once more by its probes; whether it is ready still matters to its clients.
    func stopDeadlyProbes() {
        for id in Array(probers.keys) {
            for kind in [ProbeKind.startup, .liveness] {
                probers[id]?.removeValue(forKey: kind)?.cancel()
            }
        }
    }
}
