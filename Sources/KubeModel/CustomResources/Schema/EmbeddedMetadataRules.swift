import JSON

extension EmbeddedMetadata {
    /// `ValidateObjectMeta` with names that need only fit a path segment.
    static func errors(_ metadata: JSON, _ path: FieldPath) -> [FieldError] {
        let value: JSON
        do throws(Malformed) { value = try read(metadata).value } catch {
            return [.of(.invalid, path, metadata, error.message)]
        }
        func faults(_ name: String, _ check: (String) -> [String]) -> [FieldError] {
            guard let text = value[name].string else { return [] }
            return check(text).map { .of(.invalid, path[name], .string(text), $0) }
        }
        var errors = faults("generateName") { NameChecks.pathSegment($0, isPrefix: true) }
        errors += faults("name") { NameChecks.pathSegment($0) }
        errors += faults("namespace", NameChecks.dns1123Label)
        if let generation = value["generation"].int, generation < 0 {
            errors.append(.of(.invalid, path["generation"], JSON(generation), "must be greater than or equal to 0"))
        }
        for (key, label) in value["labels"].stringMap.sorted(by: { $0.key < $1.key }) {
            errors += NameChecks.labelKey(key).map { .of(.invalid, path["labels"], .string(key), $0) }
            errors += NameChecks.labelValue(label).map { .of(.invalid, path["labels"], .string(label), $0) }
        }
        let annotations = value["annotations"].stringMap
        for key in annotations.keys.sorted() {
            let faults = NameChecks.labelKey(key.lowercased())
            errors += faults.map { .of(.invalid, path["annotations"], .string(key), $0) }
        }
        let size = annotations.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        if size > 262_144 { errors.append(.tooLong(path["annotations"], maxLength: 262_144)) }
        errors += value["ownerReferences"].array?.flatMap { ownerErrors($0, path["ownerReferences"]) } ?? []
        for finalizer in value["finalizers"].strings {
            errors += NameChecks.labelKey(finalizer).map { .of(.invalid, path["finalizers"], .string(finalizer), $0) }
        }
        return errors
    }

    private static func ownerErrors(_ owner: JSON, _ path: FieldPath) -> [FieldError] {
        let version = owner["apiVersion"].string ?? ""
        var errors: [FieldError] = []
        if version.isEmpty || version.hasSuffix("/") {
            errors.append(.of(.invalid, path["apiVersion"], .string(version), "version must not be empty"))
        }
        for name in ["kind", "name", "uid"] where owner[name].string ?? "" == "" {
            errors.append(.of(.invalid, path[name], "", "must not be empty"))
        }
        return errors
    }
}
