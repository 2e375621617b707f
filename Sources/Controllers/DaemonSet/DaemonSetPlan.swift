import JSON
import KubeModel

/// Which nodes need a daemon set's pod, and which pods go.
struct DaemonSetPlan: Sendable {
    /// Pods that are made or deleted in one turn.
    static let burst = 250

    struct Change: Equatable {
        /// Names of nodes.
        var create: [String] = []
        var delete: [JSON] = []
        /// Pods that failed or ended, and why they go.
        var notes: [Note] = []
    }

    struct Note: Equatable {
        let isWarning: Bool
        let reason: String, message: String
    }

    let set: JSON
    let nodes: [JSON]
    /// Of the set, by node; those whose deletion was asked for count as going.
    let pods: [String: [JSON]]
    let isGoing: @Sendable (JSON) -> Bool
    /// Of the set's template as it is now.
    let hash: String
    /// Whether a failed pod of that node is to be replaced yet.
    let mayReplace: @Sendable (_ node: String) -> Bool
    /// Seconds since 1970.
    let now: Double

    // MARK: Where

    /// - Returns: whether a pod is to be there, and whether one that is there stays.
    static func placement(_ set: JSON, on node: JSON) -> (runs: Bool, stays: Bool) {
        let spec = DaemonPod.spec(set)
        let wanted = spec.text("nodeName")
        guard wanted.isEmpty || wanted == node.objectName, NodeMatch.fits(spec, node) else { return (false, false) }
        let untolerated = node["spec"].list("taints").filter { taint in
            ["NoSchedule", "NoExecute"].contains(taint.text("effect"))
                && !spec.list("tolerations").contains { TaintEvictionPlan.tolerates($0, taint) }
        }
        if untolerated.isEmpty { return (true, true) }
        return (false, !untolerated.contains { $0.text("effect") == "NoExecute" })
    }

    private func isAvailable(_ pod: JSON) -> Bool {
        PodFacts.isAvailable(pod, minReadySeconds: self.set["spec"]["minReadySeconds"].int ?? 0, now: now)
    }

    private func sorted(_ pods: [JSON]) -> [JSON] {
        pods.sorted { a, b in
            let (x, y) = (a["spec"].text("nodeName").isEmpty, b["spec"].text("nodeName").isEmpty)
            return x == y ? DeploymentRevisions.isOlder(a, b) : y
        }
    }

    private var surge: Int { count("maxSurge", .up) }
    private var allowsSurge: Bool {
        self.set["spec"]["updateStrategy"].text("type") == "RollingUpdate" && surge > 0
    }

    private func count(_ name: String, _ rounding: IntOrString.Rounding) -> Int {
        let desired = nodes.filter { Self.placement(set, on: $0).runs }.count
        let value = IntOrString(self.set["spec"]["updateStrategy"]["rollingUpdate"][name])
        return (try? value?.resolved(of: desired, rounding: rounding)) ?? 0
    }

    // MARK: Who is missing, who is too many

    func change() -> Change {
        var change = Change()
        let surges = allowsSurge
        for node in nodes { manage(node, surges, &change) }
        // Pods that wait for a node that is gone.
        let known = Set(nodes.map(\.objectName))
        for (name, own) in pods where !known.contains(name) {
            change.delete += own.filter { $0["spec"].text("nodeName").isEmpty && !isGoing($0) }
        }
        return change
    }

    private func manage(_ node: JSON, _ surges: Bool, _ change: inout Change) {
        let (runs, stays) = Self.placement(set, on: node)
        let own = pods[node.objectName] ?? []
        if runs, own.isEmpty { return change.create.append(node.objectName) }
        guard stays else { return change.delete += own.filter { !isGoing($0) } }
        var running: [JSON] = []
        for pod in own where !isGoing(pod) { if keep(pod, node.objectName, &change) { running.append(pod) } }
        running = sorted(running)
        guard surges else { return change.delete += running.dropFirst() }
        if running.count <= 1 {
            if running.isEmpty, runs { change.create.append(node.objectName) }
            return
        }
        let new = running.filter { DaemonPod.isUpdated($0, set, hash: hash) }
        let old = running.filter { !DaemonPod.isUpdated($0, set, hash: hash) }
        change.delete += Array(new.dropFirst()) + Array(old.dropFirst())
        if let new = new.first, let old = old.first, !PodFacts.isReady(old) || isAvailable(new) {
            change.delete.append(old)
        }
    }

    /// Whether the pod runs; one that has ended is noted and goes.
    private func keep(_ pod: JSON, _ node: String, _ change: inout Change) -> Bool {
        let what = "daemon pod \(pod.objectNamespace)/\(pod.objectName) on node \(node)"
        switch PodFacts.phase(pod) {
        case "Failed":
            guard mayReplace(node) else { return false }
            change.notes.append(
                Note(isWarning: true, reason: "FailedDaemonPod", message: "Found failed \(what), will try to kill it"))
            change.delete.append(pod)
            return false
        case "Succeeded":
            change.notes.append(
                Note(
                    isWarning: false, reason: "SucceededDaemonPod",
                    message: "Found succeeded \(what), will try to delete it"))
            change.delete.append(pod)
            return false
        default: return true
        }
    }

    // MARK: Rolling update

    /// Nil when a node has several pods of one template.
    private func pair(_ node: String) -> (new: JSON?, old: JSON?)? {
        let own = (pods[node] ?? []).filter { !isGoing($0) }
        let new = own.filter { DaemonPod.isUpdated($0, set, hash: hash) }
        let old = own.filter { !DaemonPod.isUpdated($0, set, hash: hash) }
        return new.count > 1 || old.count > 1 ? nil : (new.first, old.first)
    }

    func rolling() -> Change {
        guard self.set["spec"]["updateStrategy"].text("type") == "RollingUpdate" else { return Change() }
        return surge > 0 ? rollingWithSurge() : rollingInPlace()
    }

    private func rollingInPlace() -> Change {
        let limit = count("maxUnavailable", .up)
        var unavailable = 0
        var (sick, well): ([JSON], [JSON]) = ([], [])
        for name in pods.keys.sorted() {
            guard let (new, old) = pair(name) else {
                unavailable += 1
                continue
            }
            switch (new, old) {
            case (nil, nil), (.some, .some): unavailable += 1
            case (let new?, nil): if !isAvailable(new) { unavailable += 1 }
            case (nil, let old?):
                if isAvailable(old) {
                    well.append(old)
                } else {
                    sick.append(old)
                    unavailable += 1
                }
            }
        }
        return Change(delete: sick + well.prefix(max(0, limit - unavailable)))
    }

    private func rollingWithSurge() -> Change {
        let limit = surge
        var surging = 0
        var change = Change()
        var candidates: [String] = []
        for node in nodes {
            let name = node.objectName
            guard pods[name] != nil else { continue }
            guard let (new, old) = pair(name) else {
                surging += 1
                continue
            }
            guard let old else { continue }
            if let new {
                if isAvailable(new) { change.delete.append(old) } else { surging += 1 }
            } else if !Self.placement(set, on: node).runs {
                if !isAvailable(old) { change.delete.append(old) }
            } else if isAvailable(old) {
                candidates.append(name)
            } else {
                change.create.append(name)
            }
        }
        change.create += candidates.prefix(max(0, limit - surging))
        return change
    }

    // MARK: Status

    func status() -> JSON {
        var (desired, current, misplaced, ready, updated, available) = (0, 0, 0, 0, 0, 0)
        for node in nodes {
            let own = sorted(pods[node.objectName] ?? [])
            guard Self.placement(set, on: node).runs else {
                if !own.isEmpty { misplaced += 1 }
                continue
            }
            desired += 1
            guard let pod = own.first else { continue }
            current += 1
            if PodFacts.isReady(pod) { ready += 1 }
            if isAvailable(pod) { available += 1 }
            if DaemonPod.isUpdated(pod, set, hash: hash) { updated += 1 }
        }
        var status: JSON = self.set["status"].isNull ? [:] : self.set["status"]
        status["currentNumberScheduled"] = JSON(current)
        status["numberMisscheduled"] = JSON(misplaced)
        status["desiredNumberScheduled"] = JSON(desired)
        status["numberReady"] = JSON(ready)
        status.setCount("observedGeneration", self.set.generation)
        status.setCount("updatedNumberScheduled", updated)
        status.setCount("numberAvailable", available)
        status.setCount("numberUnavailable", desired - available)
        return status
    }
}
