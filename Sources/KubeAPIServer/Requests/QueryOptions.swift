import KubeModel

/// The query of a request as the options of its verb (`metav1.ListOptions`, `GetOptions`, `CreateOptions`, …).
package struct QueryOptions: Sendable {
    private let pairs: [(name: String, value: String)]

    package init(_ pairs: [(name: String, value: String)]) { self.pairs = pairs }

    package func first(_ name: String) -> String? { pairs.first { $0.name == name }?.value }
    package func all(_ name: String) -> [String] { pairs.filter { $0.name == name }.map(\.value) }

    /// As the original's conversion: "" and "false" and "0" are false, any other value is true.
    package func flag(_ name: String) -> Bool? {
        first(name).map { !["false", "0"].contains($0.lowercased()) }
    }

    package func integer(_ name: String) throws(APIStatus) -> Int64? {
        guard let text = first(name), !text.isEmpty else { return nil }
        guard let value = Int64(text) else {
            throw .badRequest("strconv.ParseInt: parsing \"\(text)\": invalid syntax")
        }
        return value
    }

    package var isWatch: Bool { flag("watch") ?? false }
    package var labelSelector: String { first("labelSelector") ?? "" }
    package var fieldSelector: String { first("fieldSelector") ?? "" }
    package var resourceVersion: String { first("resourceVersion") ?? "" }
    package var resourceVersionMatch: String { first("resourceVersionMatch") ?? "" }
    package var continueToken: String { first("continue") ?? "" }
    package var fieldManager: String { first("fieldManager") ?? "" }
    package var isDryRun: Bool { !all("dryRun").isEmpty }

    /// The name in a field selector that is nothing but `metadata.name=x`.
    var singleName: String? {
        let text = fieldSelector
        guard text.hasPrefix("metadata.name=") else { return nil }
        let name = text.dropFirst("metadata.name=".count).drop { $0 == "=" }
        return name.contains(",") || name.contains("\\") || name.isEmpty ? nil : String(name)
    }

    package enum FieldValidation: String, Sendable { case ignore = "Ignore", warn = "Warn", strict = "Strict" }

    package func fieldValidation() throws(APIStatus) -> FieldValidation {
        guard let text = first("fieldValidation"), !text.isEmpty else { return .warn }
        guard let value = FieldValidation(rawValue: text) else {
            let error = FieldError.notSupported(FieldPath("fieldValidation"), .string(text), ["Ignore", "Strict", "Warn"])
            throw .invalid(kind: "CreateOptions", group: "meta.k8s.io", "", [error])
        }
        return value
    }

    /// Faults of the options of a create, update or patch, in upstream's words.
    package func checkWriteOptions(_ kind: String) throws(APIStatus) {
        var errors: [FieldError] = []
        for value in all("dryRun") where value != "All" {
            errors.append(.notSupported(FieldPath("dryRun"), .string(value), ["All"]))
        }
        if fieldManager.utf8.count > 128 { errors.append(.tooLong(FieldPath("fieldManager"), maxLength: 128)) }
        if !fieldManager.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control }) {
            errors.append(.invalid(FieldPath("fieldManager"), .string(fieldManager), "should only contain printable characters"))
        }
        if !errors.isEmpty { throw .invalid(kind: kind, group: "meta.k8s.io", "", errors) }
    }
}
