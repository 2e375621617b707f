import JSON
import KubeModel

/// What changed between two states of an object, in words.
enum ObjectChanges {
    /// - Parameters:
    ///   - old: null for an object that wasn't there.
    ///   - owner: of an object, by its UID; nil when it isn't known.
    static func of(_ kind: String, _ old: JSON, _ new: JSON, owner: (String) -> JSON? = { _ in nil }) -> [ChangeText] {
        if old.isNull { return [creation(kind, new, owner)] + status(kind, ["metadata": new["metadata"]], new) }
        var changes = spec(kind, old, new)
        if !old["metadata"].has("deletionTimestamp"), new["metadata"].has("deletionTimestamp") {
            let grace = new["metadata"]["deletionGracePeriodSeconds"].int ?? 0
            changes.append(ChangeText(.desired, "deletion asked for\(grace > 0 ? ", within \(grace) s" : "")"))
        }
        changes += status(kind, old, new)
        return changes
    }

    private static func creation(_ kind: String, _ new: JSON, _ owner: (String) -> JSON?) -> ChangeText {
        let summary = summary(kind, new["spec"])
        let what = "created\(summary.isEmpty ? "" : ": \(summary)")"
        guard let reference = Situation.controller(of: new) else { return ChangeText(.desired, what) }
        let path = "\(reference.text("kind").lowercased())/\(reference.text("name"))"
        guard let above = owner(reference.text("uid")), let wanted = above["spec"]["replicas"].int else {
            return ChangeText(.did, what, why: "for \(path)")
        }
        let has = above["status"]["replicas"].int ?? 0
        return ChangeText(.did, what, why: "\(path) wants \(wanted) and has \(has)")
    }

    private static func summary(_ kind: String, _ spec: JSON) -> String {
        switch kind {
        case "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job":
            let replicas = spec["replicas"].int.map { ["\($0) replicas"] } ?? []
            return (replicas + images(spec["template"]["spec"]).map(\.image)).joined(separator: ", ")
        case "Pod": return images(spec).map(\.image).joined(separator: ", ")
        case "Service": return spec.text("type")
        default: return ""
        }
    }

    private static func images(_ spec: JSON) -> [(name: String, image: String)] {
        (["initContainers", "containers"].flatMap { spec[$0].array ?? [] }).map { ($0.text("name"), $0.text("image")) }
    }

    // MARK: Spec

    private static func spec(_ kind: String, _ old: JSON, _ new: JSON) -> [ChangeText] {
        var changes: [ChangeText] = []
        let (was, now) = (old["spec"], new["spec"])
        if old["metadata"]["labels"] != new["metadata"]["labels"] {
            changes.append(ChangeText(.desired, "labels \(shown(new["metadata"]["labels"]))"))
        }
        guard was != now else { return changes }
        var told: Set<String> = []
        if kind == "Pod", was.text("nodeName").isEmpty, !now.text("nodeName").isEmpty {
            changes.append(ChangeText(.did, "bound to node \(now.text("nodeName"))"))
            told.insert("nodeName")
        }
        for field in ["replicas", "paused", "unschedulable", "parallelism", "type", "minAvailable", "maxUnavailable"]
        where was[field] != now[field] {
            changes.append(ChangeText(.desired, "\(field) \(shown(was[field])) → \(shown(now[field]))"))
            told.insert(field)
        }
        for (path, own) in [(was["template"]["spec"], now["template"]["spec"]), (was, now)] {
            let before = Dictionary(images(path).map { ($0.name, $0.image) }) { $1 }
            for (name, image) in images(own) where before[name] != image {
                changes.append(ChangeText(.desired, "image of \(name) \(before[name] ?? "none") → \(image)"))
                told.formUnion(["template", "containers", "initContainers"])
            }
        }
        let others = Set(was.object?.names ?? []).union(now.object?.names ?? []).subtracting(told)
            .filter { was[$0] != now[$0] }.sorted()
        for field in others {
            let isSmall = now[field].bytes().count < 80
            changes.append(ChangeText(.desired, isSmall ? "\(field) = \(shown(now[field]))" : "\(field) changed"))
        }
        return changes
    }

    static func shown(_ value: JSON) -> String {
        switch value {
        case .null: return "none"
        case .string(let text): return text
        case .object(let members) where members.allSatisfy({ $0.value.string != nil }):
            return members.map { "\($0.key)=\($0.value.string ?? "")" }.joined(separator: ",")
        default: return value.text
        }
    }

    // MARK: Status

    private static func status(_ kind: String, _ old: JSON, _ new: JSON) -> [ChangeText] {
        switch kind {
        case "Pod": return PodChanges.of(old, new)
        case "EndpointSlice": return endpoints(old, new)
        default: break
        }
        var changes =
            counts(kind, old["status"], new["status"], spec: new["spec"]).map { [ChangeText(.observed, $0)] } ?? []
        changes += conditions(old["status"], new["status"])
        return changes
    }

    /// `ready 1 → 2, updated 3, of 3`.
    private static func counts(_ kind: String, _ old: JSON, _ new: JSON, spec: JSON) -> String? {
        let fields = [
            ("replicas", "pods"), ("updatedReplicas", "updated"), ("readyReplicas", "ready"),
            ("availableReplicas", "available"), ("desiredNumberScheduled", "wanted"), ("numberReady", "ready"),
            ("active", "active"), ("succeeded", "succeeded"), ("failed", "failed"), ("currentHealthy", "healthy"),
            ("disruptionsAllowed", "disruptions allowed"),
        ]
        let changed = fields.compactMap { field, word -> String? in
            let was = old[field].int ?? 0, now = new[field].int ?? 0
            return was == now ? nil : "\(word) \(was) → \(now)"
        }
        if changed.isEmpty { return nil }
        let wanted = spec["replicas"].int.map { ", \($0) wanted" } ?? ""
        return changed.joined(separator: ", ") + wanted
    }

    static func conditions(_ old: JSON, _ new: JSON) -> [ChangeText] {
        let before = Dictionary((old["conditions"].array ?? []).map { ($0.text("type"), $0) }) { $1 }
        return (new["conditions"].array ?? []).compactMap { condition in
            let type = condition.text("type"), was = before[type]
            if was?.text("status") == condition.text("status"), was?.text("reason") == condition.text("reason") {
                return nil
            }
            let from = was.map { "\($0.text("status")) → " } ?? ""
            let change =
                was?.text("status") == condition.text("status")
                ? condition.text("status") : from + condition.text("status")
            let why = [condition.text("reason"), condition.text("message")].filter { !$0.isEmpty }.joined(
                separator: ": ")
            return ChangeText(.observed, "\(type) \(change)", why: why)
        }
    }

    private static func endpoints(_ old: JSON, _ new: JSON) -> [ChangeText] {
        func ready(_ slice: JSON) -> Set<String> {
            Set(
                (slice["endpoints"].array ?? []).filter { $0["conditions"]["ready"].bool != false }
                    .flatMap { $0["addresses"].strings })
        }
        let (was, now) = (ready(old), ready(new))
        var parts = now.subtracting(was).sorted().map { "+\($0)" }
        parts += was.subtracting(now).sorted().map { "-\($0)" }
        if parts.isEmpty { return [] }
        return [ChangeText(.observed, "ready endpoints \(parts.joined(separator: " ")), \(now.count) in all")]
    }
}
