import JSON
import KubeModel

/// Whether one node would take a pod, by the rules that most often keep nodes away.
struct NodeFit {
    enum Kind { case resources, pods, antiAffinity, affinity, cordoned, notReady, taint, selector, ports }

    struct Refusal {
        let kind: Kind
        let text: String
    }

    struct Shortage {
        let resource: String
        /// As people write them.
        let asked: String, free: String
        /// In thousandths of CPUs, or whole units.
        let freeValue: Int
        /// The share of the request that is missing.
        let missing: Double
        let fitsEmptyNode: Bool
    }

    let name: String
    private(set) var refusals: [Refusal] = []
    private(set) var shortages: [Shortage] = []
    /// Those that the pod doesn't tolerate.
    private(set) var taints: [JSON] = []

    private let node: JSON
    private let pod: JSON
    private let situation: Situation
    /// Pods on the node that take room.
    private let neighbours: [JSON]

    init(node: JSON, pod: JSON, situation: Situation) {
        self.node = node
        self.pod = pod
        self.situation = situation
        let name = node["metadata"].text("name")
        self.name = name
        neighbours = situation.pods.filter {
            $0["spec"].text("nodeName") == name && !["Succeeded", "Failed"].contains($0["status"].text("phase"))
        }
        checkNode()
        checkSelector()
        checkPorts()
        checkNeighbours()
        checkResources()
    }

    // MARK: The node itself

    private mutating func checkNode() {
        let conditions = node["status"]["conditions"].array ?? []
        let isReady = conditions.first { $0.text("type") == "Ready" }.map { $0.text("status") == "True" } ?? true
        if !isReady { refusals.append(Refusal(kind: .notReady, text: "isn't Ready")) }
        if node["spec"]["unschedulable"].bool == true {
            refusals.append(Refusal(kind: .cordoned, text: "is cordoned (unschedulable)"))
        }
        for taint in node["spec"]["taints"].array ?? [] where !isTolerated(taint) {
            let key = taint.text("key")
            // The cluster's own marks: who takes them away by hand has them back at once.
            if key.hasPrefix("node.kubernetes.io/") {
                if key == "node.kubernetes.io/unschedulable" || !isReady { continue }
                let word = key.dropFirst("node.kubernetes.io/".count)
                refusals.append(Refusal(kind: .notReady, text: "is marked \(word)"))
                continue
            }
            taints.append(taint)
            let value = taint.text("value").isEmpty ? "" : "=\(taint.text("value"))"
            refusals.append(
                Refusal(
                    kind: .taint, text: "has the taint \(key)\(value):\(taint.text("effect")), which isn't tolerated"))
        }
    }

    private func isTolerated(_ taint: JSON) -> Bool {
        if taint.text("effect") == "PreferNoSchedule" { return true }
        return (pod["spec"]["tolerations"].array ?? []).contains { toleration in
            let effect = toleration.text("effect")
            if !effect.isEmpty, effect != taint.text("effect") { return false }
            let isExists = toleration.text("operator") == "Exists"
            if toleration.text("key").isEmpty { return isExists }
            return toleration.text("key") == taint.text("key")
                && (isExists || toleration.text("value") == taint.text("value"))
        }
    }

    private mutating func checkSelector() {
        let labels = node["metadata"]["labels"].stringMap
        let missing = pod["spec"]["nodeSelector"].stringMap.filter { labels[$0.key] != $0.value }
            .map { "\($0.key)=\($0.value)" }.sorted()
        if !missing.isEmpty {
            refusals.append(Refusal(kind: .selector, text: "lacks the label \(missing.joined(separator: ", "))"))
        }
        let affinity = pod["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
        guard let terms = affinity["nodeSelectorTerms"].array else { return }
        let fits = terms.contains { term in
            let expressions = (term["matchExpressions"].array ?? []).map { ($0, labels[$0.text("key")]) }
            let fields = (term["matchFields"].array ?? []).map { ($0, Optional(name)) }
            let all = expressions + fields
            return !all.isEmpty && all.allSatisfy { Self.matches($0.0, $0.1) }
        }
        if !fits { refusals.append(Refusal(kind: .selector, text: "doesn't match the node affinity")) }
    }

    private static func matches(_ expression: JSON, _ value: String?) -> Bool {
        let values = expression["values"].strings
        switch expression.text("operator") {
        case "In": return value.map(values.contains) ?? false
        case "NotIn": return value.map { !values.contains($0) } ?? true
        case "Exists": return value != nil
        case "DoesNotExist": return value == nil
        default:
            guard let own = value.flatMap({ Int($0) }), let other = values.first.flatMap({ Int($0) }) else {
                return false
            }
            return expression.text("operator") == "Gt" ? own > other : own < other
        }
    }

    private mutating func checkPorts() {
        func ports(_ pod: JSON) -> [(proto: String, port: Int)] {
            (pod["spec"]["containers"].array ?? []).flatMap { $0["ports"].array ?? [] }.compactMap { port in
                guard let host = port["hostPort"].int, host > 0 else { return nil }
                return (port.text("protocol").isEmpty ? "TCP" : port.text("protocol"), host)
            }
        }
        for wanted in ports(pod) {
            let taker = neighbours.first { ports($0).contains { $0 == wanted } }
            guard let taker else { continue }
            refusals.append(
                Refusal(
                    kind: .ports, text: "pod \(taker["metadata"].text("name")) has host port \(wanted.port) already"))
        }
    }

    // MARK: Other pods

    private mutating func checkNeighbours() {
        let required = "requiredDuringSchedulingIgnoredDuringExecution"
        let affinity = pod["spec"]["affinity"]
        for term in affinity["podAntiAffinity"][required].array ?? [] {
            guard let other = inDomain(term, pod).first(where: { Self.selects(term, $0, for: pod) }) else { continue }
            refusals.append(refusal(of: other, term))
        }
        // Pods that are there may not want this one beside them.
        for other in situation.pods where !other["spec"].text("nodeName").isEmpty {
            for term in other["spec"]["affinity"]["podAntiAffinity"][required].array ?? []
            where Self.selects(term, pod, for: other)
                && inDomain(term, other).contains(where: { Self.isSame($0, other) })
            {
                if refusals.contains(where: { $0.kind == .antiAffinity }) { continue }
                refusals.append(refusal(of: other, term))
            }
        }
        for term in affinity["podAffinity"][required].array ?? []
        where !inDomain(term, pod).contains(where: { Self.selects(term, $0, for: pod) }) {
            refusals.append(Refusal(kind: .affinity, text: "has no pod near it that the pod affinity asks for"))
        }
    }

    private func refusal(of other: JSON, _ term: JSON) -> Refusal {
        let name = other["metadata"].text("name"), key = term.text("topologyKey")
        let place = key == "kubernetes.io/hostname" ? "on it" : "in its \(key)"
        return Refusal(kind: .antiAffinity, text: "pod \(name) is \(place), and anti-affinity keeps them apart")
    }

    private static func isSame(_ a: JSON, _ b: JSON) -> Bool { a["metadata"].text("uid") == b["metadata"].text("uid") }

    /// Pods on nodes of this node's part of the topology.
    private func inDomain(_ term: JSON, _ pod: JSON) -> [JSON] {
        let key = term.text("topologyKey")
        guard let domain = node["metadata"]["labels"][key].string else { return [] }
        let nodes = Set(
            situation.nodes.filter { $0["metadata"]["labels"][key].string == domain }.map {
                $0["metadata"].text("name")
            })
        return situation.pods.filter {
            nodes.contains($0["spec"].text("nodeName"))
                && !["Succeeded", "Failed"].contains($0["status"].text("phase"))
        }
    }

    private static func selects(_ term: JSON, _ other: JSON, for pod: JSON) -> Bool {
        let namespaces = term["namespaces"].strings
        let home = pod["metadata"].text("namespace")
        // A selector of namespaces may mean any of them.
        if !term.has("namespaceSelector"),
            !(namespaces.isEmpty ? [home] : namespaces).contains(other["metadata"].text("namespace"))
        {
            return false
        }
        guard let selector = try? LabelSelector(term["labelSelector"]) else { return false }
        return selector.matches(other["metadata"]["labels"])
    }

    // MARK: Room

    private mutating func checkResources() {
        let allocatable = node["status"]["allocatable"]
        if let most = Quantity(allocatable["pods"])?.value, neighbours.count >= most {
            refusals.append(Refusal(kind: .pods, text: "has \(neighbours.count) pods, the most it takes"))
        }
        for (resource, asked) in PodRequests.of(pod).sorted(by: { $0.key < $1.key }) where !asked.isZero {
            let all = Quantity(allocatable[resource]) ?? .zero
            let used = neighbours.reduce(Quantity.zero) { $0 + (PodRequests.of($1)[resource] ?? .zero) }
            let free = all - used
            if !(free < asked) { continue }
            let shown = { (quantity: Quantity) in PodRequests.shown(quantity, resource) }
            refusals.append(
                Refusal(
                    kind: .resources,
                    text: "insufficient \(resource): \(shown(asked)) asked for, \(shown(free)) free of \(shown(all))"))
            let missing = (asked.double - max(free.double, 0)) / max(asked.double, 1e-9)
            shortages.append(
                Shortage(
                    resource: resource, asked: shown(asked), free: PodRequests.floor(free, resource),
                    freeValue: resource == "cpu" ? free.milliValue : free.value, missing: missing,
                    fitsEmptyNode: !(all < asked)))
        }
    }
}

/// What a pod asks a node for.
enum PodRequests {
    /// Containers and sidecars together, or the largest init container where that is more.
    static func of(_ pod: JSON) -> [String: Quantity] {
        var sums: [String: Quantity] = [:], most: [String: Quantity] = [:]
        func each(_ container: JSON, _ use: (String, Quantity) -> Void) {
            for (name, value) in container["resources"]["requests"].object ?? JSONObject() {
                if let quantity = Quantity(value) { use(name, quantity) }
            }
        }
        for container in pod["spec"]["initContainers"].array ?? [] {
            let isSidecar = container.text("restartPolicy") == "Always"
            each(container) { name, quantity in
                if isSidecar { sums[name] = (sums[name] ?? .zero) + quantity }
                let now = isSidecar ? sums[name] ?? .zero : (sums[name] ?? .zero) + quantity
                most[name] = max(most[name] ?? .zero, now)
            }
        }
        for container in pod["spec"]["containers"].array ?? [] {
            each(container) { name, quantity in sums[name] = (sums[name] ?? .zero) + quantity }
        }
        for (name, value) in pod["spec"]["overhead"].object ?? JSONObject() {
            if let quantity = Quantity(value) { sums[name] = (sums[name] ?? .zero) + quantity }
        }
        return sums.merging(most) { max($0, $1) }
    }

    private static func isBytes(_ resource: String) -> Bool { resource == "memory" || resource == "ephemeral-storage" }

    /// `3.2Gi`, `1500m`, `2`.
    static func shown(_ quantity: Quantity, _ resource: String) -> String {
        if quantity.sign < 0 { return "0" }
        if isBytes(resource) { return MemoryText.shown(quantity.value) }
        if resource != "cpu" { return "\(quantity.value)" }
        return quantity.milliValue % 1_000 == 0 ? "\(quantity.milliValue / 1_000)" : "\(quantity.milliValue)m"
    }

    /// As a request that fits: nothing is rounded up.
    static func floor(_ quantity: Quantity, _ resource: String) -> String {
        quantity.sign > 0 && isBytes(resource) ? MemoryText.of(quantity.value) : shown(quantity, resource)
    }
}
