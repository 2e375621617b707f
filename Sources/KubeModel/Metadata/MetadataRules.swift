import JSON

/// The checks of `metadata` that hold for every kind (apimachinery `api/validation/objectmeta.go`).
package enum MetadataRules {
    /// Most bytes that an object's annotations may have, keys and values together.
    package static let annotationsLimit = 256 * 1_024
    /// Longest name of a field manager, in bytes.
    package static let fieldManagerLimit = 128
    /// Longest subresource in a managedFields entry, in bytes.
    static let subresourceLimit = 256

    /// All faults of a new object's metadata; a generated name is in place already.
    package static func validateCreate(
        _ metadata: JSON, isNamespaced: Bool, nameRule: KindRules.NameRule, _ path: FieldPath = FieldPath("metadata")
    ) -> [FieldError] {
        var faults: [FieldError] = []
        let prefix = metadata["generateName"].string ?? ""
        if !prefix.isEmpty {
            faults += nameRule.faults(prefix, isPrefix: true).map {
                .invalid(path["generateName"], .string(prefix), $0)
            }
        }
        let name = metadata["name"].string ?? ""
        if name.isEmpty {
            faults.append(.required(path["name"], "name or generateName is required"))
        } else {
            faults += nameRule.faults(name).map { .invalid(path["name"], .string(name), $0) }
        }
        let namespace = metadata["namespace"].string ?? ""
        if isNamespaced {
            if namespace.isEmpty {
                faults.append(.required(path["namespace"]))
            } else {
                faults += Names.dnsLabel(namespace).map { .invalid(path["namespace"], .string(namespace), $0) }
            }
        } else if !namespace.isEmpty {
            faults.append(.forbidden(path["namespace"], "not allowed on this type"))
        }
        let generation = metadata["generation"]
        if let value = generation.int, value < 0 {
            faults.append(.invalid(path["generation"], generation, "must be greater than or equal to 0"))
        }
        faults += validateLabels(metadata["labels"], path["labels"])
        faults += validateAnnotations(metadata["annotations"], path["annotations"])
        faults += validateOwnerReferences(metadata["ownerReferences"], path["ownerReferences"])
        faults += validateFinalizers(metadata["finalizers"].strings, path["finalizers"])
        faults += validateManagedFields(metadata["managedFields"], path["managedFields"])
        return faults
    }

    /// All faults of a changed object's metadata.
    package static func validateUpdate(_ new: JSON, _ old: JSON, _ path: FieldPath = FieldPath("metadata"))
        -> [FieldError]
    {
        var faults: [FieldError] = []
        if !old["deletionTimestamp"].isNull {
            faults += validateNoNewFinalizers(new["finalizers"].strings, old["finalizers"].strings, path["finalizers"])
        }
        if (new["resourceVersion"].string ?? "").isEmpty {
            faults.append(.invalid(path["resourceVersion"], "", "must be specified for an update"))
        }
        if (new["generation"].int ?? 0) < (old["generation"].int ?? 0) {
            let generation = JSON(new["generation"].int ?? 0)
            faults.append(.invalid(path["generation"], generation, "must not be decremented"))
        }
        for name in ["name", "namespace", "uid"] where (new[name].string ?? "") != (old[name].string ?? "") {
            faults.append(.invalid(path[name], .string(new[name].string ?? ""), immutable))
        }
        for name in ["creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"]
        where new[name] != old[name] {
            faults.append(.invalid(path[name], new[name], immutable))
        }
        faults += validateLabels(new["labels"], path["labels"])
        faults += validateAnnotations(new["annotations"], path["annotations"])
        faults += validateOwnerReferences(new["ownerReferences"], path["ownerReferences"])
        faults += validateManagedFields(new["managedFields"], path["managedFields"])
        return faults
    }

    package static let immutable = "field is immutable"

    /// The fault of a field that may not change, if it did.
    package static func validateImmutable(_ new: JSON, _ old: JSON, _ path: FieldPath) -> [FieldError] {
        new == old ? [] : [.invalid(path, new, immutable)]
    }

    // MARK: Parts

    package static func validateLabels(_ labels: JSON, _ path: FieldPath) -> [FieldError] {
        guard let members = labels.object else { return [] }
        var faults: [FieldError] = []
        for (key, value) in members {
            faults += Names.qualifiedName(key).map { .invalid(path, .string(key), $0) }
            let text = value.string ?? ""
            faults += Names.labelValue(text).map { .invalid(path, .string(text), $0) }
        }
        return faults
    }

    package static func validateAnnotations(_ annotations: JSON, _ path: FieldPath) -> [FieldError] {
        guard let members = annotations.object else { return [] }
        var faults: [FieldError] = []
        var size = 0
        for (key, value) in members {
            faults += Names.qualifiedName(key.lowercased()).map { .invalid(path, .string(key), $0) }
            size += key.utf8.count + (value.string?.utf8.count ?? 0)
        }
        if size > annotationsLimit { faults.append(.tooLong(path, maxLength: annotationsLimit)) }
        return faults
    }

    package static func validateOwnerReferences(_ references: JSON, _ path: FieldPath) -> [FieldError] {
        var faults: [FieldError] = []
        var controller: String?
        for reference in references.array ?? [] {
            faults += validateOwnerReference(reference, path)
            guard reference["controller"].bool == true else { continue }
            let name = "\(reference["kind"].string ?? "")/\(reference["name"].string ?? "")"
            if let first = controller {
                faults.append(
                    .invalid(
                        path, references,
                        "Only one reference can have Controller set to true. Found \"true\" in references for "
                            + "\(first) and \(name)"))
            } else {
                controller = name
            }
        }
        return faults
    }

    private static func validateOwnerReference(_ reference: JSON, _ path: FieldPath) -> [FieldError] {
        var faults: [FieldError] = []
        let version = reference["apiVersion"].string ?? ""
        // Of `a/b/c` and `a/` nothing is left as a version.
        let parts = version.split(separator: "/", omittingEmptySubsequences: false)
        if parts.count > 2 || parts.last?.isEmpty != false {
            faults.append(.invalid(path["apiVersion"], .string(version), "version must not be empty"))
        }
        for name in ["kind", "name", "uid"] where (reference[name].string ?? "").isEmpty {
            faults.append(.invalid(path[name], "", "must not be empty"))
        }
        if version == "v1", reference["kind"].string == "Event" {
            faults.append(
                .invalid(path, reference, "/v1, Kind=Event is disallowed from being an owner"))
        }
        return faults
    }

    package static func validateFinalizers(_ finalizers: [String], _ path: FieldPath) -> [FieldError] {
        var faults: [FieldError] = []
        for name in finalizers { faults += Names.qualifiedName(name).map { .invalid(path, .string(name), $0) } }
        if finalizers.contains("orphan"), finalizers.contains("foregroundDeletion") {
            faults.append(
                .invalid(path, JSON(finalizers), "finalizer orphan and foregroundDeletion cannot be both set"))
        }
        return faults
    }

    /// Groups whose kinds the original checks without its core rules for metadata.
    private static let groupsOfAnyFinalizer: Set<String> = [
        "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "coordination.k8s.io",
        "events.k8s.io", "internal.apiserver.k8s.io", "node.k8s.io", "policy",
    ]
    private static let standardFinalizers: Set<String> = ["kubernetes", "orphan", "foregroundDeletion"]

    /// Whether a built-in kind's finalizers have to be the standard ones or of somebody's domain.
    package static func hasOwnedFinalizers(group: String, kind: String) -> Bool {
        !groupsOfAnyFinalizer.contains(group) && !(group.isEmpty && kind == "Event")
    }

    package static func validateOwnedFinalizers(_ metadata: JSON, _ path: FieldPath = FieldPath("metadata"))
        -> [FieldError]
    {
        metadata["finalizers"].strings.enumerated().filter { !isStandardOrOwned($1) }.map {
            .invalid(
                path["finalizers"][$0], .string($1),
                "name is neither a standard finalizer name nor is it fully qualified")
        }
    }

    static func isStandardOrOwned(_ finalizer: String) -> Bool {
        finalizer.contains("/") || standardFinalizers.contains(finalizer)
    }

    /// An object that is being deleted gets no more finalizers.
    package static func validateNoNewFinalizers(_ new: [String], _ old: [String], _ path: FieldPath) -> [FieldError] {
        let extra = Set(new).subtracting(old).sorted()
        if extra.isEmpty { return [] }
        let list = extra.map(GoText.quoted).joined(separator: ", ")
        return [
            .forbidden(
                path,
                "no new finalizers can be added if the object is being deleted, found new finalizers []string{\(list)}")
        ]
    }

    package static func validateManagedFields(_ entries: JSON, _ path: FieldPath) -> [FieldError] {
        var faults: [FieldError] = []
        for (at, entry) in (entries.array ?? []).enumerated() {
            let path = path[at]
            let operation = entry["operation"].string ?? ""
            if operation != "Apply", operation != "Update" {
                faults.append(.invalid(path["operation"], .string(operation), "must be `Apply` or `Update`"))
            }
            let type = entry["fieldsType"].string ?? ""
            if !type.isEmpty, type != "FieldsV1" {
                faults.append(.invalid(path["fieldsType"], .string(type), "must be `FieldsV1`"))
            }
            faults += validateFieldManager(entry["manager"].string ?? "", path["manager"])
            if (entry["subresource"].string ?? "").utf8.count > subresourceLimit {
                faults.append(.tooLong(path["subresource"], maxLength: subresourceLimit))
            }
        }
        return faults
    }

    package static func validateFieldManager(_ manager: String, _ path: FieldPath) -> [FieldError] {
        var faults: [FieldError] = []
        if manager.utf8.count > fieldManagerLimit {
            faults.append(.tooLong(path, maxLength: fieldManagerLimit))
        }
        var at = 0
        for scalar in manager.unicodeScalars {
            if !GoText.isPrintable(scalar) {
                let character = GoText.codePoint(scalar)
                faults.append(
                    .invalid(path, .string(manager), "invalid character \(character) (at position \(at))"))
            }
            at += UTF8.width(scalar)
        }
        return faults
    }
}

extension KindRules.NameRule {
    /// What is wrong with a name, or with a prefix of one, whose last dash is not its end.
    package func faults(_ name: String, isPrefix: Bool = false) -> [String] {
        func whole() -> String {
            guard isPrefix, name.utf8.count > 1, name.hasSuffix("-") else { return name }
            return name.dropLast(2) + "a"
        }
        return switch self {
        case .dnsSubdomain: Names.dnsSubdomain(whole())
        case .dnsLabel: Names.dnsLabel(whole())
        case .dns1035Label: Names.dns1035(whole())
        case .pathSegment: isPrefix ? Names.pathSegmentPrefix(name) : Names.pathSegment(name)
        case .own(let check): check(name, isPrefix)
        }
    }
}
