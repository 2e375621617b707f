import JSON

/// The faults of a definition's `spec`.
struct SpecRules {
    private let definition: CustomResourceDefinition
    private let spec: DefinitionSpec
    private let conversion: ConversionRules
    private let path = FieldPath("spec")

    /// - Parameter old: nil for a creation.
    init(_ definition: CustomResourceDefinition, old: CustomResourceDefinition?) {
        self.definition = definition
        spec = DefinitionSpec(definition.json["spec"])
        conversion = ConversionRules(old: old)
    }

    func errors() -> [FieldError] {
        var errors = groupErrors()
        errors += scopeErrors()
        if spec.validation["openAPIV3Schema"].isNull {
            for (index, version) in spec.versions.enumerated() where version["schema", "openAPIV3Schema"].isNull {
                errors.append(.required(path["versions"][index]["schema"]["openAPIV3Schema"]))
            }
        }
        for (index, version) in spec.versions.enumerated() { errors += versionErrors(version, index) }
        errors += versionListErrors()
        errors += requiredNames()
        errors += DefinitionRules.nameErrors(definition.names, path["names"])
        let hasStatus = definition.versions.contains(where: \.hasStatus)
        errors += validationErrors(spec.validation, hasStatus: hasStatus, path["validation"])
        errors += Self.subresourceErrors(spec.subresources, path["subresources"])
        errors += Self.columnErrors(spec.columns, path["additionalPrinterColumns"])
        errors += Self.selectableErrors(
            spec.selectableFields, spec.validation, path["selectableFields"],
            missing: "may only be set when validations.schema is included")
        errors += conversion.errors(spec.json["conversion"], path["conversion"])
        return errors
    }

    private func groupErrors() -> [FieldError] {
        let group = definition.group, place = path["group"]
        if group.isEmpty { return [.required(place)] }
        let faults = Names.dnsSubdomain(group)
        if !faults.isEmpty { return [.of(.invalid, place, .string(group), faults.joined(separator: ","))] }
        if !group.contains(".") {
            return [.of(.invalid, place, .string(group), "should be a domain with at least one dot")]
        }
        return []
    }

    private func scopeErrors() -> [FieldError] {
        let scope = spec.json["scope"].string ?? ""
        if scope.isEmpty { return [.required(path["scope"])] }
        if scope == "Cluster" || scope == "Namespaced" { return [] }
        return [.notOneOf(path["scope"], .string(scope), ["Cluster", "Namespaced"])]
    }

    private func versionErrors(_ version: JSON, _ index: Int) -> [FieldError] {
        let place = path["versions"][index]
        let name = version["name"].string ?? ""
        let faults = Names.dns1035(name)
        var errors: [FieldError] =
            faults.isEmpty ? [] : [.of(.invalid, place["name"], .string(name), faults.joined(separator: ","))]
        errors += deprecationErrors(version, place["deprecationWarning"])
        let subresources = spec.subresources.isNull ? version["subresources"] : spec.subresources
        errors += validationErrors(version["schema"], hasStatus: !subresources["status"].isNull, place["schema"])
        errors += Self.subresourceErrors(version["subresources"], place["subresources"])
        errors += Self.columnErrors(version["additionalPrinterColumns"], place["additionalPrinterColumns"])
        errors += Self.selectableErrors(
            version["selectableFields"], version["schema"], place["selectableFields"],
            missing: "may only be set when `version.schema.openAPIV3Schema` is not included")
        return errors
    }

    private func deprecationErrors(_ version: JSON, _ place: FieldPath) -> [FieldError] {
        guard let text = version["deprecationWarning"].string else { return [] }
        var faults: [String] = []
        if version["deprecated"].bool != true {
            faults = ["can only be set for deprecated versions"]
        } else {
            if text.utf8.count > 256 { faults.append("must be <= 256 characters long") }
            if text.isEmpty { faults.append("must not be an empty string") }
            var offset = 0
            for scalar in text.unicodeScalars {
                if !GoText.isPrintable(scalar) {
                    faults.append(
                        "must only contain printable UTF-8 characters; non-printable character found at index \(offset)"
                    )
                    break
                }
                offset += String(scalar).utf8.count
            }
        }
        return faults.map { FieldError(.invalid, place, value: GoValue.marshalled(.string(text)), $0) }
    }

    private func versionListErrors() -> [FieldError] {
        var details: [String] = []
        let names = spec.versions.map { $0["name"].string ?? "" }
        if Set(names).count < names.count { details.append("must contain unique version names") }
        if spec.versions.filter({ $0["storage"].bool == true }).count != 1 {
            details.append("must have exactly one version marked as storage version")
        }
        guard !details.isEmpty else { return versionNameErrors() }
        let shown = spec.versions.isEmpty ? "[]" : ShownSchema.ordered(spec.shownVersions)
        return details.map { FieldError(.invalid, path["versions"], value: shown, $0) } + versionNameErrors()
    }

    /// The internal form has the first version's name at the top too, and it is checked there again.
    private func versionNameErrors() -> [FieldError] {
        guard let name = spec.versions.first?["name"].string, !name.isEmpty else { return [] }
        let faults = Names.dns1035(name)
        return faults.isEmpty ? [] : [.of(.invalid, path["version"], .string(name), faults.joined(separator: ","))]
    }

    private func requiredNames() -> [FieldError] {
        let names = definition.names
        let all = [
            ("plural", names.plural), ("singular", names.singular), ("kind", names.kind), ("listKind", names.listKind),
        ]
        return all.filter(\.1.isEmpty).map { .required(path["names"][$0.0]) }
    }

    // MARK: Schema

    private static let allowedWithStatus = [
        "Description", "Type", "Format", "Title", "Maximum", "ExclusiveMaximum", "Minimum", "ExclusiveMinimum",
        "MaxLength", "MinLength", "Pattern", "MaxItems", "MinItems", "UniqueItems", "MultipleOf", "Required", "Items",
        "Properties", "ExternalDocs", "Example", "XPreserveUnknownFields", "XValidations",
    ]

    private func validationErrors(_ validation: JSON, hasStatus: Bool, _ place: FieldPath) -> [FieldError] {
        let json = validation["openAPIV3Schema"]
        guard !json.isNull else { return [] }
        let schemaPath = place["openAPIV3Schema"]
        guard let schema = JSONSchema(json) else {
            let detail = "must not be nested deeper than \(JSONSchema.Limit.depth) schemas"
            return [.of(.invalid, schemaPath, "", detail)]
        }
        var errors = hasStatus ? rootErrors(schema, place) : []
        if schema.isNullable {
            errors.append(.forbidden(place["openAPIV3Schema.nullable"], "nullable cannot be true at the root"))
        }
        let unsupported = StructuralRules.unsupported(schema)
        if unsupported == nil {
            let structural = StructuralRules.errors(schema, schemaPath)
            errors += structural.isEmpty ? DefaultRules.errors(schema, schemaPath) : structural
        }
        errors += SchemaRules.errors(schema, schemaPath)
        if errors.isEmpty, let unsupported { errors.append(.of(.invalid, schemaPath, "", unsupported)) }
        return errors
    }

    /// With a status subresource the status is checked by `properties.status` alone, so nothing may stand at the top that
    /// would be lost.
    private func rootErrors(_ schema: JSONSchema, _ place: FieldPath) -> [FieldError] {
        for name in ShownSchema.setFields(schema.json) {
            if name == "Type" {
                guard schema.type != "object" else { continue }
                return [
                    .of(
                        .invalid, place["openAPIV3Schema.type"], .string(schema.type),
                        "only \"object\" is allowed as the type at the root of the schema if the status subresource is "
                            + "enabled")
                ]
            }
            guard !Self.allowedWithStatus.contains(name) else { continue }
            let list = Self.allowedWithStatus.joined(separator: " ")
            return [
                FieldError(
                    .invalid, place["openAPIV3Schema"], value: ShownSchema.text(schema.json),
                    "only [\(list)] fields are allowed at the root of the schema if the status subresource is enabled")
            ]
        }
        return []
    }

    // MARK: Subresources, columns, selectable fields

    private static func subresourceErrors(_ subresources: JSON, _ place: FieldPath) -> [FieldError] {
        let scale = subresources["scale"]
        guard !scale.isNull else { return [] }
        var errors: [FieldError] = []
        func check(_ name: String, under roots: [String], _ words: String, isRequired: Bool) {
            let path = place["scale.\(name)"]
            let text = scale[name].string ?? ""
            if text.isEmpty {
                if isRequired { errors.append(.required(path)) }
            } else if !text.hasPrefix(".") {
                errors.append(.of(.invalid, path, .string(text), "must be a simple json path starting with ."))
            } else if !roots.contains(where: text.hasPrefix) {
                errors.append(.of(.invalid, path, .string(text), "should be a json path under \(words)"))
            }
        }
        check("specReplicasPath", under: [".spec."], ".spec", isRequired: true)
        check("statusReplicasPath", under: [".status."], ".status", isRequired: true)
        check("labelSelectorPath", under: [".spec.", ".status."], "either .spec or .status", isRequired: false)
        return errors
    }

    private static let columnTypes = ["boolean", "date", "integer", "number", "string"]
    private static let columnFormats = [
        "byte", "date", "date-time", "double", "float", "int32", "int64", "password",
    ]

    private static func columnErrors(_ columns: JSON, _ place: FieldPath) -> [FieldError] {
        (columns.array ?? []).enumerated().flatMap { index, column -> [FieldError] in
            let place = place[index]
            var errors: [FieldError] = []
            if column["name"].string ?? "" == "" { errors.append(.required(place["name"])) }
            let type = column["type"].string ?? "", format = column["format"].string ?? ""
            let types = "must be one of \(columnTypes.joined(separator: ","))"
            if type.isEmpty {
                errors.append(.required(place["type"], types))
            } else if !columnTypes.contains(type) {
                errors.append(.of(.invalid, place["type"], .string(type), types))
            }
            if !format.isEmpty, !columnFormats.contains(format) {
                let detail = "must be one of \(columnFormats.joined(separator: ","))"
                errors.append(.of(.invalid, place["format"], .string(format), detail))
            }
            let text = column["jsonPath"].string ?? ""
            if text.isEmpty {
                errors.append(.required(place["JSONPath"]))
            } else if !text.hasPrefix(".") {
                let detail = "must be a simple json path starting with ."
                errors.append(.of(.invalid, place["JSONPath"], .string(text), detail))
            }
            return errors
        }
    }

    private static func selectableErrors(_ fields: JSON, _ validation: JSON, _ place: FieldPath, missing: String)
        -> [FieldError]
    {
        guard let fields = fields.array, !fields.isEmpty else { return [] }
        guard let schema = JSONSchema(validation["openAPIV3Schema"]), !validation["openAPIV3Schema"].isNull else {
            return [.of(.invalid, place, "", missing)]
        }
        var errors: [FieldError] = []
        var paths: Set<String> = []
        for (index, field) in fields.enumerated() {
            let place = place[index]["jsonPath"]
            let text = field["jsonPath"].string ?? ""
            if text.isEmpty {
                errors.append(.required(place))
                continue
            }
            do throws(SchemaFieldPath.Fault) {
                let path = try SchemaFieldPath(text, schema, allowsBrackets: false)
                if path.root == "metadata" {
                    errors.append(.of(.invalid, place, .string(text), "must not point to fields in metadata"))
                }
                if !["string", "boolean", "integer"].contains(path.schema.type) {
                    errors.append(
                        .of(
                            .invalid, place, .string(text),
                            "must point to a field of type string, boolean or integer. Enum string fields and strings "
                                + "with formats are allowed."))
                }
                if !paths.insert(path.description).inserted {
                    errors.append(.of(.duplicate, place, .string(text)))
                }
            } catch {
                errors.append(.of(.invalid, place, .string(text), "is an invalid path: \(error.message)"))
            }
        }
        if paths.count > DefinitionRules.Limit.selectableFields {
            errors.append(.tooMany(place, paths.count, max: DefinitionRules.Limit.selectableFields))
        }
        return errors
    }
}
