import JSON

/// `networking.k8s.io` NetworkPolicy: which traffic pods may have.
enum NetworkPolicy {
    /// A direction: its rules' member, the peers' member within a rule, and its name among the policy types.
    private static let directions = [("ingress", "from", "Ingress"), ("egress", "to", "Egress")]

    static let rules: KindRules = {
        var rules = KindRules(group: "networking.k8s.io", kind: "NetworkPolicy")
        rules.defaults = applyDefaults
        rules.countGeneration()
        rules.validate = { validateSpec($0["spec"], .init(), existing: []) }
        rules.validateUpdate = { new, old in
            var options = LabelSelector.ValidationOptions()
            let selector = old["spec"]["podSelector"]
            options.allowsInvalidValues = !LabelSelector.validate(selector, FieldPath(), options).isEmpty
            return validateSpec(new["spec"], options, existing: blocks(old["spec"]).flatMap { networks($0.block) })
        }
        rules.warnings = { new, _ in warnings(new["spec"]) }
        rules.table = KindTable([
            .objectName,
            .init("Pod-Selector", "The pods that the policy is about."),
            .objectAge,
        ]) { object, now in
            [
                KindTable.Cell.name(object), SpecSelector.cell(object["spec"]["podSelector"]),
                KindTable.Cell.age(object, now),
            ]
        }
        return rules
    }()

    @Sendable private static func applyDefaults(_ object: inout JSON) {
        object.edit("spec") { spec in
            for (direction, _, _) in directions {
                spec.editEach(direction) { $0.editEach("ports") { $0.fillMissing("protocol", "TCP") } }
            }
            if spec.list("policyTypes").isEmpty {
                spec["policyTypes"] = spec.list("egress").isEmpty ? ["Ingress"] : ["Ingress", "Egress"]
            }
        }
    }

    private static func validateSpec(_ spec: JSON, _ options: LabelSelector.ValidationOptions, existing: [String])
        -> [FieldError]
    {
        let path = FieldPath("spec")
        var faults = LabelSelector.validate(spec["podSelector"], path["podSelector"], options)
        for (direction, peers, _) in directions {
            for (index, rule) in spec.list(direction).enumerated() {
                let at = path[direction][index]
                faults += rule.list("ports").enumerated().flatMap { portFaults($1, at["ports"][$0]) }
                faults += rule.list(peers).enumerated().flatMap { index, peer in
                    peerFaults(peer, options, existing: existing, at[peers][index])
                }
            }
        }
        let (types, typesPath) = (spec["policyTypes"].strings, path["policyTypes"])
        let known = directions.map { $0.2 }
        if types.count > known.count {
            let detail = "may not specify more than two policyTypes"
            return faults + [SpecFaults.invalid(typesPath, spec["policyTypes"], detail)]
        }
        return faults
            + types.enumerated().filter { !known.contains($0.element) }
            .map { SpecFaults.notSupported(typesPath[$0.offset], .string($0.element), known) }
    }

    private static func portFaults(_ port: JSON, _ path: FieldPath) -> [FieldError] {
        var faults = SpecFaults.unsupported(port, path, "protocol", ["TCP", "UDP", "SCTP"])
        let (end, endPath) = (port["endPort"], path["endPort"])
        switch port["port"] {
        case .int(let value):
            let number = Int(value)
            faults += Names.portNumber(number).map { .invalid(path["port"], .init(number), $0) }
            guard let last = end.int else { break }
            if last < number {
                // The original shows the other of the two numbers.
                faults.append(.invalid(endPath, .init(number), "must be greater than or equal to `port`"))
            }
            faults += Names.portNumber(last).map { .invalid(endPath, .init(last), $0) }
        case .string(let name):
            if port.has("endPort") {
                faults.append(.invalid(endPath, end, "may not be specified when `port` is non-numeric"))
            }
            faults += SpecFaults.named(path["port"], name, Names.portName(name))
        default:
            if port.has("endPort") {
                faults.append(.invalid(endPath, end, "may not be specified when `port` is not specified"))
            }
        }
        return faults
    }

    private static func peerFaults(
        _ peer: JSON, _ options: LabelSelector.ValidationOptions, existing: [String], _ path: FieldPath
    ) -> [FieldError] {
        var (faults, count): ([FieldError], Int) = ([], 0)
        for member in ["podSelector", "namespaceSelector"] where peer.has(member) {
            count += 1
            faults += LabelSelector.validate(peer[member], path[member], options)
        }
        if peer.has("ipBlock") {
            faults += blockFaults(peer["ipBlock"], existing: existing, path["ipBlock"])
            if count > 0 { faults.append(.forbidden(path, "may not specify both ipBlock and another peer")) }
        } else if count == 0 {
            faults.append(.required(path, "must specify a peer"))
        }
        return faults
    }

    private static func blockFaults(_ block: JSON, existing: [String], _ path: FieldPath) -> [FieldError] {
        let text = block.text("cidr")
        if text.isEmpty { return [.required(path["cidr"])] }
        var faults = Names.legacyCIDR(path["cidr"], text, old: existing)
        guard let cidr = CIDR(text) else { return faults }
        for (index, exception) in block["except"].strings.enumerated() {
            let at = path["except"][index]
            faults += Names.legacyCIDR(at, exception, old: existing)
            guard let inner = CIDR(exception) else { continue }
            if !cidr.contains(inner.network) || cidr.prefixLength >= inner.prefixLength {
                faults.append(.invalid(at, .string(exception), "must be a strict subset of `cidr`"))
            }
        }
        return faults
    }

    private static func warnings(_ spec: JSON) -> [String] {
        blocks(spec).flatMap { block, path in
            Names.cidrWarnings(path["cidr"], block.text("cidr"))
                + block["except"].strings.enumerated().flatMap { Names.cidrWarnings(path["except"][$0], $1) }
        }
    }

    private static func networks(_ block: JSON) -> [String] { [block.text("cidr")] + block["except"].strings }

    private static func blocks(_ spec: JSON) -> [(block: JSON, path: FieldPath)] {
        directions.flatMap { direction, peers, _ in
            spec.list(direction).enumerated().flatMap { ruleIndex, rule in
                rule.list(peers).enumerated().filter { $0.element.has("ipBlock") }.map { index, peer in
                    (peer["ipBlock"], FieldPath("spec")[direction][ruleIndex][peers][index]["ipBlock"])
                }
            }
        }
    }
}
