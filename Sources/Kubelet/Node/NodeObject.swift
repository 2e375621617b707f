import CLinux
import JSON
import KubeModel
import Linux

/// The Node as its kubelet makes it. Pure, apart from `NodeInfo.here`.
struct NodeObject: Sendable {
    let settings: KubeletSettings
    let capacity: NodeCapacity
    let info: NodeInfo

    /// For the node's registration.
    var fresh: JSON {
        var labels = settings.labels.filter { !$0.key.hasPrefix("node-role.kubernetes.io/") }
        let name = JSON.string(settings.nodeName)
        for key in ["beta.kubernetes.io/os", "kubernetes.io/os"] { labels[key] = "linux" }
        for key in ["beta.kubernetes.io/arch", "kubernetes.io/arch"] { labels[key] = info.architecture }
        labels["kubernetes.io/hostname"] = settings.nodeName
        var annotations = settings.annotations
        annotations["volumes.kubernetes.io/controller-managed-attach-detach"] = "true"
        var spec: JSON = [:]
        if let range = settings.podCIDR {
            spec["podCIDR"] = .string(range)
            spec["podCIDRs"] = [.string(range)]
        }
        if !settings.taints.isEmpty { spec["taints"] = .array(settings.taints) }
        return [
            "kind": "Node", "apiVersion": "v1",
            "metadata": ["name": name, "labels": JSON(labels), "annotations": JSON(annotations)], "spec": spec,
        ]
    }

    /// With what it has for pods.
    var whole: JSON {
        var node = fresh
        node["status"] = ["allocatable": capacity.allocatable(settings.evictionThresholds)]
        return node
    }

    /// - Parameters:
    ///   - old: the present status; conditions keep the time of their last change.
    ///   - images: as the engine lists them.
    ///   - time: as statuses write it.
    func status(
        _ old: JSON, images: [JSON], pressures: Set<NodePressureKind>, runtimeVersion: String, time: String
    ) -> JSON {
        [
            "capacity": Self.keepExtended(capacity.capacity, old["capacity"]),
            "allocatable": Self.keepExtended(
                capacity.allocatable(settings.evictionThresholds), old["allocatable"]),
            "conditions": .array(conditions(old.list("conditions"), pressures, time)),
            "addresses": .array(
                settings.addresses.map { ["type": "InternalIP", "address": .string($0)] } + [
                    ["type": "Hostname", "address": .string(settings.nodeName)]
                ]),
            "daemonEndpoints": ["kubeletEndpoint": ["Port": JSON(settings.port)]],
            "nodeInfo": info.json(
                runtime: "\(NodeRuntime.scheme)://\(runtimeVersion)", version: settings.kubernetesVersion),
            "images": .array(Self.images(images)),
        ]
    }

    /// Resources that others count stay as they are.
    private static func keepExtended(_ amounts: JSON, _ old: JSON) -> JSON {
        var amounts = amounts
        for (name, amount) in old.object ?? JSONObject() where name.contains("/") { amounts[name] = amount }
        return amounts
    }

    private func conditions(_ old: [JSON], _ pressures: Set<NodePressureKind>, _ time: String) -> [JSON] {
        let verdicts: [(type: String, status: String, reason: String, message: String)] =
            NodePressureKind.allCases.map { kind in
                let holds = pressures.contains(kind), words = kind.words(holds)
                return (kind.rawValue, holds ? "True" : "False", "Kubelet" + words.reason, words.message)
            } + [("Ready", "True", "KubeletReady", "kubelet is posting ready status")]
        let others = old.filter { condition in !verdicts.contains { $0.type == condition.text("type") } }
        return others
            + verdicts.map { verdict in
                let before = old.first { $0.text("type") == verdict.type }
                let isSame = before?.text("status") == verdict.status
                return [
                    "type": .string(verdict.type), "status": .string(verdict.status),
                    "lastHeartbeatTime": .string(time),
                    "lastTransitionTime": isSame ? before?["lastTransitionTime"] ?? .string(time) : .string(time),
                    "reason": .string(verdict.reason), "message": .string(verdict.message),
                ]
            }
    }

    /// The largest fifty, with up to five names each.
    private static func images(_ list: [JSON]) -> [JSON] {
        let named = list.map { image -> JSON in
            let names = (image["RepoDigests"].strings + image["RepoTags"].strings).filter { !$0.contains("<none>") }
            return ["names": JSON(Array(names.prefix(5))), "sizeBytes": JSON(image["Size"].int ?? 0)]
        }
        return Array(
            named.filter { !$0.list("names").isEmpty }
                .sorted { ($0["sizeBytes"].int ?? 0) > ($1["sizeBytes"].int ?? 0) }.prefix(50))
    }
}

/// What the machine and its system are.
struct NodeInfo: Sendable, Equatable {
    var machineID = "", systemUUID = "", bootID = "", kernel = "", osImage = "", architecture = ""

    static var here: NodeInfo {
        var info = NodeInfo()
        info.machineID = KernelFile.line("/etc/machine-id") ?? ""
        info.systemUUID = KernelFile.line("/sys/class/dmi/id/product_uuid") ?? info.machineID
        info.bootID = KernelFile.line("/proc/sys/kernel/random/boot_id") ?? ""
        info.kernel = KernelFile.line("/proc/sys/kernel/osrelease") ?? ""
        info.osImage = osName(NodeFiles.read("/etc/os-release") ?? "")
        var name = utsname()
        uname(&name)
        let machine = withUnsafeBytes(of: &name.machine) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        info.architecture = ["x86_64": "amd64", "aarch64": "arm64"][machine] ?? machine
        return info
    }

    /// `PRETTY_NAME` of os-release(5).
    static func osName(_ release: String) -> String {
        for line in release.split(separator: "\n") where line.hasPrefix("PRETTY_NAME=") {
            return line.dropFirst("PRETTY_NAME=".count).filter { $0 != "\"" }
        }
        return "Linux"
    }

    func json(runtime: String, version: String) -> JSON {
        [
            "machineID": .string(machineID), "systemUUID": .string(systemUUID), "bootID": .string(bootID),
            "kernelVersion": .string(kernel), "osImage": .string(osImage),
            "containerRuntimeVersion": .string(runtime), "kubeletVersion": .string(version), "kubeProxyVersion": "",
            "operatingSystem": "linux", "architecture": .string(architecture),
        ]
    }
}
