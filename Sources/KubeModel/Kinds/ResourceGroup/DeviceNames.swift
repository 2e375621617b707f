import JSON

/// Names and lists that the kinds of dynamic resource allocation share.
enum DeviceNames {
    static let group = "resource.k8s.io"
    // The API's own limits, in bytes or elements.
    private static let longestID = 32
    static let mostSelectors = 32
    static let mostConfigs = 32
    private static let longestExpression = 10_240
    private static let largestParameters = 10_240

    static func label(_ name: String, _ path: FieldPath) -> [FieldError] {
        SpecFaults.named(path, name, Names.dnsLabel(name))
    }

    /// Subdomains with "/" between.
    static func pool(_ name: String, _ path: FieldPath) -> [FieldError] {
        if name.isEmpty { return [.required(path)] }
        let long: [FieldError] =
            name.utf8.count > Names.subdomainLimit ? [.tooLong(path, maxLength: Names.subdomainLimit)] : []
        let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        return long + parts.flatMap { SpecFaults.named(path, $0, Names.dnsSubdomain($0)) }
    }

    /// `model` or `example.com/model`.
    static func qualified(_ name: String, _ path: FieldPath) -> [FieldError] {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        switch parts.count {
        case 1: return identifier(parts[0], path)
        case 2:
            let domain: [FieldError] =
                parts[0].isEmpty
                ? [.invalid(path, "", "the domain must not be empty")] : StorageNames.driverFaults(parts[0], path)
            let own: [FieldError] =
                parts[1].isEmpty
                ? [.invalid(path, "", "the name must not be empty")] : identifier(parts[1], path)
            return domain + own
        default: return []
        }
    }

    static func fullyQualified(_ name: String, _ path: FieldPath) -> [FieldError] {
        let faults = qualified(name, path)
        if name.contains("/") { return faults }
        let detail = "a fully qualified name must be a domain and a name separated by a slash"
        return faults + [.invalid(path, .string(name), detail)]
    }

    private static func identifier(_ name: String, _ path: FieldPath) -> [FieldError] {
        let long: [FieldError] = name.utf8.count > longestID ? [.tooLong(path, maxLength: longestID)] : []
        return long + SpecFaults.named(path, name, Names.cIdentifier(name))
    }

    /// No more than `most`, each good by itself.
    static func each(_ list: [JSON], most: Int, _ path: FieldPath, _ check: (JSON, FieldPath) -> [FieldError])
        -> [FieldError]
    {
        if list.count > most { return [.tooMany(path, list.count, max: most)] }
        return list.enumerated().flatMap { check($1, path[$0]) }
    }

    /// As above, and none of them twice.
    static func unique(
        _ list: [JSON], most: Int, key: (JSON) -> String, _ path: FieldPath, _ check: (JSON, FieldPath) -> [FieldError]
    ) -> [FieldError] {
        let faults = each(list, most: most, path, check)
        if list.count > most { return faults }
        let keys = list.map(key)
        return faults + SpecFaults.repeated(keys).map { .duplicate(path[$0], .string(keys[$0])) }
    }

    /// Expressions that choose devices; their language is for whoever compiles them.
    static func selectors(_ list: [JSON], _ path: FieldPath) -> [FieldError] {
        each(list, most: mostSelectors, path) { selector, path in
            if !selector.has("cel") { return [.required(path["cel"])] }
            if selector["cel"].text("expression").utf8.count <= longestExpression { return [] }
            return [.tooLong(path["cel"]["expression"], maxLength: longestExpression)]
        }
    }

    /// What a driver is told, in its own words.
    static func configuration(_ config: JSON, _ path: FieldPath) -> [FieldError] {
        if !config.has("opaque") { return [.required(path["opaque"])] }
        let (opaque, at) = (config["opaque"], path["opaque"])
        let faults = StorageNames.driverFaults(opaque.text("driver"), at["driver"])
        let parameters = opaque["parameters"]
        if parameters.isNull { return faults + [.required(at["parameters"])] }
        if parameters.bytes(escapeHTML: false).count > largestParameters {
            return faults + [.tooLong(at["parameters"], maxLength: largestParameters)]
        }
        if case .object = parameters { return faults }
        return faults + [.invalid(at["parameters"], "<value omitted>", "must be a valid JSON object")]
    }
}
