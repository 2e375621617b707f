import JSON

/// One served version of an established definition: all that the server needs to store, check and show its objects.
package struct CustomResourceKind: Sendable {
    package let resource: APIResource
    package let listKind: String
    package let schema: CustomResourceSchema
    /// Defaults, checks, upkeep, table and selectable fields, in the form in which built-in kinds have them.
    package let rules: KindRules
    /// Nil: no scale subresource.
    package let scale: CustomResourceScale?
    package let hasStatus: Bool
    /// What a field selector may name besides `metadata.name` and `metadata.namespace`.
    package let selectableFieldNames: [String]
    /// The sentence that every answer warns with; nil: the version isn't deprecated.
    package let deprecationWarning: String?
    private let prunes: Bool

    /// The served versions, in the definition's order; none as long as it has no accepted names.
    ///
    /// - Parameters:
    ///   - objectMeta: the built-in type of `metadata`.
    ///   - scale: the built-in type of `autoscaling/v1` Scale.
    package static func all(_ definition: CustomResourceDefinition, objectMeta: SchemaType, scale: SchemaType)
        -> [CustomResourceKind]
    {
        guard !definition.acceptedNames.plural.isEmpty, !definition.acceptedNames.kind.isEmpty else { return [] }
        return definition.versions.filter(\.isServed).map {
            CustomResourceKind(definition, $0, objectMeta: objectMeta, scale: scale)
        }
    }

    /// The same, with the built-in types.
    package static func all(_ definition: CustomResourceDefinition) -> [CustomResourceKind] {
        guard let objectMeta = Schema.builtIn.meta("ObjectMeta"),
            let scale = Schema.builtIn.type(WorkloadScale.groupVersion, kind: "Scale")
        else { fatalError("the built-in schema has no ObjectMeta or Scale") }
        return all(definition, objectMeta: objectMeta, scale: scale)
    }

    init(
        _ definition: CustomResourceDefinition, _ version: CustomResourceDefinition.Version, objectMeta: SchemaType,
        scale scaleType: SchemaType
    ) {
        let names = definition.acceptedNames
        let groupVersion = GroupVersion(definition.group, version.name)
        let typeName = OpenAPIFragment.name(definition.group, version.name, names.kind)
        schema = CustomResourceSchema(version.schema, name: typeName, objectMeta: objectMeta)
        scale = CustomResourceScale(version.scale)
        hasStatus = version.hasStatus
        prunes = !definition.preservesUnknownFields
        listKind = names.listKind
        selectableFieldNames = version.selectableFields.map { $0.hasPrefix(".") ? String($0.dropFirst()) : $0 }
        deprecationWarning =
            version.isDeprecated
            ? version.deprecationWarning ?? "\(groupVersion) \(names.kind) is deprecated" : nil
        resource = Self.resource(definition, version, groupVersion, schema.type, scaleType)
        rules = Self.rules(
            resource, schema, scale, hasStatus: hasStatus, prunes: prunes, version: version,
            fields: zip(selectableFieldNames, version.selectableFields).map { ($0, SimpleJSONPath($1)) })
    }

    private static func resource(
        _ definition: CustomResourceDefinition, _ version: CustomResourceDefinition.Version,
        _ groupVersion: GroupVersion, _ type: SchemaType, _ scaleType: SchemaType
    ) -> APIResource {
        let names = definition.acceptedNames
        let isEnding = definition.isTrue("Terminating")
        var resource = APIResource(
            groupVersion: groupVersion, kind: names.kind, plural: names.plural, singular: names.singular,
            isNamespaced: definition.isNamespaced,
            verbs: isEnding
                ? ["delete", "deletecollection", "get", "list", "watch"]
                : ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"], type: type)
        resource.shortNames = names.shortNames
        resource.categories = names.categories
        resource.storageVersion = definition.storageVersion?.name ?? groupVersion.version
        resource.isCustom = true
        let verbs = ["get", "patch", "update"]
        if version.hasStatus {
            resource.subresources.append(
                APIResource.Subresource(
                    name: "status", kind: names.kind, groupVersion: groupVersion, verbs: verbs, type: type))
        }
        if !version.scale.isNull {
            resource.subresources.append(
                APIResource.Subresource(
                    name: "scale", kind: "Scale", groupVersion: WorkloadScale.groupVersion, verbs: verbs,
                    type: scaleType))
        }
        return resource
    }

    private static func rules(
        _ resource: APIResource, _ schema: CustomResourceSchema, _ scale: CustomResourceScale?, hasStatus: Bool,
        prunes: Bool, version: CustomResourceDefinition.Version, fields: [(String, SimpleJSONPath?)]
    ) -> KindRules {
        var rules = KindRules(group: resource.groupVersion.group, kind: resource.kind)
        rules.countsGeneration = true
        rules.allowsUnconditionalUpdate = false
        rules.defaults = { object in object = SchemaDefaulting.defaulted(object, schema.root) }
        rules.prepareForCreate = { object in
            if hasStatus { object.remove("status") }
            object["metadata", "generation"] = 1
        }
        rules.prepareForUpdate = { new, old in Upkeep.update(&new, old, hasStatus: hasStatus) }
        rules.prepareForStatusUpdate = { new, old in Upkeep.statusUpdate(&new, old) }
        rules.validate = { new in
            let wrong = Self.typeErrors(new, resource)
            guard wrong.isEmpty else { return wrong }
            return schema.errors(new) + (scale?.specErrors(new) ?? []) + (scale?.statusErrors(new) ?? [])
        }
        rules.validateUpdate = { new, old in
            let wrong = Self.typeErrors(new, resource)
            guard wrong.isEmpty else { return wrong }
            return schema.errors(new, old: old) + (scale?.specErrors(new) ?? []) + (scale?.statusErrors(new) ?? [])
        }
        rules.validateStatusUpdate = { new, old in
            let wrong = Self.typeErrors(new, resource)
            guard wrong.isEmpty else { return wrong }
            return schema.statusErrors(new, old: old) + (scale?.statusErrors(new) ?? [])
        }
        rules.warnings = Upkeep.finalizerWarnings
        rules.selectableFields = { object in
            Dictionary(
                fields.map { ($0.0, Self.selectable($0.1?.values(in: object)?.first)) },
                uniquingKeysWith: { first, _ in first })
        }
        rules.table = KindTable.ofColumns(version.columns)
        return rules
    }

    private static func selectable(_ value: JSON?) -> String {
        guard let value, !value.isNull else { return "" }
        return value.string ?? GoValue.text(value)
    }

    private static func typeErrors(_ object: JSON, _ resource: APIResource) -> [FieldError] {
        var errors: [FieldError] = []
        if object["kind"].string != resource.kind {
            errors.append(.of(.invalid, FieldPath("kind"), object["kind"], "must be \(resource.kind)"))
        }
        // Objects are checked in the form in which they are stored, which may be another version's.
        let stored = GroupVersion(resource.groupVersion.group, resource.storageVersion)
        if ![resource.groupVersion, stored].contains(where: { object["apiVersion"].string == $0.description }) {
            errors.append(
                .of(
                    .invalid, FieldPath("apiVersion"), object["apiVersion"],
                    "must be \(resource.groupVersion.description)"))
        }
        return errors
    }

    // MARK: Reading and converting

    /// An object as it came in: pruned and defaulted, its metadata read as ObjectMeta. `unknown` are the paths of what was
    /// dropped, sorted, for field validation. Throws 400 when the metadata can't be read.
    package func read(_ object: JSON) throws(APIStatus) -> (object: JSON, unknown: [String]) {
        var result = object
        var unknown: [String] = []
        do throws(EmbeddedMetadata.Malformed) {
            if let metadata = object.object?["metadata"] {
                let (value, below) = try EmbeddedMetadata.read(metadata)
                result["metadata"] = value
                unknown = below.map { "metadata.\($0)" }
            }
        } catch {
            throw unreadable(error.message)
        }
        do throws(EmbeddedResources.CoercionFault) {
            let (pruned, paths) = try schema.read(result, prunes: prunes)
            return (pruned, unknown.sorted() + paths)
        } catch {
            throw unreadable(error.error.description)
        }
    }

    private func unreadable(_ why: String) -> APIStatus {
        let version = GoText.quoted(resource.groupVersion.version)
        return APIStatus.badRequest(
            "\(resource.kind) in version \(version) cannot be handled as a \(resource.kind): \(why)")
    }

    /// A stored object, of whatever version, as this version shows it. What can't be read any more is left as it is.
    package func fromStorage(_ object: JSON) -> JSON {
        let converted = Self.converted(object, to: resource.groupVersion)
        return (try? schema.read(converted, prunes: prunes))?.object ?? converted
    }

    /// Conversion by strategy None: the version is all that changes.
    package static func converted(_ object: JSON, to groupVersion: GroupVersion) -> JSON {
        var result = object
        result["apiVersion"] = .string(groupVersion.description)
        return result
    }
}
