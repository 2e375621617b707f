import DockerModel
import Fault
import JSON
import KubeClient
import KubeModel
import Logging

// Making the sandbox and starting containers: one task at a time, beside the worker's loop.
extension PodWorker {
    // MARK: Sandbox

    func makeSandbox(attempt: Int) async {
        if situation.sandbox != nil, attempt > 0 {
            parts.tell(
                .normal, pod, "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.")
            await endContainers()
            if let old = situation.sandbox { await remove(old.id) }
        }
        guard await prepareVolumes() != nil, !Task.isCancelled else { return }
        guard await makeGroup() else { return hold(ContainerIdentity.sandboxName, first: Limit.sandboxRetry) }
        let body = ContainerBody(pod: pod, settings: parts.settings, memory: parts.memory).sandbox(attempt: attempt)
        let name = ContainerIdentity(pod.pod, container: ContainerIdentity.sandboxName, attempt: attempt).name
        do {
            try await ensureSandboxImage()
            let id = try await create(name, body)
            try await parts.engine.startContainer(id, detachKeys: nil)
            guard let made = ObservedContainer(inspected: try await parts.engine.inspectContainer(id, size: false))
            else { throw Fault(.internalFault, "the engine lost the labels of sandbox \(id)") }
            situation.sandbox = made
            holds[ContainerIdentity.sandboxName] = nil
            try writeFiles()
        } catch {
            parts.tell(
                .warning, pod, "FailedCreatePodSandBox", "Failed to create pod sandbox: \(sentence(error))")
            hold(ContainerIdentity.sandboxName, first: Limit.sandboxRetry)
        }
    }

    /// Creates the container in place of one that a kill of this process left half made.
    private func create(_ name: String, _ body: JSON) async throws -> String {
        do {
            return try await parts.engine.createContainer(name: name, platform: nil, body: body).text("Id")
        } catch let fault as Fault where fault.kind == .conflict {
            try await parts.engine.removeContainer(name, force: true, volumes: true, link: false)
            return try await parts.engine.createContainer(name: name, platform: nil, body: body).text("Id")
        }
    }

    private func ensureSandboxImage() async throws {
        let image = parts.settings.sandboxImage
        if (try? await parts.engine.inspectImage(image, platform: nil)) != nil { return }
        try await parts.engine.pullImage(image, platform: nil, auth: .null) { _ in }
    }

    var hostNames: HostNames { HostNames(pod, domain: parts.settings.clusterDomain) }

    /// /etc/hosts and /etc/resolv.conf of all containers.
    private func writeFiles() throws {
        let folder = parts.settings.podFolder(uid)
        try NodeFiles.makeFolder(folder)
        let hosts =
            pod.usesHostNetwork
            ? PodFiles.hosts(pod, node: NodeFiles.read("/etc/hosts") ?? "")
            : PodFiles.hosts(pod, addresses: podAddresses, names: hostNames)
        try NodeFiles.write(folder + "/etc-hosts", hosts)
        let node = NodeFiles.read(parts.settings.resolverFile) ?? ""
        try NodeFiles.write(folder + "/resolv.conf", PodFiles.resolver(pod, settings: parts.settings, node: node))
    }

    var podAddresses: [String] {
        pod.usesHostNetwork ? parts.settings.addresses : situation.sandbox?.addresses ?? []
    }

    // MARK: Volumes

    /// Nil, with an event, when they can't be made now.
    private func prepareVolumes() async -> [String: String]? {
        do throws(PodFault) {
            let volumes = try await parts.volumes.prepare(pod.pod)
            holds["volumes"] = nil
            return volumes
        } catch {
            parts.tell(.warning, pod, error.reason, error.message)
            hold("volumes", first: Limit.firstVolumeBackOff, most: Limit.longestVolumeBackOff)
            holds[ContainerIdentity.sandboxName] = holds["volumes"]
            return nil
        }
    }

    /// Not before a while: twice as long each time.
    func hold(_ name: String, first: Double, most: Double = Limit.firstBackOff) {
        let failures = holds[name]?.failures ?? 0
        var delay = first
        for _ in 0..<min(failures, 16) { delay = min(delay * 2, most) }
        holds[name] = (parts.now() + delay, failures + 1)
    }

    // MARK: Containers

    func start(_ names: [String]) async {
        guard let volumes = await prepareVolumes() else {
            for name in names { holds[name] = holds["volumes"] }
            return
        }
        // A container that starts anew for more than it had finds room for it.
        if let group, group != wantedGroup { try? await setGroup(group.raised(to: wantedGroup)) }
        for name in names {
            guard !Task.isCancelled, life == .running, let sandbox = situation.sandbox, sandbox.phase == .running,
                let container = pod.container(name)
            else { return }
            do throws(PodFault) {
                try await start(container, in: sandbox, volumes)
                waits[name] = nil
                holds[name] = nil
            } catch {
                if Task.isCancelled { return }
                waits[name] = Wait(reason: error.reason, message: error.message)
            }
            poke()
        }
    }

    private func start(
        _ container: JSON, in sandbox: ObservedContainer, _ volumes: [String: String]
    ) async throws(PodFault) {
        let name = container.text("name")
        let previous = situation.containers[name]?.last
        if let finished = situation.failure(container) {
            situation.backOff.next(PodSituation.backOffKey(container), after: finished, now: parts.now())
        }
        let image = try await ensureImage(container)
        if Task.isCancelled { return }
        let attempt = previous == nil && attempts[name] == nil ? 0 : (attempts[name] ?? 0) + 1
        let body: JSON
        do throws(PodFault) {
            body = try await self.body(container, sandbox, volumes, image, attempt: attempt)
        } catch {
            parts.tell(.warning, pod, container: name, "Failed", "Error: \(error.message)")
            hold(name, first: Limit.sandboxRetry)
            throw error
        }
        await removeDead(name)
        let id: String
        do {
            id = try await create(ContainerIdentity(pod.pod, container: name, attempt: attempt).name, body)
        } catch {
            parts.tell(.warning, pod, container: name, "Failed", "Error: \(sentence(error))")
            hold(name, first: Limit.sandboxRetry)
            throw PodFault(reason: "CreateContainerError", message: sentence(error))
        }
        attempts[name] = attempt
        parts.tell(.normal, pod, container: name, "Created", "Container created")
        do { try await parts.engine.startContainer(id, detachKeys: nil) } catch {
            await refresh(id)
            parts.tell(.warning, pod, container: name, "Failed", "Error: \(sentence(error))")
            throw PodFault(reason: "RunContainerError", message: sentence(error))
        }
        parts.tell(.normal, pod, container: name, "Started", "Container started")
        await refresh(id)
        try await runPostStart(container, id)
    }

    private func body(
        _ container: JSON, _ sandbox: ObservedContainer, _ volumes: [String: String], _ image: NodeImage, attempt: Int
    ) async throws(PodFault) -> JSON {
        let facts = PodFacts(
            podIPs: podAddresses, hostIPs: parts.settings.addresses, nodeName: parts.settings.nodeName)
        let environment = try await parts.environment.environment(container, pod.pod, facts)
        var mounts = try parts.volumes.mounts(container, pod.pod, volumes)
        mounts += try ownMounts(container, taken: Set(mounts.map { $0.text("Target") }), attempt: attempt)
        var target: String?
        let wanted = container.text("targetContainerName")
        if !wanted.isEmpty {
            guard let running = situation.latest(wanted), running.phase == .running else {
                throw PodFault(
                    reason: "CreateContainerConfigError", message: "unable to find target container \(wanted)")
            }
            target = running.id
        }
        let made = ContainerBody.Parts(
            sandbox: sandbox, attempt: attempt, image: image.reference, imageUser: image.user,
            environment: environment, mounts: mounts, target: target)
        return try ContainerBody(pod: pod, settings: parts.settings, memory: parts.memory)
            .container(container, made, read: NodeFiles.read)
    }

    /// /etc/hosts, /etc/resolv.conf and the termination log, where the container has nothing of its own there.
    private func ownMounts(_ container: JSON, taken: Set<String>, attempt: Int) throws(PodFault) -> [JSON] {
        let folder = parts.settings.podFolder(uid)
        func bind(_ source: String, _ target: String) -> JSON {
            ["Type": "bind", "Source": .string(source), "Target": .string(target)]
        }
        var mounts: [JSON] = []
        if !taken.contains("/etc/hosts") { mounts.append(bind(folder + "/etc-hosts", "/etc/hosts")) }
        if !taken.contains("/etc/resolv.conf") { mounts.append(bind(folder + "/resolv.conf", "/etc/resolv.conf")) }
        let path = container.text("terminationMessagePath")
        guard !path.isEmpty, !taken.contains(path) else { return mounts }
        let file = messageFile(container.text("name"), attempt)
        do {
            try NodeFiles.makeFolder(folder + "/containers/" + container.text("name"))
            // Whoever the container runs as may write it.
            try NodeFiles.write(file, "", mode: 0o666)
        } catch {
            throw PodFault(reason: "CreateContainerError", message: "termination log: \(error)")
        }
        mounts.append(bind(file, path))
        return mounts
    }

    func messageFile(_ container: String, _ attempt: Int) -> String {
        "\(parts.settings.podFolder(uid))/containers/\(container)/\(attempt)"
    }

    /// Ended containers beyond those that are kept for `logs --previous`.
    private func removeDead(_ name: String) async {
        let dead = (situation.containers[name] ?? []).filter { $0.phase != .running }
        for container in dead.dropLast(Limit.keptDead) {
            await remove(container.id)
            NodeFiles.removeTree(messageFile(name, container.attempt))
            situation.containers[name]?.removeAll { $0.id == container.id }
        }
    }
}
