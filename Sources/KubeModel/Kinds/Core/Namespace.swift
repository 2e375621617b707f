import JSON

/// `v1` Namespace.
enum NamespaceKind {
    private static let nameLabel = "kubernetes.io/metadata.name"
    /// The finalizer that the namespace controller takes away once everything inside is gone.
    private static let ownFinalizer = "kubernetes"

    static let rules: KindRules = {
        var rules = KindRules(group: "", kind: "Namespace")
        rules.nameRule = .dnsLabel
        rules.defaults = { namespace in
            labelWithName(&namespace)
            if !namespace.has("status") { namespace["status"] = [:] }
            namespace.edit("status") { $0.fillZero("phase", "Active") }
        }
        rules.prepareForCreate = { namespace in
            labelWithName(&namespace)
            namespace["status"] = ["phase": "Active"]
            var finalizers = namespace["spec"].list("finalizers")
            if !finalizers.contains(.string(ownFinalizer)) { finalizers.append(.string(ownFinalizer)) }
            namespace["spec", "finalizers"] = .array(finalizers)
        }
        rules.prepareForUpdate = { new, old in
            let finalizers = old["spec"].list("finalizers")
            if !new.has("spec") { new["spec"] = [:] }
            new.edit("spec") { spec in
                if finalizers.isEmpty { spec.remove("finalizers") } else { spec["finalizers"] = .array(finalizers) }
            }
            KindRules.keepStatus(&new, old)
        }
        rules.prepareForStatusUpdate = KindRules.keepAllButStatus
        rules.validate = { finalizerFaults($0, indexed: false) }
        rules.validateStatusUpdate = { new, _ in phaseFaults(new) }
        rules.subresourceUpdates["finalize"] = .init(
            prepare: { new, old in KindRules.keepStatus(&new, old) },
            validate: { new, _ in finalizerFaults(new, indexed: true) })
        rules.selectableFields = { namespace in
            // The original has the name here a second time, and clients use it.
            ["status.phase": namespace["status"].text("phase"), "name": namespace["metadata"].text("name")]
        }
        rules.table = KindTable([.objectName, .init("Status"), .objectAge]) { object, now in
            [KindTable.Cell.name(object), .string(object["status"].text("phase")), KindTable.Cell.age(object, now)]
        }
        return rules
    }()

    /// Also after a name was generated.
    private static func labelWithName(_ namespace: inout JSON) {
        let name = namespace["metadata"].text("name")
        guard !name.isEmpty, namespace["metadata", "labels"].text(nameLabel) != name else { return }
        namespace.edit("metadata") { metadata in
            metadata.fillMissing("labels", [:])
            metadata.edit("labels") { $0[nameLabel] = .string(name) }
        }
    }

    private static func finalizerFaults(_ namespace: JSON, indexed: Bool) -> [FieldError] {
        var faults = Faults()
        let list = FieldPath("spec.finalizers")
        for (index, finalizer) in namespace["spec"].list("finalizers").enumerated() {
            let path = indexed ? list[index] : list
            let name = finalizer.string ?? ""
            faults.check(name, path, Names.qualifiedName)
            if !MetadataRules.isStandardOrOwned(name) {
                faults.invalid(
                    path, .string(name), "name is neither a standard finalizer name nor is it fully qualified")
            }
        }
        return faults.all
    }

    private static func phaseFaults(_ namespace: JSON) -> [FieldError] {
        let isDeleted = namespace["metadata"].has("deletionTimestamp")
        let phase = namespace["status"].text("phase")
        let (expected, state) = isDeleted ? ("Terminating", "is not empty") : ("Active", "is empty")
        if phase == expected { return [] }
        return [
            .invalid(
                FieldPath("status.Phase"), .string(phase), "may only be '\(expected)' if `deletionTimestamp` \(state)")
        ]
    }
}
