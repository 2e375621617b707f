import CommandLine
import JSON
import KubeModel

// Rules for others: traffic, amounts, addresses.
extension ObjectDescriber {
    // MARK: Network policies

    func networkPolicy(_ text: inout DescribedText) {
        let spec = object["spec"], types = spec["policyTypes"].strings
        text.metadata(object, isNamespaced: true)
        let created = object["metadata"]["creationTimestamp"].plain.replacing("T", with: " ").replacing("Z", with: "")
        text.pair(0, "Created on", "\(created) +0000 UTC")
        text.labelsAndAnnotations(object)
        text.line(0, "Spec:")
        text.write(1, "PodSelector: \t")
        let selector = Self.selector(spec["podSelector"])
        text.line(
            1, selector == "<none>" ? "<none> (Allowing the specific traffic to all pods in this namespace)" : selector)
        for (type, member, peers, direction, end) in [
            ("Ingress", "ingress", "from", "From", "source"), ("Egress", "egress", "to", "To", "destination"),
        ] {
            guard types.contains(type) else {
                text.line(1, "Not affecting \(member) traffic")
                continue
            }
            text.line(1, "Allowing \(member) traffic:")
            let rules = spec[member].array ?? []
            if rules.isEmpty { text.line(2, "<none> (Selected pods are isolated for \(member) connectivity)") }
            for (at, rule) in rules.enumerated() {
                ports(rule["ports"].array ?? [], &text)
                let list = rule[peers].array ?? []
                if list.isEmpty { text.line(2, "\(direction): <any> (traffic not restricted by \(end))") }
                for peer in list {
                    text.line(2, "\(direction):")
                    self.peer(peer, &text)
                }
                if at < rules.count - 1 { text.line(2, "----------") }
            }
        }
        text.line(1, "Policy Types: \(types.joined(separator: ", "))")
    }

    private static func selector(_ selector: JSON) -> String { SelectorText.of(selector) }

    private func ports(_ ports: [JSON], _ text: inout DescribedText) {
        if ports.isEmpty { text.line(2, "To Port: <any> (traffic allowed to all ports)") }
        for port in ports {
            let transport = port["protocol"].string ?? "TCP"
            guard let end = port["endPort"].int else {
                text.line(2, "To Port: \(port["port"].isNull ? "<nil>" : port["port"].plain)/\(transport)")
                continue
            }
            text.line(2, "To Port Range: \(port["port"].plain)-\(end)/\(transport)")
        }
    }

    private func peer(_ peer: JSON, _ text: inout DescribedText) {
        for (member, title) in [("namespaceSelector", "NamespaceSelector"), ("podSelector", "PodSelector")]
        where !peer[member].isNull {
            text.line(3, "\(title): \(Self.selector(peer[member]))")
        }
        let block = peer["ipBlock"]
        guard !block.isNull else { return }
        text.line(3, "IPBlock:")
        text.line(4, "CIDR: \(block["cidr"].plain)")
        text.line(4, "Except: \(block["except"].strings.joined(separator: ", "))")
    }

    // MARK: Amounts

    func limitRange(_ text: inout DescribedText) {
        text.metadata(object, isNamespaced: true)
        text.line(0, "Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio")
        text.line(0, "----\t--------\t---\t---\t---------------\t-------------\t-----------------------")
        let members = ["min", "max", "defaultRequest", "default", "maxLimitRequestRatio"]
        for limit in object["spec"]["limits"].array ?? [] {
            let resources = Set(members.flatMap { limit[$0].object?.names ?? [] })
            for resource in resources.sorted() {
                let cells = members.map { limit[$0][resource].isNull ? "-" : limit[$0][resource].plain }
                text.line(0, ([limit["type"].plain, resource] + cells).joined(separator: "\t"))
            }
        }
    }

    // MARK: Addresses

    func serviceRange(_ text: inout DescribedText) async {
        text.pair(0, "Name", item.name)
        text.labelsAndAnnotations(object)
        text.pair(0, "CIDRs", object["spec"]["cidrs"].strings.joined(separator: ", "))
        let conditions = object["status"]["conditions"].array ?? []
        if !conditions.isEmpty {
            text.line(0, "Status:")
            text.line(0, "Conditions:")
            text.line(1, "Type\tStatus\tLastTransitionTime\tReason\tMessage")
            text.line(1, "----\t------\t------------------\t------\t-------")
            for condition in conditions {
                let cells = [
                    condition["type"].plain, condition["status"].plain, DateText.of(condition["lastTransitionTime"]),
                    condition["reason"].plain, condition["message"].plain,
                ]
                text.line(1, cells.joined(separator: "\t"))
            }
        }
        text.events(await events())
    }

    func ingressClass(_ text: inout DescribedText) async {
        let spec = object["spec"], parameters = spec["parameters"]
        text.pair(0, "Name", item.name)
        text.labelsAndAnnotations(object)
        text.pair(0, "Controller", spec["controller"].plain)
        if !parameters.isNull {
            text.line(0, "Parameters:")
            for (title, member) in [("APIGroup", "apiGroup"), ("Kind", "kind"), ("Name", "name")]
            where !parameters[member].isNull {
                text.pair(1, title, parameters[member].plain)
            }
        }
        text.events(await events())
    }

    func address(_ text: inout DescribedText) async {
        let parent = object["spec"]["parentRef"]
        text.pair(0, "Name", item.name)
        text.labelsAndAnnotations(object)
        text.line(0, "Parent Reference:")
        for (title, member) in [
            ("Group", "group"), ("Resource", "resource"), ("Namespace", "namespace"), ("Name", "name"),
        ] { text.pair(1, title, parent[member].plain) }
        text.events(await events())
    }
}
