import JSON
import KubeModel

/// Why a pod was evicted: it took more than it may, its node was short of something, or it came while its node was.
struct EvictionDiagnosis {
    let pod: JSON
    let situation: Situation

    private var name: String { pod["metadata"].text("name") }
    private var node: String { pod["spec"].text("nodeName") }
    private var owner: Changeable { situation.changeable(pod) }
    private var message: String { pod["status"].text("message") }

    static func isEvicted(_ pod: JSON) -> Bool {
        pod["status"].text("phase") == "Failed" && pod["status"].text("reason") == "Evicted"
    }

    func find() -> Finding {
        if let limit = ownLimit() { return limit }
        if let match = message.firstMatch(of: #/The node was low on resource: ([^.\s]+)\./#) {
            return shortNode(String(match.1))
        }
        if let match = message.firstMatch(of: #/The node had condition: \[([^\]]+)\]/#) {
            let shortages = match.1.split(separator: " ").map { NodePressure.shortage(String($0)) }
            return Finding(
                .evicted,
                "pod/\(name) was refused by node \(node), which is short of \(shortages.joined(separator: " and ")).",
                fix: next("Wait until the node has enough again."), command: "hako why node/\(node)")
        }
        let why = message.isEmpty ? "" : ": \(clean(message))"
        return Finding(.evicted, "pod/\(name) was evicted from node \(node)\(why).", fix: next(""), command: delete)
    }

    /// More than one of its own limits allows.
    private func ownLimit() -> Finding? {
        if let match = message.firstMatch(of: #/Usage of EmptyDir volume "([^"]+)" exceeds the limit "([^"]+)"/#) {
            return Finding(
                .evicted,
                "pod/\(name) was evicted: its emptyDir volume \(match.1) grew beyond its sizeLimit of \(match.2).",
                fix: next("Raise the sizeLimit, or have the program write less."), command: edit)
        }
        if let match = message.firstMatch(of: #/Container (\S+) exceeded its local ephemeral storage limit "([^"]+)"/#)
        {
            return Finding(
                .evicted,
                "pod/\(name) was evicted: what its container \(match.1) wrote to its own files and its log exceeds its "
                    + "ephemeral-storage limit of \(match.2).",
                fix: next("Raise the limit, or have the program write less."),
                command: raise(String(match.1), String(match.2)))
        }
        let whole = #/Pod ephemeral local storage usage exceeds the total limit of containers ([^.\s]+)\./#
        if let match = message.firstMatch(of: whole) {
            let limited = (pod["spec"]["containers"].array ?? []).filter {
                $0["resources"]["limits"].has("ephemeral-storage")
            }
            return Finding(
                .evicted,
                "pod/\(name) was evicted: its containers' files and logs and its emptyDir volumes together exceed the "
                    + "containers' ephemeral-storage limit of \(match.1).",
                fix: next("Raise the limit, or have the program write less."),
                command: limited.count == 1 ? raise(limited[0].text("name"), String(match.1)) : edit)
        }
        return nil
    }

    private func shortNode(_ resource: String) -> Finding {
        let what = NodePressure.name(ofResource: resource)
        var finding = "pod/\(name) was evicted because node \(node) was short of \(what)"
        let used = #/Container (\S+) was using ([^\s,]+), request is ([^\s,]+),/#
        if let match = message.firstMatch(of: used) {
            finding += "; its container \(match.1) used \(match.2) and asked for \(match.3)"
        }
        let fix: String
        switch resource {
        case "memory", "ephemeral-storage":
            fix = "Pods that take more than they ask for go first: ask for what it needs, or give the node more."
        default: fix = "Pods of low priority that take the most go first: let it take less."
        }
        return Finding(.evicted, finding + ".", fix: next(fix), command: "hako why node/\(node)")
    }

    /// What becomes of it.
    private func next(_ change: String) -> String {
        let what =
            owner.isPod
            ? "Nothing makes another one: delete it and create it again." : "Its \(owner.type) has made another one."
        return change.isEmpty ? what : "\(change) \(what)"
    }

    private var delete: String { "kubectl delete pod \(name)\(Changeable.flag(pod["metadata"].text("namespace")))" }

    private var edit: String { owner.isPod ? delete : "kubectl edit \(owner.path)\(owner.flag)" }

    private func raise(_ container: String, _ limit: String) -> String {
        guard !owner.isPod, let amount = try? Quantity(parsing: limit) else { return edit }
        return "kubectl set resources \(owner.path) -c \(container) --limits=ephemeral-storage="
            + "\(MemoryText.of(amount.value * 2))\(owner.flag)"
    }

    private func clean(_ text: String) -> String {
        var text = text
        while text.hasSuffix(".") || text.hasSuffix(" ") { text.removeLast() }
        return text
    }
}

/// What nodes run short of, for people.
enum NodePressure {
    static let conditions = ["MemoryPressure", "DiskPressure", "PIDPressure"]

    static func shortage(_ condition: String) -> String {
        switch condition {
        case "MemoryPressure": "memory"
        case "DiskPressure": "disk space"
        case "PIDPressure": "process IDs"
        default: condition
        }
    }

    static func name(ofResource resource: String) -> String {
        switch resource {
        case "ephemeral-storage": "disk space"
        case "inodes": "inodes (too many files)"
        case "pids": "process IDs"
        default: resource
        }
    }

    /// The condition behind a taint; nil: it is another taint.
    static func condition(ofTaint key: String) -> String? {
        switch key {
        case "node.kubernetes.io/memory-pressure": "MemoryPressure"
        case "node.kubernetes.io/disk-pressure": "DiskPressure"
        case "node.kubernetes.io/pid-pressure": "PIDPressure"
        default: nil
        }
    }
}
