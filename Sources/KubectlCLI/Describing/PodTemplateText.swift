import JSON
import KubeModel

/// Pods and pod templates as `describe` shows them.
enum PodTemplateText {
    static func describe(_ template: JSON, into text: inout DescribedText) {
        text.line(0, "Pod Template:")
        let metadata = template["metadata"], spec = template["spec"]
        text.labels("  Labels", metadata["labels"])
        if metadata["annotations"].object?.isEmpty == false {
            text.annotations("  Annotations", metadata["annotations"])
        }
        let account = spec["serviceAccountName"].string ?? ""
        if !account.isEmpty { text.pair(1, "Service Account", account) }
        let initial = spec["initContainers"].array ?? []
        if !initial.isEmpty { ContainerText.list("Init Containers", initial, nil, nil, "  ", &text) }
        ContainerText.list("Containers", spec["containers"].array ?? [], nil, nil, "  ", &text)
        VolumeText.list(spec["volumes"].array ?? [], "  ", &text)
        spread(spec["topologySpreadConstraints"].array ?? [], "  ", &text)
        let priority = spec["priorityClassName"].string ?? ""
        if !priority.isEmpty { text.pair(1, "Priority Class Name", priority) }
        text.labels("  Node-Selectors", spec["nodeSelector"])
        tolerations("  Tolerations", spec["tolerations"].array ?? [], &text)
    }

    static func spread(_ constraints: [JSON], _ space: String, _ text: inout DescribedText) {
        guard !constraints.isEmpty else { return }
        text.write(0, "\(space)Topology Spread Constraints:\t")
        let sorted = constraints.sorted { ($0["topologyKey"].string ?? "") < ($1["topologyKey"].string ?? "") }
        for (at, constraint) in sorted.enumerated() {
            if at > 0 { text.write(0, "\(space)\t") }
            var line =
                "\(constraint["topologyKey"].plain):\(constraint["whenUnsatisfiable"].plain) when max skew \(constraint["maxSkew"].int ?? 0) is exceeded"
            if !constraint["labelSelector"].isNull {
                line += " for selector \(SelectorText.of(constraint["labelSelector"]))"
            }
            text.line(0, line)
        }
    }

    static func tolerations(_ title: String, _ list: [JSON], _ text: inout DescribedText) {
        text.write(0, "\(title):\t")
        guard !list.isEmpty else { return text.line(0, "<none>") }
        let sorted = list.enumerated().sorted {
            ($0.element["key"].string ?? "", $0.offset) < ($1.element["key"].string ?? "", $1.offset)
        }.map(\.element)
        for (at, toleration) in sorted.enumerated() {
            let key = toleration["key"].plain, value = toleration["value"].plain, effect = toleration["effect"].plain
            var line = at > 0 ? "\t" : ""
            line += key
            if !value.isEmpty { line += "=\(value)" }
            if !effect.isEmpty { line += ":\(effect)" }
            if toleration["operator"].string == "Exists", value.isEmpty {
                line += key.isEmpty && effect.isEmpty ? "op=Exists" : " op=Exists"
            }
            if let seconds = toleration["tolerationSeconds"].int { line += " for \(seconds)s" }
            text.line(0, line)
        }
    }
}

enum SelectorText {
    /// A `LabelSelector`; `<none>` when it selects nothing in particular.
    static func of(_ selector: JSON) -> String {
        guard let parsed = try? LabelSelector(selector) else { return "<error>" }
        let text = parsed.description
        return text.isEmpty ? "<none>" : text
    }

    /// The same as a list's query has it.
    static func query(_ selector: JSON) -> String { (try? LabelSelector(selector))?.description ?? "" }
}
