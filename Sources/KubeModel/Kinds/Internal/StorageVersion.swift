import JSON

/// `internal.apiserver.k8s.io` StorageVersion: in which versions the API servers store a resource.
enum StorageVersion {
    static let rules: KindRules = {
        var rules = KindRules(group: "internal.apiserver.k8s.io", kind: "StorageVersion")
        rules.allowsUnconditionalUpdate = false
        rules.nameRule = .own { name, _ in nameTexts(name) }
        rules.keepStatusApart()
        rules.table = KindTable([
            .objectName,
            .init("CommonEncodingVersion", "The version that all servers store."),
            .init("StorageVersions", "Each server's version."),
            .objectAge,
        ]) { object, now in
            let status = object["status"]
            let versions = status.list("storageVersions").map {
                "\($0.text("apiServerID"))=\($0.text("encodingVersion"))"
            }
            return [
                KindTable.Cell.name(object), KindTable.Cell.text(status["commonEncodingVersion"], or: "<unset>"),
                KindTable.Cell.some(versions), KindTable.Cell.age(object, now),
            ]
        }
        return rules
    }()

    /// `<group>.<resource>`.
    private static func nameTexts(_ name: String) -> [String] {
        guard let dot = name.lastIndex(of: ".") else { return ["name must be in the form of <group>.<resource>"] }
        let (group, resource) = (String(name[..<dot]), String(name[name.index(after: dot)...]))
        return Names.dnsSubdomain(group).map { "the group segment \($0)" }
            + Names.dns1035(resource).map { "the resource segment \($0)" }
    }
}
