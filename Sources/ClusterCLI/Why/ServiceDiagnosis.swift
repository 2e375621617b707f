import JSON
import KubeModel

/// Why a service leads nowhere.
struct ServiceDiagnosis {
    let service: JSON
    let situation: Situation

    private var name: String { service["metadata"].text("name") }
    private var namespace: String { service["metadata"].text("namespace") }
    private var flag: String { Changeable.flag(namespace) }

    func diagnose() -> Diagnosis {
        let finding = find()
        return Diagnosis(
            "service/\(name)", finding.cause, finding.text, nodes: finding.nodes, fix: finding.fix,
            command: finding.command)
    }

    private func find() -> Finding {
        let spec = service["spec"]
        if spec.text("type") == "ExternalName" {
            return Finding(.none, "service/\(name) is only another name for \(spec.text("externalName")).")
        }
        let selector = spec["selector"].stringMap
        if selector.isEmpty {
            return endpoints.isEmpty
                ? Finding(
                    .selector, "service/\(name) leads nowhere: it has no selector and no endpoints made by hand.",
                    fix: "Give it a selector.", command: "kubectl set selector service \(name) app=NAME\(flag)")
                : Finding(.none, "service/\(name) has no selector; its endpoints were made by hand.")
        }
        let pods = situation.pods(in: namespace).filter { matches($0, selector) }
        if pods.isEmpty { return selectsNothing(selector) }
        if let fault = wrongPort(pods) { return fault }
        let ready = pods.filter(PodCondition.isReady)
        if ready.isEmpty { return noneReady(pods) }
        return Finding(
            .none,
            "service/\(name) leads to \(ready.count) ready \(ready.count == 1 ? "pod" : "pods") of \(pods.count).")
    }

    private var endpoints: [JSON] {
        situation.slices.filter { $0["metadata"]["labels"].text("kubernetes.io/service-name") == name }
            .flatMap { $0["endpoints"].array ?? [] }
    }

    private func matches(_ pod: JSON, _ selector: [String: String]) -> Bool {
        let labels = pod["metadata"]["labels"].stringMap
        return selector.allSatisfy { labels[$0.key] == $0.value }
    }

    // MARK: Selector

    private func selectsNothing(_ selector: [String: String]) -> Finding {
        let shown = selector.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
        let start = "service/\(name) has no endpoints: its selector \(shown) matches no pod in namespace \(namespace)"
        let pods = situation.pods(in: namespace)
        if pods.isEmpty {
            return Finding(.selector, "\(start), which has none.", fix: "Create the pods that it is for.")
        }
        guard let near = nearest(selector, pods) else {
            return Finding(
                .selector, "\(start).", fix: "Correct the selector, or label the pods.",
                command: "kubectl get pods --show-labels\(flag)")
        }
        let labels = near.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
        return Finding(
            .selector, "\(start); \(near.pod) has \(labels).", fix: "Correct the selector.",
            command: "kubectl set selector service \(name) \(labels)\(flag)")
    }

    /// The pod that misses the selector by the least, with the labels that the selector should name.
    private func nearest(_ selector: [String: String], _ pods: [JSON]) -> (pod: String, labels: [String: String])? {
        let found = pods.compactMap { pod -> (pod: String, labels: [String: String], distance: Int)? in
            let labels = pod["metadata"]["labels"].stringMap
            var wanted: [String: String] = [:]
            var distance = 0
            for (key, value) in selector {
                if let own = labels[key] {
                    guard own == value || NearName.of(value, among: [own]) != nil else { return nil }
                    distance += NearName.distance(value, own)
                    wanted[key] = own
                } else if let near = NearName.of(key, among: labels.keys), let own = labels[near] {
                    distance += NearName.distance(key, near) + NearName.distance(value, own)
                    wanted[near] = own
                } else {
                    return nil
                }
            }
            return ("pod/\(pod["metadata"].text("name"))", wanted, distance)
        }
        return found.min { ($0.distance, $0.pod) < ($1.distance, $1.pod) }.map { ($0.pod, $0.labels) }
    }

    // MARK: Ports and pods

    /// A target port's name that no container has, or a number where all declare others.
    private func wrongPort(_ pods: [JSON]) -> Finding? {
        let ports = pods.flatMap { $0["spec"]["containers"].array ?? [] }.flatMap { $0["ports"].array ?? [] }
        for (at, port) in (service["spec"]["ports"].array ?? []).enumerated() {
            let target = port["targetPort"].isNull ? port["port"] : port["targetPort"]
            let isKnown =
                target.string.map { name in ports.contains { $0.text("name") == name } }
                ?? ports.contains { $0["containerPort"] == target }
            let declared = Set(ports.compactMap { $0["containerPort"].int }).sorted()
            if isKnown || declared.isEmpty && target.string == nil { continue }
            let shown = target.string.map { "\"\($0)\"" } ?? "\(target.int ?? 0)"
            let names = ports.map { $0.text("name") }.filter { !$0.isEmpty }
            let near = target.string.flatMap { NearName.of($0, among: names) }
            let right = near.map { "\"\($0)\"" } ?? declared.first.map(String.init) ?? "PORT"
            let has = declared.isEmpty ? "declare none" : "declare \(declared.map(String.init).joined(separator: ", "))"
            return Finding(
                .ports, "service/\(name) sends to port \(shown), but its pods' containers \(has).",
                fix: "Correct targetPort.",
                command: "kubectl patch service \(name)\(flag) --type=json -p '[{\"op\":\"replace\","
                    + "\"path\":\"/spec/ports/\(at)/targetPort\",\"value\":\(right)}]'")
        }
        return nil
    }

    private func noneReady(_ pods: [JSON]) -> Finding {
        let why = PodDiagnosis(pod: pods[0], situation: situation).diagnose()
        let count = pods.count == 1 ? "the one pod it selects isn't" : "none of the \(pods.count) pods it selects is"
        return Finding(
            .noReadyEndpoints, "service/\(name) has no ready endpoints: \(count) Ready. \(why.finding)",
            nodes: why.nodes, fix: why.fix, command: why.command)
    }
}
