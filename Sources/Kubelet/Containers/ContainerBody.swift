import JSON
import KubeModel

/// The Engine API's request that makes one of a pod's containers.
struct ContainerBody: Sendable {
    let pod: PodSpec
    let settings: KubeletSettings
    /// The node's, in bytes.
    let memory: Int

    // MARK: Sandbox

    func sandbox(attempt: Int) -> JSON {
        let identity = ContainerIdentity(pod.pod, container: ContainerIdentity.sandboxName, attempt: attempt)
        var labels = pod.pod["metadata"]["labels"].stringMap
        labels.merge(identity.labels) { $1 }
        var host: JSON = [
            "NetworkMode": pod.usesHostNetwork ? "host" : "bridge",
            "IpcMode": pod.spec.flag("hostIPC") ? "host" : "shareable",
            "CgroupParent": .string(PodGroup(pod, root: settings.groupRoot).path), "CpuShares": 2, "OomScoreAdj": -998,
            "LogConfig": ["Type": "none", "Config": [:]], "SecurityOpt": ["no-new-privileges"],
        ]
        if pod.spec.flag("hostPID") { host["PidMode"] = "host" }
        let sysctls = pod.spec["securityContext"].list("sysctls")
        if !sysctls.isEmpty {
            host["Sysctls"] = .object(JSONObject(sysctls.map { ($0.text("name"), $0["value"]) }))
        }
        var body: JSON = [
            "Image": .string(settings.sandboxImage), "Labels": JSON(labels),
        ]
        if !pod.usesHostNetwork {
            body["Hostname"] = .string(HostNames(pod, domain: settings.clusterDomain).name)
            addPorts(to: &host, &body)
        }
        body["HostConfig"] = host
        return body
    }

    /// Ports of the node that lead into the pod.
    private func addPorts(to host: inout JSON, _ body: inout JSON) {
        var bindings = JSONObject(), exposed = JSONObject()
        for container in pod.containers + pod.initContainers.filter(PodSpec.isSidecar) {
            for port in container.list("ports") {
                guard let outer = port["hostPort"].int, outer > 0, let inner = port["containerPort"].int else {
                    continue
                }
                let kind = port.text("protocol").isEmpty ? "tcp" : port.text("protocol").lowercased()
                let key = "\(inner)/\(kind)"
                let binding: JSON = ["HostIp": .string(port.text("hostIP")), "HostPort": .string("\(outer)")]
                bindings[key] = .array((bindings[key]?.array ?? []) + [binding])
                exposed[key] = [:]
            }
        }
        guard !bindings.isEmpty else { return }
        host["PortBindings"] = .object(bindings)
        body["ExposedPorts"] = .object(exposed)
    }

    // MARK: Containers

    struct Parts: Sendable {
        var sandbox: ObservedContainer
        var attempt: Int
        /// The reference with its tag.
        var image: String
        /// `USER` of the image.
        var imageUser: String
        /// `NAME=value`.
        var environment: [String]
        /// The Engine API's `Mounts`.
        var mounts: [JSON]
        /// The container whose processes are to be seen, for an ephemeral one that names it.
        var target: String?
    }

    /// Throws what the container's status is to tell.
    /// - Parameter read: gives a file's content; nil when there is none.
    func container(_ container: JSON, _ parts: Parts, read: (String) -> String?) throws(PodFault) -> JSON {
        let name = container.text("name")
        let identity = ContainerIdentity(pod.pod, container: name, attempt: parts.attempt)
        let security = SecurityContext(container, pod)
        try security.check(container, pod, imageUser: parts.imageUser)
        var host = namespaces(parts)
        host["CgroupParent"] = .string(PodGroup(pod, root: settings.groupRoot).path)
        host["LogConfig"] = ["Type": "json-file", "Config": ["max-size": "10m", "max-file": "5"]]
        host["Mounts"] = .array(parts.mounts)
        ResourceLimits.apply(container, pod, memory: memory, to: &host)
        try security.apply(to: &host, seccompFolder: settings.rootFolder + "/seccomp", read: read)

        var labels = identity.labels
        typealias Label = ContainerIdentity.Label
        labels[Label.sandbox] = parts.sandbox.id
        labels[Label.hash] = PodSpec.hash(container)
        labels[Label.messagePath] = container.text("terminationMessagePath")
        labels[Label.messagePolicy] = container.text("terminationMessagePolicy")
        labels[Label.grace] = "\(pod.spec["terminationGracePeriodSeconds"].int ?? 30)"
        var body: JSON = [
            "Image": .string(parts.image), "Labels": JSON(labels), "Env": JSON(parts.environment),
            "OpenStdin": .bool(container.flag("stdin")), "StdinOnce": .bool(container.flag("stdinOnce")),
            "Tty": .bool(container.flag("tty")), "Healthcheck": ["Test": ["NONE"]],
        ]
        if let user = security.user { body["User"] = .string(user) }
        if !container.text("workingDir").isEmpty { body["WorkingDir"] = container["workingDir"] }
        let command = VariableExpansion.expand(container["command"].strings, environment: parts.environment)
        let arguments = VariableExpansion.expand(container["args"].strings, environment: parts.environment)
        if !command.isEmpty { body["Entrypoint"] = JSON(command) }
        if !arguments.isEmpty { body["Cmd"] = JSON(arguments) }
        body["HostConfig"] = host
        return body
    }

    private func namespaces(_ parts: Parts) -> JSON {
        let sandbox = "container:" + parts.sandbox.id
        var host: JSON = ["NetworkMode": .string(pod.usesHostNetwork ? "host" : sandbox)]
        host["IpcMode"] = pod.spec.flag("hostIPC") ? "host" : .string(sandbox)
        if pod.spec.flag("hostPID") {
            host["PidMode"] = "host"
        } else if let target = parts.target {
            host["PidMode"] = .string("container:" + target)
        } else if pod.spec.flag("shareProcessNamespace") {
            host["PidMode"] = .string(sandbox)
        }
        return host
    }
}
