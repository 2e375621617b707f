import JSON
import KubeClient
import KubeModel

extension ObjectDescriber {
    func node(_ text: inout DescribedText) async throws {
        let metadata = object["metadata"], spec = object["spec"], status = object["status"]
        text.metadata(object, isNamespaced: false)
        text.pair(0, "Roles", Self.roles(metadata["labels"]))
        text.labelsAndAnnotations(object)
        text.pair(0, "CreationTimestamp", DateText.of(metadata["creationTimestamp"]))
        taints(spec["taints"].array ?? [], &text)
        text.pair(0, "Unschedulable", "\(spec["unschedulable"].bool ?? false)")
        await lease(&text)
        let conditions = status["conditions"].array ?? []
        if !conditions.isEmpty {
            text.write(0, "Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage\n")
            text.line(1, "----\t------\t-----------------\t------------------\t------\t-------")
            for condition in conditions {
                text.line(
                    1,
                    [
                        condition["type"].plain, condition["status"].plain, DateText.of(condition["lastHeartbeatTime"]),
                        DateText.of(condition["lastTransitionTime"]), condition["reason"].plain,
                        condition["message"].plain,
                    ].joined(separator: " \t"))
            }
        }
        text.line(0, "Addresses:")
        for address in status["addresses"].array ?? [] { text.pair(1, address["type"].plain, address["address"].plain) }
        for (title, member) in [("Capacity", "capacity"), ("Allocatable", "allocatable")] {
            guard let amounts = status[member].object, !amounts.isEmpty else { continue }
            text.line(0, "\(title):")
            for (name, amount) in amounts.sortedByKey() { text.line(0, "  \(name):\t\(amount.plain)") }
        }
        text.line(0, "System Info:")
        for (label, member) in [
            ("Machine ID", "machineID"), ("System UUID", "systemUUID"), ("Boot ID", "bootID"),
            ("Kernel Version", "kernelVersion"), ("OS Image", "osImage"), ("Operating System", "operatingSystem"),
            ("Architecture", "architecture"), ("Container Runtime Version", "containerRuntimeVersion"),
            ("Kubelet Version", "kubeletVersion"),
        ] { text.line(0, "  \(label):\t\(status["nodeInfo"][member].plain)") }
        if !spec["podCIDR"].plain.isEmpty { text.pair(0, "PodCIDR", spec["podCIDR"].plain) }
        if !spec["podCIDRs"].strings.isEmpty {
            text.pair(0, "PodCIDRs", spec["podCIDRs"].strings.joined(separator: ","))
        }
        if !spec["providerID"].plain.isEmpty { text.pair(0, "ProviderID", spec["providerID"].plain) }
        do {
            let pods = try await list(
                .pods, "", fields: "spec.nodeName=\(item.name),status.phase!=Succeeded,status.phase!=Failed")
            resources(pods, &text)
        } catch let error as APIStatus where error.reason == "Forbidden" {
            text.line(0, "Pods:\tnot authorized")
        }
        // Controllers tell of a node by its UID, the node itself by its name.
        if let own = await events(), let named = await events(uid: item.name) { text.events(own + named) }
    }

    static func roles(_ labels: JSON) -> String {
        var roles = Set<String>()
        for (key, value) in labels.stringMap {
            if key.hasPrefix("node-role.kubernetes.io/") {
                let role = key.dropFirst("node-role.kubernetes.io/".count)
                if !role.isEmpty { roles.insert(String(role)) }
            } else if key == "kubernetes.io/role", !value.isEmpty {
                roles.insert(value)
            }
        }
        return roles.isEmpty ? "<none>" : roles.sorted().joined(separator: ",")
    }

    private func taints(_ taints: [JSON], _ text: inout DescribedText) {
        text.write(0, "Taints:\t")
        guard !taints.isEmpty else { return text.line(0, "<none>") }
        let sorted = taints.sorted {
            "\($0["effect"].plain),\($0["key"].plain)" < "\($1["effect"].plain),\($1["key"].plain)"
        }
        for (at, taint) in sorted.enumerated() { text.line(0, (at == 0 ? "" : "\t") + TaintText.of(taint)) }
    }

    private func lease(_ text: inout DescribedText) async {
        do {
            let lease = try await session.get(ResourceID.leases.path(namespace: "kube-node-lease", name: item.name))
            let spec = lease["spec"]
            text.line(0, "Lease:")
            text.pair(1, "HolderIdentity", spec["holderIdentity"].isNull ? "<unset>" : spec["holderIdentity"].plain)
            text.pair(1, "AcquireTime", spec["acquireTime"].isNull ? "<unset>" : DateText.of(spec["acquireTime"]))
            text.pair(1, "RenewTime", spec["renewTime"].isNull ? "<unset>" : DateText.of(spec["renewTime"]))
        } catch {
            let why = (error as? APIStatus)?.message ?? "\(error)"
            text.pair(0, "Lease", "Failed to get lease: \(why)")
        }
    }

    // MARK: What its pods ask for

    private func resources(_ pods: [JSON], _ text: inout DescribedText) {
        text.pair(0, "Non-terminated Pods", "(\(pods.count) in total)")
        text.line(1, "Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge")
        text.line(1, "---------\t----\t\t------------\t----------\t---------------\t-------------\t---")
        let status = object["status"]
        let allocatable = status["allocatable"].object?.isEmpty == false ? status["allocatable"] : status["capacity"]
        var all = PodAmounts()
        for pod in pods {
            let own = PodAmounts(pod)
            all.add(own)
            let cells = [("cpu", true), ("cpu", false), ("memory", true), ("memory", false)].map { name, isRequest in
                own.text(name, isRequest: isRequest, of: allocatable)
            }
            text.line(
                1,
                "\(pod["metadata"]["namespace"].plain)\t\(pod["metadata"]["name"].plain)\t\t\(cells.joined(separator: "\t"))\t\(AgeText.since(pod["metadata"]["creationTimestamp"], now: ModelTime.now))"
            )
        }
        text.write(0, "Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)\n")
        text.line(1, "Resource\tRequests\tLimits")
        text.line(1, "--------\t--------\t------")
        for name in ["cpu", "memory", "ephemeral-storage"] {
            text.line(
                1,
                "\(name)\t\(all.text(name, isRequest: true, of: allocatable))\t\(all.text(name, isRequest: false, of: allocatable))"
            )
        }
        let others = (allocatable.object?.names ?? []).sorted()
        for name in others where name.hasPrefix("hugepages-") {
            text.line(
                1,
                "\(name)\t\(all.text(name, isRequest: true, of: allocatable))\t\(all.text(name, isRequest: false, of: allocatable))"
            )
        }
        let standard: Set<String> = ["cpu", "memory", "ephemeral-storage", "pods"]
        for name in others where !standard.contains(name) && !name.hasPrefix("hugepages-") {
            text.line(1, "\(name)\t\(all.requests[name] ?? .zero)\t\(all.limits[name] ?? .zero)")
        }
    }
}

/// What pods ask for and are limited to.
struct PodAmounts {
    var requests: [String: Quantity] = [:]
    var limits: [String: Quantity] = [:]

    init() {}

    /// Its containers together, or the largest that runs before them, whichever is more; and the overhead.
    init(_ pod: JSON) {
        let spec = pod["spec"]
        requests = Self.total(spec, "requests")
        limits = Self.total(spec, "limits")
        for (name, amount) in spec["overhead"].object ?? JSONObject() {
            guard let quantity = Quantity(amount) else { continue }
            requests[name] = (requests[name] ?? .zero) + quantity
            if let limit = limits[name] { limits[name] = limit + quantity }
        }
        for (member, name, amount) in ["requests", "limits"].flatMap({ member in
            (spec["resources"][member].object ?? JSONObject()).map { (member, $0.key, $0.value) }
        }) {
            guard let quantity = Quantity(amount) else { continue }
            if member == "requests" { requests[name] = quantity } else { limits[name] = quantity }
        }
    }

    private static func total(_ spec: JSON, _ member: String) -> [String: Quantity] {
        func amounts(_ container: JSON) -> [String: Quantity] {
            var all: [String: Quantity] = [:]
            for (name, amount) in container["resources"][member].object ?? JSONObject() { all[name] = Quantity(amount) }
            return all
        }
        var sum: [String: Quantity] = [:], sidecars: [String: Quantity] = [:], most: [String: Quantity] = [:]
        for container in spec["containers"].array ?? [] { sum.merge(amounts(container), uniquingKeysWith: +) }
        for container in spec["initContainers"].array ?? [] {
            var own = amounts(container)
            if container["restartPolicy"].string == "Always" {
                sum.merge(own, uniquingKeysWith: +)
                sidecars.merge(own, uniquingKeysWith: +)
                own = sidecars
            } else {
                own.merge(sidecars, uniquingKeysWith: +)
            }
            most.merge(own) { max($0, $1) }
        }
        return sum.merging(most) { max($0, $1) }
    }

    mutating func add(_ other: PodAmounts) {
        requests.merge(other.requests, uniquingKeysWith: +)
        limits.merge(other.limits, uniquingKeysWith: +)
    }

    /// `100m (5%)`.
    func text(_ name: String, isRequest: Bool, of allocatable: JSON) -> String {
        let amount = (isRequest ? requests : limits)[name] ?? .zero
        let whole = Quantity(allocatable[name]) ?? .zero
        let part = name == "cpu" ? Double(amount.milliValue) : Double(amount.value)
        let all = name == "cpu" ? Double(whole.milliValue) : Double(whole.value)
        return "\(amount) (\(all == 0 ? 0 : Int(part / all * 100))%)"
    }
}

enum TaintText {
    /// `key=value:Effect`.
    static func of(_ taint: JSON) -> String {
        let key = taint["key"].plain, value = taint["value"].plain, effect = taint["effect"].plain
        if effect.isEmpty { return value.isEmpty ? key : "\(key)=\(value)" }
        return value.isEmpty ? "\(key):\(effect)" : "\(key)=\(value):\(effect)"
    }
}
