import JSON

/// Checks of what a claim asks for.
enum DeviceClaimFaults {
    // The API's own limits.
    static let mostRequests = 32
    private static let mostConstraints = 32
    private static let mostAlternatives = 8
    static let effects = ["NoExecute", "NoSchedule", "None"]

    static func all(_ spec: JSON, _ path: FieldPath) -> [FieldError] {
        let (devices, at) = (spec["devices"], path["devices"])
        let requests = devices.list("requests")
        var faults = DeviceNames.unique(
            requests, most: mostRequests, key: { $0.text("name") }, at["requests"], requestFaults)
        let names = names(of: requests)
        faults += DeviceNames.each(devices.list("constraints"), most: mostConstraints, at["constraints"]) {
            referenceFaults($0["requests"], names, $1["requests"]) + constraintFaults($0, $1)
        }
        return faults
            + DeviceNames.each(devices.list("config"), most: DeviceNames.mostConfigs, at["config"]) {
                referenceFaults($0["requests"], names, $1["requests"]) + DeviceNames.configuration($0, $1)
            }
    }

    /// `request`, and `request/alternative` where there are alternatives.
    static func names(of requests: [JSON]) -> Set<String> {
        Set(
            requests.flatMap { request in
                let name = request.text("name")
                return [name] + request.list("firstAvailable").map { "\(name)/\($0.text("name"))" }
            })
    }

    static func referenceFaults(_ references: JSON, _ names: Set<String>, _ path: FieldPath) -> [FieldError] {
        DeviceNames.unique(references.array ?? [], most: mostRequests, key: { $0.string ?? "" }, path) { name, path in
            referenceFaults(name.string ?? "", names, path)
        }
    }

    static func referenceFaults(_ name: String, _ names: Set<String>, _ path: FieldPath) -> [FieldError] {
        let unknown = FieldError.invalid(
            path, .string(name),
            "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'")
        let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if parts.count > 2 { return [unknown] }
        return parts.flatMap { DeviceNames.label($0, path) } + (names.contains(name) ? [] : [unknown])
    }

    private static func constraintFaults(_ constraint: JSON, _ path: FieldPath) -> [FieldError] {
        for member in ["matchAttribute", "distinctAttribute"] {
            guard let name = constraint[member].string else { continue }
            return DeviceNames.fullyQualified(name, path[member])
        }
        let detail =
            "exactly one of \"matchAttribute\" or \"distinctAttribute\" is required, but multiple fields are set"
        return [.required(path, detail)]
    }

    private static func requestFaults(_ request: JSON, _ path: FieldPath) -> [FieldError] {
        let faults = DeviceNames.label(request.text("name"), path["name"])
        let alternatives = request.list("firstAvailable")
        let detail = "exactly one of `exactly` or `firstAvailable` is required"
        switch (alternatives.isEmpty, request.has("exactly")) {
        case (true, false): return faults + [.required(path, detail)]
        case (false, true): return faults + [.invalid(path, .null, "\(detail), but multiple fields are set")]
        case (true, true): return faults + exactFaults(request["exactly"], path["exactly"])
        case (false, false):
            return faults
                + DeviceNames.unique(
                    alternatives, most: mostAlternatives, key: { $0.text("name") }, path["firstAvailable"]
                ) { alternative, path in
                    DeviceNames.label(alternative.text("name"), path["name"]) + exactFaults(alternative, path)
                }
        }
    }

    private static func exactFaults(_ request: JSON, _ path: FieldPath) -> [FieldError] {
        var faults = SpecFaults.missingOrMisnamed(request, path, "deviceClassName", check: Names.dnsSubdomain)
        faults += DeviceNames.selectors(request.list("selectors"), path["selectors"])
        let (mode, count) = (request.text("allocationMode"), request["count"].int ?? 0)
        switch mode {
        case "All":
            if count != 0 {
                let detail = "must not be specified when allocationMode is 'All'"
                faults.append(.invalid(path["count"], .init(count), detail))
            }
        case "ExactCount":
            if count <= 0 { faults.append(.invalid(path["count"], .init(count), "must be greater than zero")) }
        default:
            faults.append(
                SpecFaults.notSupported(path["allocationMode"], .string(mode), ["All", "ExactCount"]))
        }
        return faults
            + request.list("tolerations").enumerated().flatMap { tolerationFaults($1, path["tolerations"][$0]) }
    }

    private static func tolerationFaults(_ toleration: JSON, _ path: FieldPath) -> [FieldError] {
        var faults = SpecFaults.misnamed(toleration, path, "key", check: Names.qualifiedName)
        let value = toleration.text("value")
        switch toleration.text("operator") {
        case "Exists":
            if !value.isEmpty {
                faults.append(.invalid(path["value"], .string(value), "must be empty for operator `Exists`"))
            }
        case "Equal": faults += SpecFaults.named(path["value"], value, Names.labelValue(value))
        default: faults += SpecFaults.missingOrUnsupported(toleration, path, "operator", ["Equal", "Exists"])
        }
        if !toleration.text("effect").isEmpty {
            faults += SpecFaults.unsupported(toleration, path, "effect", effects)
        }
        return faults
    }

    static func applyDefaults(_ spec: inout JSON) {
        spec.edit("devices") { devices in
            devices.editEach("requests") { request in
                request.edit("exactly", applyRequestDefaults)
                request.editEach("firstAvailable", applyRequestDefaults)
                // The first form had no `exactly`.
                if !request.text("deviceClassName").isEmpty { applyRequestDefaults(&request) }
            }
        }
    }

    private static func applyRequestDefaults(_ request: inout JSON) {
        request.fillZero("allocationMode", "ExactCount")
        if request.text("allocationMode") == "ExactCount" { request.fillZero("count", 1) }
        request.editEach("tolerations") { $0.fillZero("operator", "Equal") }
    }
}
