import JSON

/// References to a pod's own fields and resources (the downward API).
enum FieldReferences {
    static let forVariables: Set<String> = [
        "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName",
        "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
    ]
    static let forFiles: Set<String> = [
        "metadata.name", "metadata.namespace", "metadata.labels", "metadata.annotations", "metadata.uid",
    ]
    /// What the original can translate at all, old names included.
    private static let known = forVariables.union(forFiles).union([
        "spec.restartPolicy", "spec.schedulerName", "status.phase", "spec.host", "status.nominatedNodeName",
    ])

    static func checkField(_ reference: JSON, _ allowed: Set<String>, _ path: FieldPath, _ faults: inout Faults) {
        let (version, field) = (reference.text("apiVersion"), reference.text("fieldPath"))
        if version.isEmpty { return faults.required(path["apiVersion"]) }
        if field.isEmpty { return faults.required(path["fieldPath"]) }
        if version != "v1" {
            return unconvertible(field, "unsupported pod version: \(version)", path, &faults)
        }
        if let (whole, key) = subscripted(field) {
            guard whole == "metadata.annotations" || whole == "metadata.labels" else {
                return unconvertible(field, "field label does not support subscript: \(field)", path, &faults)
            }
            let name = whole == "metadata.annotations" ? key.lowercased() : key
            return faults.check(name, path, Names.qualifiedName)
        }
        guard known.contains(field) else {
            return unconvertible(field, "field label not supported: \(field)", path, &faults)
        }
        let name = field == "spec.host" ? "spec.nodeName" : field
        if !allowed.contains(name) { faults.notSupported(path["fieldPath"], .string(name), Array(allowed)) }
    }

    private static func unconvertible(_ field: String, _ why: String, _ path: FieldPath, _ faults: inout Faults) {
        faults.invalid(path["fieldPath"], .string(field), "error converting fieldPath: \(why)")
    }

    /// `metadata.labels['app']` in two.
    private static func subscripted(_ field: String) -> (String, String)? {
        guard field.hasSuffix("']"), let open = field.firstIndex(of: "["),
            field[open...].hasPrefix("['"), open > field.startIndex
        else { return nil }
        return (String(field[..<open]), String(field[open...].dropFirst(2).dropLast(2)))
    }

    private static let resources: Set<String> = [
        "limits.cpu", "limits.memory", "limits.ephemeral-storage", "requests.cpu", "requests.memory",
        "requests.ephemeral-storage",
    ]
    private static let byteUnits = "1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei"

    /// - Parameter isVolume: a file doesn't belong to a container, so the reference names one.
    static func checkResource(_ reference: JSON, isVolume: Bool, _ path: FieldPath, _ faults: inout Faults) {
        let name = reference.text("resource")
        let isHugePage = name.hasPrefix("requests.hugepages-") || name.hasPrefix("limits.hugepages-")
        if isVolume, reference.text("containerName").isEmpty {
            faults.required(path["containerName"])
        } else if name.isEmpty {
            faults.required(path["resource"])
        } else if !resources.contains(name), !isHugePage {
            faults.notSupported(path["resource"], .string(name), Array(resources))
        }
        guard let divisor = Quantity(reference["divisor"]), !divisor.isZero else { return }
        let words: (allowed: String, resource: String)
        switch name {
        case "limits.cpu", "requests.cpu":
            if ["1m", "1"].contains(divisor.description) { return }
            return faults.invalid(
                path["divisor"], .string(name), "only divisor's values 1m and 1 are supported with the cpu resource")
        case "limits.memory", "requests.memory": words = (byteUnits, "memory")
        case "limits.ephemeral-storage", "requests.ephemeral-storage": words = (byteUnits, "local ephemeral storage")
        default:
            guard isHugePage else { return }
            words = (byteUnits, "hugepages")
        }
        if byteUnits.split(separator: ", ").contains(Substring(divisor.description)) { return }
        faults.invalid(
            path["divisor"], .string(name),
            "only divisor's values \(words.allowed) are supported with the \(words.resource) resource")
    }
}
