import JSON
import KubeClient
import KubeModel

extension ObjectDescriber {
    func pod(_ text: inout DescribedText) async {
        let metadata = object["metadata"], spec = object["spec"], status = object["status"]
        text.metadata(object, isNamespaced: true)
        if let priority = spec["priority"].int { text.pair(0, "Priority", "\(priority)") }
        for (label, member) in [
            ("Priority Class Name", "priorityClassName"), ("Runtime Class Name", "runtimeClassName"),
            ("Service Account", "serviceAccountName"),
        ] where !spec[member].plain.isEmpty { text.pair(0, label, spec[member].plain) }
        let node = spec["nodeName"].plain
        text.pair(0, "Node", node.isEmpty ? "<none>" : "\(node)/\(status["hostIP"].plain)")
        if !status["startTime"].isNull { text.pair(0, "Start Time", DateText.of(status["startTime"])) }
        text.labelsAndAnnotations(object)
        let phase = status["phase"].plain
        if !metadata["deletionTimestamp"].isNull, phase != "Failed", phase != "Succeeded" {
            text.pair(
                0, "Status", "Terminating (lasts \(AgeText.since(metadata["deletionTimestamp"], now: ModelTime.now)))")
            text.pair(0, "Termination Grace Period", "\(metadata["deletionGracePeriodSeconds"].int ?? 0)s")
        } else {
            text.pair(0, "Status", phase)
        }
        for (label, member) in [("Reason", "reason"), ("Message", "message")] where !status[member].plain.isEmpty {
            text.pair(0, label, status[member].plain)
        }
        let profile = spec["securityContext"]["seccompProfile"]
        if !profile.isNull {
            text.pair(0, "SeccompProfile", profile["type"].plain)
            if profile["type"].string == "Localhost" {
                text.pair(0, "LocalhostProfile", profile["localhostProfile"].plain)
            }
        }
        text.pair(0, "IP", status["podIP"].plain)
        let addresses = status["podIPs"].array ?? []
        text.line(0, addresses.isEmpty ? "IPs:\t<none>" : "IPs:")
        for address in addresses { text.pair(1, "IP", address["ip"].plain) }
        text.controller(object)
        if !status["nominatedNodeName"].plain.isEmpty {
            text.pair(0, "NominatedNodeName", status["nominatedNodeName"].plain)
        }
        if !spec["resources"].isNull {
            text.line(0, "Resources:")
            ContainerText.resources(spec["resources"], 1, &text)
        }
        podContainers(&text)
        podRest(&text)
        text.events(await events())
    }

    private func podContainers(_ text: inout DescribedText) {
        let spec = object["spec"], status = object["status"]
        for (title, member, statuses) in [
            ("Init Containers", "initContainers", "initContainerStatuses"),
            ("Containers", "containers", "containerStatuses"),
            ("Ephemeral Containers", "ephemeralContainers", "ephemeralContainerStatuses"),
        ] {
            let list = spec[member].array ?? []
            if list.isEmpty, member != "containers" { continue }
            ContainerText.list(title, list, status[statuses].array ?? [], object, "", &text)
        }
    }

    private func podRest(_ text: inout DescribedText) {
        let spec = object["spec"], status = object["status"]
        let conditions = status["conditions"].array ?? []
        if let gates = spec["readinessGates"].array, !gates.isEmpty {
            text.write(0, "Readiness Gates:\n  Type\tStatus\n")
            for gate in gates {
                let found = conditions.first { $0["type"] == gate["conditionType"] }
                text.line(1, "\(gate["conditionType"].plain) \t\(found?["status"].plain ?? "<none>") ")
            }
        }
        if !conditions.isEmpty {
            text.write(0, "Conditions:\n  Type\tStatus\n")
            for condition in conditions { text.line(1, "\(condition["type"].plain) \t\(condition["status"].plain) ") }
        }
        VolumeText.list(spec["volumes"].array ?? [], "", &text)
        text.pair(0, "QoS Class", status["qosClass"].plain)
        text.labels("Node-Selectors", spec["nodeSelector"])
        PodTemplateText.tolerations("Tolerations", spec["tolerations"].array ?? [], &text)
        PodTemplateText.spread(spec["topologySpreadConstraints"].array ?? [], "", &text)
    }

    func deployment(_ text: inout DescribedText) async throws {
        let spec = object["spec"], status = object["status"]
        text.metadata(object, isNamespaced: true)
        text.pair(0, "CreationTimestamp", DateText.of(object["metadata"]["creationTimestamp"]))
        text.labelsAndAnnotations(object)
        text.pair(0, "Selector", SelectorText.query(spec["selector"]))
        func number(_ member: String) -> Int { status[member].int ?? 0 }
        text.pair(
            0, "Replicas",
            "\(spec["replicas"].int ?? 0) desired | \(number("updatedReplicas")) updated | \(number("replicas")) total | \(number("availableReplicas")) available | \(number("unavailableReplicas")) unavailable"
        )
        text.pair(0, "StrategyType", spec["strategy"]["type"].plain)
        text.pair(0, "MinReadySeconds", "\(spec["minReadySeconds"].int ?? 0)")
        let rolling = spec["strategy"]["rollingUpdate"]
        if !rolling.isNull {
            text.pair(
                0, "RollingUpdateStrategy",
                "\(rolling["maxUnavailable"].plain) max unavailable, \(rolling["maxSurge"].plain) max surge")
        }
        PodTemplateText.describe(spec["template"], into: &text)
        conditions(&text)
        try await replicaSets(&text)
        text.events(await events())
    }

    private func conditions(_ text: inout DescribedText) {
        let conditions = object["status"]["conditions"].array ?? []
        guard !conditions.isEmpty else { return }
        text.write(0, "Conditions:\n  Type\tStatus\tReason\n")
        text.line(1, "----\t------\t------")
        for condition in conditions {
            text.line(1, "\(condition["type"].plain) \t\(condition["status"].plain)\t\(condition["reason"].plain)")
        }
    }

    private func replicaSets(_ text: inout DescribedText) async throws {
        let sets = try await list(.replicaSets, item.namespace, labels: SelectorText.query(object["spec"]["selector"]))
            .filter { set in
                (set["metadata"]["ownerReferences"].array ?? []).contains {
                    $0["uid"] == object["metadata"]["uid"] && $0["controller"].bool == true
                }
            }.sorted {
                ($0["metadata"]["creationTimestamp"].plain, $0["metadata"]["name"].plain)
                    < ($1["metadata"]["creationTimestamp"].plain, $1["metadata"]["name"].plain)
            }
        guard !sets.isEmpty else { return }
        func plain(_ template: JSON) -> JSON {
            var copy = template
            var labels = template["metadata"]["labels"]
            labels.remove("pod-template-hash")
            copy["metadata", "labels"] = labels
            return copy
        }
        let wanted = plain(object["spec"]["template"])
        let new = sets.firstIndex { SemanticEquality.equal(plain($0["spec"]["template"]), wanted) }
        func line(_ list: [JSON]) -> String {
            list.isEmpty
                ? "<none>"
                : list.map {
                    "\($0["metadata"]["name"].plain) (\($0["status"]["replicas"].int ?? 0)/\($0["spec"]["replicas"].int ?? 0) replicas created)"
                }.joined(separator: ", ")
        }
        text.pair(0, "OldReplicaSets", line(sets.enumerated().filter { $0.offset != new }.map(\.element)))
        text.pair(0, "NewReplicaSet", line(new.map { [sets[$0]] } ?? []))
    }

    /// A replica set, or a replication controller.
    func replicaSet(_ text: inout DescribedText) async throws {
        let spec = object["spec"]
        let isOld = item.resource.kind == "ReplicationController"
        text.metadata(object, isNamespaced: true)
        let selector: String
        if isOld {
            selector = TablePrinter.labels(spec["selector"].stringMap)
            text.pair(0, "Selector", selector)
        } else {
            selector = SelectorText.query(spec["selector"])
            text.pair(0, "Selector", SelectorText.of(spec["selector"]))
        }
        text.labelsAndAnnotations(object)
        if !isOld { text.controller(object) }
        text.pair(
            0, "Replicas", "\(object["status"]["replicas"].int ?? 0) current / \(spec["replicas"].int ?? 0) desired")
        text.pods(try await podCounts(selector == "<none>" ? "" : selector))
        PodTemplateText.describe(spec["template"], into: &text)
        conditions(&text)
        text.events(await events())
    }

    func statefulSet(_ text: inout DescribedText) async throws {
        let spec = object["spec"]
        text.metadata(object, isNamespaced: true)
        text.pair(0, "CreationTimestamp", DateText.of(object["metadata"]["creationTimestamp"]))
        let selector = SelectorText.query(spec["selector"])
        text.pair(0, "Selector", selector)
        text.labelsAndAnnotations(object)
        if !spec["serviceName"].plain.isEmpty { text.pair(0, "Service Name", spec["serviceName"].plain) }
        if !spec["podManagementPolicy"].plain.isEmpty {
            text.pair(0, "Pod Management Policy", spec["podManagementPolicy"].plain)
        }
        text.pair(
            0, "Replicas", "\(spec["replicas"].int ?? 0) desired | \(object["status"]["replicas"].int ?? 0) total")
        text.pair(0, "Update Strategy", spec["updateStrategy"]["type"].plain)
        let rolling = spec["updateStrategy"]["rollingUpdate"]
        if let partition = rolling["partition"].int {
            text.pair(1, "Partition", "\(partition)")
            if !rolling["maxUnavailable"].isNull { text.pair(1, "MaxUnavailable", rolling["maxUnavailable"].plain) }
        }
        let retention = spec["persistentVolumeClaimRetentionPolicy"]
        if !retention.isNull {
            text.line(0, "Persistent Volume Claim Retention Policy:")
            text.pair(1, "WhenDeleted", retention["whenDeleted"].plain)
            text.pair(1, "WhenScaled", retention["whenScaled"].plain)
        }
        text.pods(try await podCounts(selector))
        PodTemplateText.describe(spec["template"], into: &text)
        claimTemplates(spec["volumeClaimTemplates"].array ?? [], &text)
        text.events(await events())
    }

    private func claimTemplates(_ templates: [JSON], _ text: inout DescribedText) {
        guard !templates.isEmpty else { return text.line(0, "Volume Claims:\t<none>") }
        text.line(0, "Volume Claims:")
        for template in templates {
            let metadata = template["metadata"], spec = template["spec"]
            text.pair(1, "Name", metadata["name"].plain)
            text.pair(1, "StorageClass", spec["storageClassName"].plain)
            text.labels("Labels", metadata["labels"], indent: "  ")
            text.labels("Annotations", metadata["annotations"], indent: "  ")
            let size = spec["resources"]["requests"]["storage"].plain
            text.pair(1, "Capacity", size.isEmpty ? "<default>" : size)
            text.pair(1, "Access Modes", "[\(spec["accessModes"].strings.joined(separator: " "))]")
        }
    }

    func daemonSet(_ text: inout DescribedText) async throws {
        let spec = object["spec"], status = object["status"]
        text.metadata(object, isNamespaced: true)
        let selector = SelectorText.query(spec["selector"])
        text.pair(0, "Selector", selector)
        text.pair(0, "Node-Selector", TablePrinter.labels(spec["template"]["spec"]["nodeSelector"].stringMap))
        text.labelsAndAnnotations(object)
        for (label, member) in [
            ("Desired Number of Nodes Scheduled", "desiredNumberScheduled"),
            ("Current Number of Nodes Scheduled", "currentNumberScheduled"),
            ("Number of Nodes Scheduled with Up-to-date Pods", "updatedNumberScheduled"),
            ("Number of Nodes Scheduled with Available Pods", "numberAvailable"),
            ("Number of Nodes Misscheduled", "numberMisscheduled"),
        ] { text.line(0, "\(label): \(status[member].int ?? 0)") }
        text.pods(try await podCounts(selector))
        PodTemplateText.describe(spec["template"], into: &text)
        text.events(await events())
    }

    func job(_ text: inout DescribedText) async {
        let spec = object["spec"], status = object["status"]
        text.metadata(object, isNamespaced: true)
        text.pair(0, "Selector", SelectorText.query(spec["selector"]))
        text.labelsAndAnnotations(object)
        text.controller(object)
        if let number = spec["parallelism"].int { text.pair(0, "Parallelism", "\(number)") }
        text.pair(0, "Completions", spec["completions"].int.map { "\($0)" } ?? "<unset>")
        for (label, member) in [
            ("Completion Mode", "completionMode"), ("Suspend", "suspend"), ("Backoff Limit", "backoffLimit"),
            ("TTL Seconds After Finished", "ttlSecondsAfterFinished"),
        ] where !spec[member].isNull { text.pair(0, label, spec[member].plain) }
        let start = status["startTime"], end = status["completionTime"]
        if !start.isNull { text.pair(0, "Start Time", DateText.of(start)) }
        if !end.isNull { text.pair(0, "Completed At", DateText.of(end)) }
        if let from = start.string.flatMap({ try? ModelTime(parsing: $0) }),
            let to = end.string.flatMap({ try? ModelTime(parsing: $0) })
        {
            text.pair(0, "Duration", AgeText.of(seconds: to.time - from.time))
        }
        if let seconds = spec["activeDeadlineSeconds"].int { text.pair(0, "Active Deadline Seconds", "\(seconds)s") }
        func number(_ member: String) -> Int { status[member].int ?? 0 }
        let ready = status["ready"].int.map { " (\($0) Ready)" } ?? ""
        text.pair(
            0, "Pods Statuses",
            "\(number("active")) Active\(ready) / \(number("succeeded")) Succeeded / \(number("failed")) Failed")
        if spec["completionMode"].string == "Indexed" {
            text.pair(0, "Completed Indexes", Self.capped(status["completedIndexes"].plain))
        }
        PodTemplateText.describe(spec["template"], into: &text)
        text.events(await events())
    }

    /// After some fifty characters a long list of indexes is cut at its next comma.
    private static func capped(_ indexes: String) -> String {
        guard !indexes.isEmpty else { return "<none>" }
        let characters = Array(indexes)
        guard let comma = characters.indices.first(where: { $0 >= 50 && characters[$0] == "," }) else { return indexes }
        return String(characters[...comma]) + "..."
    }

    func cronJob(_ text: inout DescribedText) async {
        let spec = object["spec"], status = object["status"], template = spec["jobTemplate"]["spec"]
        func orUnset(_ value: JSON, _ suffix: String = "") -> String { value.isNull ? "<unset>" : value.plain + suffix }
        text.metadata(object, isNamespaced: true)
        text.labelsAndAnnotations(object)
        text.pair(0, "Schedule", spec["schedule"].plain)
        text.pair(0, "Concurrency Policy", spec["concurrencyPolicy"].plain)
        text.pair(0, "Suspend", spec["suspend"].bool.map { $0 ? "True" : "False" } ?? "<unset>")
        text.pair(0, "Time Zone", orUnset(spec["timeZone"]))
        text.pair(0, "Successful Job History Limit", orUnset(spec["successfulJobsHistoryLimit"]))
        text.pair(0, "Failed Job History Limit", orUnset(spec["failedJobsHistoryLimit"]))
        text.pair(0, "Starting Deadline Seconds", orUnset(spec["startingDeadlineSeconds"], "s"))
        text.pair(0, "Selector", template["selector"].isNull ? "<unset>" : SelectorText.query(template["selector"]))
        text.pair(0, "Parallelism", orUnset(template["parallelism"]))
        text.pair(0, "Completions", orUnset(template["completions"]))
        if let seconds = template["activeDeadlineSeconds"].int {
            text.pair(0, "Active Deadline Seconds", "\(seconds)s")
        }
        PodTemplateText.describe(template["template"], into: &text)
        text.pair(
            0, "Last Schedule Time",
            status["lastScheduleTime"].isNull ? "<unset>" : DateText.of(status["lastScheduleTime"]))
        let active = (status["active"].array ?? []).map { $0["name"].plain }
        text.pair(0, "Active Jobs", active.isEmpty ? "<none>" : active.joined(separator: ", "))
        text.events(await events())
    }
}
