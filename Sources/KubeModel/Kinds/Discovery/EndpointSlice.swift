import JSON

/// `discovery.k8s.io` EndpointSlice: addresses and ports behind a Service.
enum EndpointSlice {
    static let rules: KindRules = {
        var rules = KindRules(group: "discovery.k8s.io", kind: "EndpointSlice")
        rules.defaults = { object in
            object.editEach("ports") { port in
                port.fillMissing("name", "")
                port.fillMissing("protocol", "TCP")
            }
        }
        rules.countGeneration { new, old in
            !SemanticEquality.equal(content(new), content(old))
                || !SemanticEquality.equal(new["metadata"]["labels"], old["metadata"]["labels"])
        }
        rules.validate = { EndpointSliceFaults.all($0, old: .null) }
        rules.validateUpdate = { new, old in
            EndpointSliceFaults.all(new, old: old) + SpecFaults.changed(new, old, FieldPath(), "addressType")
        }
        rules.warnings = warnings
        rules.table = table
        return rules
    }()

    private static func content(_ object: JSON) -> JSON {
        var object = object
        object.remove("metadata")
        return object
    }

    @Sendable private static func warnings(_ new: JSON, _ old: JSON?) -> [String] {
        var warnings: [String] = []
        if old == nil, new.text("addressType") == "FQDN" {
            warnings.append("spec.addressType: FQDN endpoints are deprecated")
        }
        let manager = new["metadata"]["labels"].text("endpointslice.kubernetes.io/managed-by")
        let own = ["endpointslice-controller.k8s.io", "endpointslicemirroring-controller.k8s.io"]
        if own.contains(manager) || new.text("addressType") == "FQDN" { return warnings }
        for (index, endpoint) in new.list("endpoints").enumerated() {
            let path = FieldPath("endpoints")[index]["addresses"]
            warnings += endpoint["addresses"].strings.enumerated().flatMap { Names.ipWarnings(path[$0], $1) }
        }
        return warnings
    }

    private static let table = KindTable([
        .objectName,
        .init("AddressType", "What the addresses are."),
        .init("Ports", "The ports."),
        .init("Endpoints", "The addresses."),
        .objectAge,
    ]) { object, now in
        let ports = object.list("ports").map { port in
            port["port"].int.map(String.init) ?? port["name"].string ?? "*"
        }
        return [
            KindTable.Cell.name(object), .string(object.text("addressType")), KindTable.Cell.some(ports),
            KindTable.Cell.some(object.list("endpoints").flatMap { $0["addresses"].strings }),
            KindTable.Cell.age(object, now),
        ]
    }
}
