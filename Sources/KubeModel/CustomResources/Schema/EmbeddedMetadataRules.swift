import JSON

extension EmbeddedMetadata {
    /// The faults of an embedded object's metadata; its name need only fit a path segment, and it may have none.
    static func errors(_ metadata: JSON, _ path: FieldPath) -> [FieldError] {
        var value: JSON
        do throws(Malformed) { value = try read(metadata).value } catch {
            return [.of(.invalid, path, metadata, error.message)]
        }
        if value.text("name").isEmpty { value["name"] = "x" }
        return MetadataRules.validateCreate(
            value, isNamespaced: !value.text("namespace").isEmpty, nameRule: .pathSegment, path)
    }
}
