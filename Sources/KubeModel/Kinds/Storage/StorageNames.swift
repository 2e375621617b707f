import JSON

/// Names of storage drivers and their parameters, which several kinds hold.
enum StorageNames {
    static let group = "storage.k8s.io"
    /// The most parameters; the API's own limit.
    private static let mostParameters = 512
    /// All keys and values together, in bytes; the API's own limit.
    private static let largestParameters = 262_144
    /// Longest name of a CSI driver, in bytes; CSI's own limit.
    private static let longestDriver = 63

    /// A provisioner or driver of a class: a qualified name once it is in lower case.
    static func provisionerFaults(_ name: String, _ path: FieldPath) -> [FieldError] {
        if name.isEmpty { return [.required(path)] }
        let lower = name.lowercased()
        return SpecFaults.named(path, lower, Names.qualifiedName(lower))
    }

    static func driverFaults(_ name: String, _ path: FieldPath) -> [FieldError] {
        if name.isEmpty { return [.required(path)] }
        var faults: [FieldError] = []
        if name.utf8.count > longestDriver { faults.append(.tooLong(path, maxLength: longestDriver)) }
        return faults + SpecFaults.named(path, name, Names.dnsSubdomain(name.lowercased()))
    }

    static func parameterFaults(_ parameters: JSON, _ path: FieldPath, mayBeEmpty: Bool) -> [FieldError] {
        let map = parameters.stringMap
        if map.count > mostParameters { return [.tooLong(path, maxLength: mostParameters)] }
        var faults: [FieldError] = []
        if map[""] != nil { faults.append(.invalid(path, "", "field can not be empty.")) }
        if size(of: map) > largestParameters { faults.append(.tooLong(path, maxLength: largestParameters)) }
        if map.isEmpty, !mayBeEmpty {
            faults.append(.required(path, "must contain at least one key/value pair"))
        }
        return faults
    }

    /// In bytes.
    static func size(of map: [String: String]) -> Int {
        map.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
    }

    static func forbiddenChange(_ new: JSON, _ old: JSON, _ members: String...) -> [FieldError] {
        members.filter { !SemanticEquality.equal(new[$0], old[$0]) }
            .map { .forbidden(FieldPath($0), "updates to \($0) are forbidden.") }
    }

    /// The name, with ` (default)` when one of the annotations says so.
    static func cell(_ object: JSON, isDefault annotations: String...) -> JSON {
        let map = object["metadata"]["annotations"]
        let isDefault = annotations.contains { map.text($0) == "true" }
        return .string(object["metadata"].text("name") + (isDefault ? " (default)" : ""))
    }
}
