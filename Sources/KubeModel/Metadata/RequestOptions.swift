import JSON

/// The checks of a request's options (apimachinery `apis/meta/v1/validation`); options come as their JSON objects.
package enum RequestOptions {
    package static func validateCreateOrUpdate(_ options: JSON) -> [FieldError] {
        common(options)
    }

    package static func validatePatch(_ options: JSON, isApply: Bool) -> [FieldError] {
        var faults: [FieldError] = []
        if isApply {
            if (options["fieldManager"].string ?? "").isEmpty {
                faults.append(.required(FieldPath("fieldManager"), "is required for apply patch"))
            }
        } else if !options["force"].isNull {
            faults.append(.forbidden(FieldPath("force"), "may not be specified for non-apply patch"))
        }
        return faults + common(options)
    }

    package static func validateDelete(_ options: JSON) -> [FieldError] {
        var faults: [FieldError] = []
        let policy = options["propagationPolicy"]
        let path = FieldPath("propagationPolicy")
        if !policy.isNull {
            if !options["orphanDependents"].isNull {
                faults.append(
                    .invalid(path, policy, "orphanDependents and deletionPropagation cannot be both set"))
            }
            if !["Foreground", "Background", "Orphan"].contains(policy.string ?? "") {
                // The original gives the list in this order, unsorted.
                let supported = ["Foreground", "Background", "Orphan", "nil"].map { "\"\($0)\"" }
                faults.append(
                    FieldError(
                        .notSupported, path, value: GoText.quoted(policy.string ?? ""),
                        "supported values: \(supported.joined(separator: ", "))"))
            }
        }
        return faults + dryRun(options)
    }

    private static func common(_ options: JSON) -> [FieldError] {
        var faults = MetadataRules.validateFieldManager(options["fieldManager"].string ?? "", FieldPath("fieldManager"))
        faults += dryRun(options)
        let validation = options["fieldValidation"].string ?? ""
        if !["", "Ignore", "Warn", "Strict"].contains(validation) {
            faults.append(
                .notSupported(
                    FieldPath("fieldValidation"), .string(validation), ["", "Ignore", "Strict", "Warn"]))
        }
        return faults
    }

    private static func dryRun(_ options: JSON) -> [FieldError] {
        guard options["dryRun"].strings.contains(where: { $0 != "All" }) else { return [] }
        return [.notSupported(FieldPath("dryRun"), options["dryRun"], ["All"])]
    }
}
