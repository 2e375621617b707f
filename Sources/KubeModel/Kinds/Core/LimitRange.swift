import JSON

/// `v1` LimitRange.
enum LimitRangeKind {
    static let rules: KindRules = {
        var rules = KindRules(group: "", kind: "LimitRange")
        rules.defaults = { range in range.edit("spec") { $0.editEach("limits", applyDefaults) } }
        rules.allowsCreateOnUpdate = true
        rules.isNamedByUID = true
        rules.validate = { faults($0).all }
        rules.validateUpdate = { new, _ in faults(new).all }
        return rules
    }()

    /// For containers: the default limit is the maximum, the default request the default limit or else the minimum.
    private static func applyDefaults(_ item: inout JSON) {
        ResourceRules.roundAmounts(&item, "max", "min", "default", "defaultRequest", "maxLimitRequestRatio")
        guard item.text("type") == "Container" else { return }
        var limits = item.map("default")
        for (name, amount) in item.map("max") where limits[name] == nil { limits[name] = amount }
        var requests = item.map("defaultRequest")
        for (name, amount) in limits where requests[name] == nil { requests[name] = amount }
        for (name, amount) in item.map("min") where requests[name] == nil { requests[name] = amount }
        if !limits.isEmpty { item["default"] = .object(limits) }
        if !requests.isEmpty { item["defaultRequest"] = .object(requests) }
    }

    private static func faults(_ range: JSON) -> Faults {
        var faults = Faults()
        var types: Set<String> = []
        for (index, item) in range["spec"].list("limits").enumerated() {
            let path = FieldPath("spec.limits")[index]
            let type = item.text("type")
            checkType(type, path["type"], &faults)
            if !types.insert(type).inserted { faults.duplicate(path["type"], .string(type)) }
            checkItem(item, type, path, &faults)
        }
        return faults
    }

    private static func checkType(_ type: String, _ path: FieldPath, _ faults: inout Faults) {
        let details = Names.qualifiedName(type)
        for detail in details { faults.invalid(path, .string(type), detail) }
        if details.isEmpty, !type.contains("/"), !["Pod", "Container", "PersistentVolumeClaim"].contains(type) {
            faults.invalid(path, .string(type), "must be a standard limit type or fully qualified")
        }
    }

    private static let parts = ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"]

    private static func checkItem(_ item: JSON, _ type: String, _ path: FieldPath, _ faults: inout Faults) {
        var (names, seen): ([String], Set<String>) = ([], [])
        for part in parts {
            let amounts = item.map(part)
            if type == "Pod", part.hasPrefix("default") {
                if !amounts.isEmpty {
                    faults.forbidden(path[part], "may not be specified when `type` is 'Pod'")
                }
                continue
            }
            if part == "maxLimitRequestRatio", type == "PersistentVolumeClaim",
                item.map("min")["storage"] == nil, item.map("max")["storage"] == nil
            {
                faults.required(
                    path["limits"], "either minimum or maximum storage value is required, but neither was provided")
            }
            for (name, _) in amounts {
                if type == "Pod" || type == "Container" {
                    ResourceRules.checkContainerName(name, path[part][key: name], &faults)
                } else {
                    _ = ResourceRules.checkName(name, path[part][key: name], &faults)
                }
                if seen.insert(name).inserted { names.append(name) }
            }
        }
        for name in names { checkOrder(item, isPod: type == "Pod", name, path, &faults) }
    }

    /// minimum ≤ default request ≤ default limit ≤ maximum, and a ratio that these allow.
    private static func checkOrder(
        _ item: JSON, isPod: Bool, _ name: String, _ path: FieldPath, _ faults: inout Faults
    ) {
        func amount(_ part: String) -> Quantity? { item.map(part)[name].flatMap { Quantity($0) } }
        func fault(_ part: String, _ value: Quantity, _ detail: String) {
            faults.invalid(path[part][key: name], .string(value.description), detail)
        }
        let (least, most) = (amount("min"), amount("max"))
        let (limit, request) = isPod ? (nil, nil) : (amount("default"), amount("defaultRequest"))
        if let least, let most, least > most {
            fault("min", least, "min value \(least) is greater than max value \(most)")
        }
        if let request, let least, least > request {
            fault("defaultRequest", request, "min value \(least) is greater than default request value \(request)")
        }
        if let request, let most, request > most {
            fault("defaultRequest", request, "default request value \(request) is greater than max value \(most)")
        }
        if let request, let limit, request > limit {
            fault(
                "defaultRequest", request,
                "default request value \(request) is greater than default limit value \(limit)")
        }
        if let limit, let least, least > limit {
            fault("default", least, "min value \(least) is greater than default value \(limit)")
        }
        if let limit, let most, limit > most {
            fault("default", most, "default value \(limit) is greater than max value \(most)")
        }
        if let ratio = amount("maxLimitRequestRatio") {
            if ratio < Quantity(1) { fault("maxLimitRequestRatio", ratio, "ratio \(ratio) is less than 1") }
            if let least, let most, least.sign > 0, ratio.double > most.double / least.double {
                fault(
                    "maxLimitRequestRatio", ratio,
                    "ratio \(ratio) is greater than max/min = \(sixPlaces(most.double / least.double))")
            }
        }
        if !ResourceNames.allowsOvercommit(name), let limit, let request, limit != request {
            fault(
                "defaultRequest", request,
                "default value \(limit) must equal to defaultRequest value \(request) in \(name)")
        }
    }

    /// `%f`.
    private static func sixPlaces(_ value: Double) -> String {
        guard value.magnitude < 9e12 else { return "\(value)" }
        let millionths = Int((value * 1e6).rounded())
        let rest = String(millionths % 1_000_000)
        return "\(millionths / 1_000_000).\(String(repeating: "0", count: 6 - rest.count))\(rest)"
    }
}
