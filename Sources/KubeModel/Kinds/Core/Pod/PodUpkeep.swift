import JSON

/// What the server sets in a pod, and what a write to one part of it leaves as it was.
enum PodUpkeep {
    static func applyDefaults(_ pod: inout JSON) {
        if !pod.has("spec") { pod["spec"] = [:] }
        pod.edit("spec") { spec in
            PodResources.applyDefaults(&spec)
            spec.fillMissing("enableServiceLinks", true)
            if spec.flag("hostNetwork") {
                for list in ["containers", "initContainers"] {
                    spec.editEach(list) { container in
                        container.editEach("ports") { $0.fillZero("hostPort", $0["containerPort"]) }
                    }
                }
            }
            PodSpecRules.applyDefaults(&spec)
        }
        if !pod.has("status") { pod["status"] = [:] }
        pod.edit("status", matchAddresses)
    }

    /// `podIP` is the first of `podIPs`, and wins when the two differ.
    private static func matchAddresses(_ status: inout JSON) {
        let (one, all) = (status.text("podIP"), status.list("podIPs"))
        if !one.isEmpty, all.first?["ip"] != .string(one) {
            status["podIPs"] = [["ip": .string(one)]]
        } else if one.isEmpty, let first = all.first?["ip"], !first.isNull {
            status["podIP"] = first
        }
    }

    static func prepareForCreate(_ pod: inout JSON) {
        pod["metadata", "generation"] = 1
        pod.edit("spec") { PodSpecRules.matchServiceAccount(&$0) }
        var status: JSON = ["phase": "Pending", "qosClass": .string(QualityOfService.ofPod(pod["spec"]))]
        if !pod["spec"].list("schedulingGates").isEmpty {
            status["conditions"] = [
                [
                    "type": "PodScheduled", "status": "False", "lastProbeTime": nil, "lastTransitionTime": nil,
                    "reason": "SchedulingGated",
                    "message": "Scheduling is blocked due to non-empty scheduling gates",
                ]
            ]
        }
        pod["status"] = status
        let labels = pod["metadata"].map("labels")
        pod.edit("spec") { mergeLabelKeys(&$0, labels) }
    }

    /// Keys whose values are the pod's own become plain requirements of the selector beside them.
    private static func mergeLabelKeys(_ spec: inout JSON, _ labels: JSONObject) {
        spec.editEach("topologySpreadConstraints") { addRequirements(&$0, "matchLabelKeys", "In", labels) }
        spec.edit("affinity") { affinity in
            for kind in ["podAffinity", "podAntiAffinity"] {
                affinity.edit(kind) { pods in
                    pods.editEach("requiredDuringSchedulingIgnoredDuringExecution") { addBoth(&$0, labels) }
                    pods.editEach("preferredDuringSchedulingIgnoredDuringExecution") { term in
                        term.edit("podAffinityTerm") { addBoth(&$0, labels) }
                    }
                }
            }
        }
    }

    private static func addBoth(_ term: inout JSON, _ labels: JSONObject) {
        addRequirements(&term, "matchLabelKeys", "In", labels)
        addRequirements(&term, "mismatchLabelKeys", "NotIn", labels)
    }

    private static func addRequirements(
        _ term: inout JSON, _ name: String, _ comparison: String, _ labels: JSONObject
    ) {
        let keys = term[name].strings.filter { labels[$0] != nil }
        guard !keys.isEmpty else { return }
        term.edit("labelSelector") { selector in
            var requirements = selector.list("matchExpressions")
            for key in keys {
                requirements.append([
                    "key": .string(key), "operator": .string(comparison), "values": [labels[key] ?? ""],
                ])
            }
            selector["matchExpressions"] = .array(requirements)
        }
    }

    static func prepareForStatusUpdate(_ new: inout JSON, _ old: JSON) {
        KindRules.keepAllButStatus(&new, old)
        let owners = old["metadata", "ownerReferences"]
        new.edit("metadata") { metadata in
            if owners.isNull { metadata.remove("ownerReferences") } else { metadata["ownerReferences"] = owners }
        }
        if !new.has("status") { new["status"] = [:] }
        new.edit("status") { status in
            if old["status"].has("qosClass") { status.fillZero("qosClass", old["status", "qosClass"]) }
            matchAddresses(&status)
        }
    }

    static func prepareForEphemeralUpdate(_ new: inout JSON, _ old: JSON) {
        let (containers, metadata) = (new["spec", "ephemeralContainers"], new["metadata"])
        new = old
        new["metadata"] = metadata
        new.edit("spec") { spec in
            if containers.isNull {
                spec.remove("ephemeralContainers")
            } else {
                spec["ephemeralContainers"] = containers
            }
        }
        KindRules.countGeneration(&new, old)
    }
}
