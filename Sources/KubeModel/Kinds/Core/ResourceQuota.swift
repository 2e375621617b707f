import JSON

/// `v1` ResourceQuota.
enum ResourceQuotaKind {
    static let rules: KindRules = {
        var rules = KindRules(group: "", kind: "ResourceQuota")
        rules.defaults = { quota in
            quota.edit("spec") { ResourceRules.roundAmounts(&$0, "hard") }
            quota.edit("status") { ResourceRules.roundAmounts(&$0, "hard", "used") }
        }
        rules.prepareForCreate = { $0["status"] = [:] }
        rules.prepareForUpdate = KindRules.keepStatus
        rules.prepareForStatusUpdate = KindRules.keepAllButStatus
        rules.validate = { quota in
            var faults = specFaults(quota["spec"])
            checkStatus(quota["status"], &faults)
            return faults.all
        }
        rules.validateUpdate = { new, old in
            var faults = specFaults(new["spec"])
            let scopes = new["spec"].list("scopes")
            if Set(scopes) != Set(old["spec"].list("scopes")) {
                faults.invalid(FieldPath("spec.scopes"), .array(scopes), "field is immutable")
            }
            return faults.all
        }
        rules.validateStatusUpdate = { new, _ in
            var faults = Faults()
            if new["metadata"].text("resourceVersion").isEmpty { faults.required(FieldPath("resourceVersion")) }
            checkStatus(new["status"], &faults)
            return faults.all
        }
        rules.table = KindTable([.objectName, .init("Request"), .init("Limit"), .objectAge]) { object, now in
            let status = object["status"]
            let (hard, used) = (status.map("hard"), status.map("used"))
            var (requests, limits): ([String], [String]) = ([], [])
            for name in hard.names.sorted() {
                func amount(_ map: JSONObject) -> String {
                    map[name].flatMap { Quantity($0)?.description } ?? "0"
                }
                let text = "\(name): \(amount(used))/\(amount(hard))"
                if name.hasPrefix("limits.") { limits.append(text) } else { requests.append(text) }
            }
            return [
                KindTable.Cell.name(object), .string(requests.joined(separator: ", ")),
                .string(limits.joined(separator: ", ")), KindTable.Cell.age(object, now),
            ]
        }
        return rules
    }()

    private static func checkStatus(_ status: JSON, _ faults: inout Faults) {
        for part in ["hard", "used"] {
            ResourceRules.checkQuotaAmounts(status.map(part), FieldPath("status")[part], &faults)
        }
    }

    private static func specFaults(_ spec: JSON) -> Faults {
        var faults = Faults()
        let path = FieldPath("spec")
        let hard = spec.map("hard")
        ResourceRules.checkQuotaAmounts(hard, path["hard"], &faults)
        let scopes = spec.list("scopes").map { $0.string ?? "" }
        if !scopes.isEmpty {
            let list = JSON(scopes)
            for scope in scopes {
                if !QuotaScope.isKnown(scope) { faults.invalid(path["scopes"], list, "unsupported scope") }
                for name in hard.names.sorted() where !QuotaScope.allows(scope, name) {
                    faults.invalid(path["scopes"], list, "unsupported scope applied to resource")
                }
            }
            for _ in 0..<QuotaScope.conflicts(Set(scopes)) {
                faults.invalid(path["scopes"], list, "conflicting scopes")
            }
        }
        if spec.has("scopeSelector") { checkSelector(spec, hard, path["scopeSelector"], &faults) }
        return faults
    }

    private static func checkSelector(_ spec: JSON, _ hard: JSONObject, _ path: FieldPath, _ faults: inout Faults) {
        let selector = spec["scopeSelector"]
        let path = path["matchExpressions"]
        var scopes: Set<String> = []
        for requirement in selector.list("matchExpressions") {
            let (scope, scopeOperator) = (requirement.text("scopeName"), requirement.text("operator"))
            let values = requirement.list("values")
            if !QuotaScope.isKnown(scope) {
                faults.invalid(path["scopeName"], .string(scope), "unsupported scope")
            }
            for name in hard.names.sorted() where !QuotaScope.allows(scope, name) {
                faults.invalid(path, selector, "unsupported scope applied to resource")
            }
            if QuotaScope.isFlag(scope), scopeOperator != "Exists" {
                faults.invalid(path["operator"], .string(scopeOperator), QuotaScope.flagRule)
            }
            switch scopeOperator {
            case "In", "NotIn":
                if values.isEmpty {
                    faults.required(
                        path["values"],
                        "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector")
                }
            case "Exists", "DoesNotExist":
                if !values.isEmpty {
                    faults.invalid(
                        path["values"], .array(values),
                        "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector")
                }
            default: faults.invalid(path["operator"], .string(scopeOperator), "not a valid selector operator")
            }
            scopes.insert(scope)
        }
        for _ in 0..<QuotaScope.conflicts(scopes) {
            faults.invalid(path, spec["scopes"], "conflicting scopes")
        }
    }
}

/// The scopes that narrow a quota to some pods.
private enum QuotaScope {
    static let flagRule =
        "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, "
        + "ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or "
        + "ResourceQuotaScopeCrossNamespacePodAffinity"

    /// Scopes that a pod is in or not; the others compare a value.
    static func isFlag(_ scope: String) -> Bool {
        ["BestEffort", "NotBestEffort", "Terminating", "NotTerminating", "CrossNamespacePodAffinity"].contains(scope)
    }

    static func isKnown(_ scope: String) -> Bool {
        isFlag(scope) || scope == "PriorityClass" || scope == "VolumeAttributesClass"
    }

    /// Whether the scope can narrow that resource; resources that aren't standard aren't judged.
    static func allows(_ scope: String, _ resource: String) -> Bool {
        guard ResourceNames.isStandardForQuota(resource) else { return true }
        switch scope {
        case "BestEffort": return resource == "pods"
        case "Terminating", "NotTerminating", "NotBestEffort", "PriorityClass", "CrossNamespacePodAffinity":
            return resource == "pods" || isCompute(resource)
        case "VolumeAttributesClass":
            return ["persistentvolumeclaims", "requests.storage"].contains(resource)
        default: return true
        }
    }

    private static func isCompute(_ resource: String) -> Bool {
        [
            "cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory",
        ].contains(resource)
    }

    /// How many pairs of scopes exclude each other.
    static func conflicts(_ scopes: Set<String>) -> Int {
        [["BestEffort", "NotBestEffort"], ["Terminating", "NotTerminating"]].filter { scopes.isSuperset(of: $0) }.count
    }
}
