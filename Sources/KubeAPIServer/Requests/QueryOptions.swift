import JSON
import KubeModel
import NIOHTTP1
import Wire

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

    /// These options, for the object of that name alone.
    func selecting(name: String) -> QueryOptions {
        let own = fieldSelector.isEmpty ? "" : "\(fieldSelector),"
        return QueryOptions(
            pairs.filter { $0.name != "fieldSelector" } + [
                (name: "fieldSelector", value: "\(own)metadata.name=\(name)")
            ])
    }

    /// Whether JSON is to be indented: as the query says, else for programs that show it to people.
    func wantsPretty(_ http: HTTPRequest) -> Bool {
        if let asked = first("pretty"), !asked.isEmpty {
            return ["1", "t", "T", "true", "TRUE", "True"].contains(asked)
        }
        let agent = http.headers.first(name: "user-agent") ?? ""
        return ["curl", "Wget", "Mozilla/5.0"].contains { agent.hasPrefix($0) }
    }

    package enum FieldValidation: String, Sendable { case ignore = "Ignore", warn = "Warn", strict = "Strict" }

    /// What becomes of unknown and repeated fields. `checkWriteOptions` has refused other words.
    package var fieldValidation: FieldValidation { first("fieldValidation").flatMap(FieldValidation.init) ?? .warn }

    /// `CreateOptions`, `UpdateOptions`, `PatchOptions` as the client gave them.
    func writeOptions(_ kind: String) -> JSON {
        var options: JSON = ["kind": .string(kind), "apiVersion": "meta.k8s.io/v1"]
        let dryRun = all("dryRun")
        if !dryRun.isEmpty { options["dryRun"] = .init(dryRun) }
        for name in ["fieldManager", "fieldValidation"] {
            if let value = first(name) { options[name] = .string(value) }
        }
        if let force = flag("force") { options["force"] = .bool(force) }
        return options
    }

    func checkWriteOptions(_ kind: String, isApply: Bool = false) throws(APIStatus) {
        let options = writeOptions(kind)
        let faults =
            kind == "PatchOptions"
            ? RequestOptions.validatePatch(options, isApply: isApply) : RequestOptions.validateCreateOrUpdate(options)
        if !faults.isEmpty { throw .invalid(kind: kind, group: "meta.k8s.io", "", faults) }
    }
}
