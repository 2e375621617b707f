import JSON

/// `coordination.k8s.io` LeaseCandidate: one that would take a Lease, with its versions.
enum LeaseCandidate {
    static let rules: KindRules = {
        var rules = KindRules(group: Lease.group, kind: "LeaseCandidate")
        rules.allowsCreateOnUpdate = true
        rules.allowsUnconditionalUpdate = false
        rules.nameRule = .own { name, _ in Names.configMapKey(name) }
        rules.validate = { validateSpec($0["spec"]) }
        rules.validateUpdate = { new, old in
            validateSpec(new["spec"]) + SpecFaults.changed(new["spec"], old["spec"], FieldPath("spec"), "leaseName")
        }
        rules.table = KindTable([
            .objectName,
            .init("LeaseName", "The Lease that it would take."),
            .init("BinaryVersion", "The version of its program."),
            .init("EmulationVersion", "The version that it behaves like."),
            .objectAge,
        ]) { object, now in
            let spec = object["spec"]
            return [KindTable.Cell.name(object)]
                + ["leaseName", "binaryVersion", "emulationVersion"].map { .string(spec.text($0)) }
                + [KindTable.Cell.age(object, now)]
        }
        return rules
    }()

    private static func validateSpec(_ spec: JSON) -> [FieldError] {
        let path = FieldPath("spec")
        let (binary, emulated) = (spec.text("binaryVersion"), spec.text("emulationVersion"))
        var faults = SpecFaults.missing(spec, path, "leaseName")
        let versions = (version(binary), version(emulated))
        func wrong(_ member: String) -> FieldError {
            .invalid(path[member], spec[member], "must be a valid semantic version")
        }
        if !emulated.isEmpty, versions.1 == nil { faults.append(wrong("emulationVersion")) }
        faults += SpecFaults.missing(spec, path, "binaryVersion")
        if !binary.isEmpty, versions.0 == nil { faults.append(wrong("binaryVersion")) }
        if let have = versions.0, let like = versions.1, have.lexicographicallyPrecedes(like) {
            let detail = "must be greater than or equal to `emulationVersion`"
            faults.append(.invalid(path["binaryVersion"], spec["binaryVersion"], detail))
        }
        let strategy = spec.text("strategy")
        if strategy == "OldestEmulationVersion", emulated.isEmpty {
            let detail = "must be specified when `strategy` is 'OldestEmulationVersion'"
            faults.append(.required(path["emulationVersion"], detail))
        }
        if strategy.isEmpty { return faults + [.required(path["strategy"])] }
        return faults + Lease.strategyFaults(strategy, path["strategy"])
    }

    /// The three numbers of a semantic version. What follows them is checked, and takes no part in the comparison.
    private static func version(_ text: String) -> [Int]? {
        let core = text.prefix { $0 != "-" && $0 != "+" }
        let numbers = core.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        let areWellFormed = numbers.allSatisfy { number in
            (1...9).contains(number.utf8.count) && number.utf8.allSatisfy { $0 &- 0x30 < 10 }
                && (number == "0" || !number.hasPrefix("0"))
        }
        guard numbers.count == 3, areWellFormed else { return nil }
        let rest = text[core.endIndex...].dropFirst()
        let isMissing = core.endIndex < text.endIndex && rest.isEmpty
        let isOdd = rest.utf8.contains { byte in
            !(byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 26 || ".-+".utf8.contains(byte))
        }
        return isMissing || isOdd ? nil : numbers.compactMap { Int($0) }
    }
}
