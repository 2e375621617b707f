import JSON

/// `resource.k8s.io` DeviceClass: a sort of devices that claims can ask for.
enum DeviceClass {
    static let rules: KindRules = {
        var rules = KindRules(group: DeviceNames.group, kind: "DeviceClass")
        rules.countGeneration()
        rules.validate = { object in
            let (spec, path) = (object["spec"], FieldPath("spec"))
            var faults = DeviceNames.selectors(spec.list("selectors"), path["selectors"])
            faults += DeviceNames.each(
                spec.list("config"), most: DeviceNames.mostConfigs, path["config"], DeviceNames.configuration)
            if let name = spec["extendedResourceName"].string, !isExtended(name) {
                let detail = "must be a valid extended resource name"
                faults.append(.invalid(path["extendedResourceName"], .string(name), detail))
            }
            return faults
        }
        rules.validatesChangesLikeCreations()
        rules.table = .nameAndAge
        return rules
    }()

    /// A resource that isn't Kubernetes' own, and whose quota has a name too.
    private static func isExtended(_ name: String) -> Bool {
        let isOwn = !name.contains("/") || name.contains("kubernetes.io/") || name.hasPrefix("requests.")
        return !isOwn && Names.qualifiedName("requests.\(name)").isEmpty
    }
}
