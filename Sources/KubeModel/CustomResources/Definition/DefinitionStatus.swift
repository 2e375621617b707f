import JSON

/// How a definition's status follows from its spec and from the other definitions: names, conditions. Pure; `now` is in
/// seconds since 1970.
package enum DefinitionStatus {
    /// The status that the definition should have, all steps at once; equal to the old one when nothing is to do.
    package static func reconciled(_ definition: JSON, others: [JSON], now: Double) -> JSON {
        established(namesAccepted(definition, others: others, now: now), now: now)["status"]
    }

    /// The first step: names that are free are accepted, and what is wrong is told. Served may be what has
    /// `NamesAccepted`; `established` follows once it is.
    package static func namesAccepted(_ json: JSON, others: [JSON], now: Double) -> JSON {
        var result = json
        let definition = CustomResourceDefinition(json)
        if !definition.isBeingDeleted {
            let taken = Taken(definition, others.map { CustomResourceDefinition($0) })
            accept(&result, definition, taken, now)
        }
        set(&result, nonStructural(definition), "NonStructuralSchema", now)
        if APIApproval.isProtected(definition.group) { set(&result, approval(definition), approvalCondition, now) }
        return result
    }

    /// The last step: the definition is served.
    package static func established(_ json: JSON, now: Double) -> JSON {
        let definition = CustomResourceDefinition(json)
        guard definition.isTrue("NamesAccepted"), !definition.isTrue("Established") else { return json }
        var result = json
        let bundle = json["spec", "conversion", "webhook", "clientConfig", "caBundle"].string ?? ""
        let isBad = !bundle.isEmpty && !ConversionRules.isBundle(bundle)
        let condition =
            isBad
            ? Condition("False", "InvalidCABundle", "The conversion webhook CABundle is invalid")
            : Condition("True", "InitialNamesAccepted", "the initial names have been accepted")
        set(&result, condition, "Established", now)
        return result
    }

    // MARK: Deletion

    package enum Ending: Sendable {
        /// Marked, nothing done yet.
        case pending
        case deleting
        case done
        /// Nothing was ever served, so there is nothing to delete.
        case neverEstablished
        case failed(String)
    }

    /// The definition with the `Terminating` condition of that stage; the finalizer is there until all is done.
    package static func ending(_ json: JSON, _ stage: Ending, now: Double) -> JSON {
        var result = json
        var finalizers = json["metadata", "finalizers"].strings
        let own = CustomResourceDefinition.cleanupFinalizer
        let condition: Condition
        switch stage {
        case .pending:
            if !finalizers.contains(own) { finalizers.append(own) }
            condition = Condition(
                "True", "InstanceDeletionPending",
                "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon")
        case .deleting:
            condition = Condition("True", "InstanceDeletionInProgress", "CustomResource deletion is in progress")
        case .done:
            condition = Condition("False", "InstanceDeletionCompleted", "removed all instances")
        case .neverEstablished:
            condition = Condition("False", "NeverEstablished", "resource was never established")
        case .failed(let why):
            condition = Condition("True", "InstanceDeletionFailed", "could not issue all deletes: \(why)")
        }
        if condition.status == "False" { finalizers.removeAll { $0 == own } }
        result["metadata", "finalizers"] = JSON(finalizers)
        set(&result, condition, "Terminating", now)
        return result
    }

    // MARK: Names

    /// The names that the other definitions of the group were given.
    private struct Taken {
        var resources: Set<String> = [], kinds: Set<String> = []

        init(_ definition: CustomResourceDefinition, _ others: [CustomResourceDefinition]) {
            for other in others where other.group == definition.group {
                let names = other.acceptedNames
                resources.formUnion([names.plural, names.singular] + names.shortNames)
                kinds.formUnion([names.kind, names.listKind])
            }
            // The definition's own names bar it too, as they do in the original: its plural can't become its singular.
            let own = definition.acceptedNames
            resources.formUnion([own.plural, own.singular] + own.shortNames)
            kinds.formUnion([own.kind, own.listKind])
        }
    }

    private static func accept(
        _ json: inout JSON, _ definition: CustomResourceDefinition, _ taken: Taken, _ now: Double
    ) {
        let wanted = definition.names, given = definition.acceptedNames
        if definition.condition("NamesAccepted") != nil, same(wanted.json, given.json) { return }
        var names = given.json.isNull ? [:] : given.json
        var condition: Condition?
        func check(_ name: String, _ want: String, _ have: String, _ used: Set<String>, _ reason: String) {
            if want != have, used.contains(want) {
                condition = Condition("False", reason, "\(GoText.quoted(want)) is already in use")
            } else {
                names[name] = .string(want)
            }
        }
        check("plural", wanted.plural, given.plural, taken.resources, "PluralConflict")
        check("singular", wanted.singular, given.singular, taken.resources, "SingularConflict")
        let used = wanted.shortNames.filter { !given.shortNames.contains($0) && taken.resources.contains($0) }
        if used.isEmpty {
            setList(&names, "shortNames", wanted.shortNames)
        } else {
            var seen: Set<String> = []
            let faults = used.filter { seen.insert($0).inserted }.map { "\(GoText.quoted($0)) is already in use" }
            let text = faults.count == 1 ? faults[0] : "[\(faults.joined(separator: ", "))]"
            condition = Condition("False", "ShortNamesConflict", text)
        }
        check("kind", wanted.kind, given.kind, taken.kinds, "KindConflict")
        check("listKind", wanted.listKind, given.listKind, taken.kinds, "ListKindConflict")
        setList(&names, "categories", wanted.categories)
        json["status", "acceptedNames"] = names
        let accepted = condition ?? Condition("True", "NoConflicts", "no conflicts found")
        set(&json, accepted, "NamesAccepted", now)
        guard !definition.isTrue("Established") else { return }
        if accepted.status == "True" {
            set(&json, Condition("False", "Installing", "the initial names have been accepted"), "Established", now)
        } else if definition.condition("Established") == nil {
            set(&json, Condition("False", "NotAccepted", "not all names are accepted"), "Established", now)
        }
    }

    private static func setList(_ names: inout JSON, _ name: String, _ list: [String]) {
        if list.isEmpty { names.remove(name) } else { names[name] = JSON(list) }
    }

    private static func same(_ one: JSON, _ other: JSON) -> Bool {
        func clean(_ names: JSON) -> JSON {
            var result = names
            for (key, value) in names.object ?? JSONObject() where value.isNull || value == [] || value == "" {
                result.remove(key)
            }
            return result
        }
        return clean(one) == clean(other)
    }

    // MARK: Conditions

    struct Condition {
        let status: String, reason: String, message: String

        init(_ status: String, _ reason: String, _ message: String) {
            self.status = status
            self.reason = reason
            self.message = message
        }
    }

    /// Nil takes the condition away. The time changes with the status only.
    private static func set(_ json: inout JSON, _ condition: Condition?, _ type: String, _ now: Double) {
        var conditions = json["status", "conditions"].array ?? []
        let at = conditions.firstIndex { $0["type"].string == type }
        guard let condition else {
            if let at {
                conditions.remove(at: at)
                json["status", "conditions"] = .array(conditions)
            }
            return
        }
        var time: JSON = .string(Timestamp(seconds: Int(now)).text)
        if let at, conditions[at]["status"].string == condition.status, !conditions[at]["lastTransitionTime"].isNull {
            time = conditions[at]["lastTransitionTime"]
        }
        let new: JSON = [
            "type": .string(type), "status": .string(condition.status), "lastTransitionTime": time,
            "reason": .string(condition.reason), "message": .string(condition.message),
        ]
        if let at { conditions[at] = new } else { conditions.append(new) }
        json["status", "conditions"] = .array(conditions)
    }

    private static func nonStructural(_ definition: CustomResourceDefinition) -> Condition? {
        var errors: [FieldError] = []
        if definition.preservesUnknownFields {
            errors.append(.of(.invalid, FieldPath("spec.preserveUnknownFields"), true, "must be false"))
        }
        for (index, version) in definition.versions.enumerated() {
            guard let schema = version.schema, !version.json["schema", "openAPIV3Schema"].isNull else { continue }
            if let fault = StructuralRules.unsupported(schema) {
                return Condition(
                    "Unknown", "StructuralError",
                    "failed to check validation schema for version \(version.name): \(fault)")
            }
            errors += StructuralRules.errors(
                schema, FieldPath("spec.versions")[index]["schema"]["openAPIV3Schema"])
        }
        guard !errors.isEmpty else { return nil }
        var seen: Set<String> = []
        let texts = errors.map(\.description).filter { seen.insert($0).inserted }
        return Condition("True", "Violations", texts.count == 1 ? texts[0] : "[\(texts.joined(separator: ", "))]")
    }

    private static let approvalCondition = "KubernetesAPIApprovalPolicyConformant"

    private static func approval(_ definition: CustomResourceDefinition) -> Condition {
        let (state, reason) = APIApproval.state(definition)
        return switch state {
        case .invalid: Condition("False", "InvalidAnnotation", reason)
        case .missing: Condition("False", "MissingAnnotation", reason)
        case .approved: Condition("True", "ApprovedAnnotation", reason)
        case .bypassed: Condition("False", "UnapprovedAnnotation", reason)
        }
    }
}
