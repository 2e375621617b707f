import JSON
import Testing

@testable import KubeModel

/// One row of a table: what is there, what is asked, what comes out. Texts are JSON with single quotes.
struct PatchCase: CustomTestStringConvertible, Sendable {
    let name: String
    let base: String
    let patch: String
    /// The object, or the message of the failure when it begins with "!".
    let expected: String

    init(_ name: String, _ base: String, _ patch: String, _ expected: String) {
        self.name = name
        self.base = base
        self.patch = patch
        self.expected = expected
    }

    var testDescription: String { name }

    func check(_ apply: (_ base: JSON, _ patch: JSON) throws -> JSON) throws {
        let result: String
        do { result = sorted(try apply(try json(base), try json(patch))).text } catch let error as APIStatus {
            result = "!\(error.message)"
        }
        #expect(result == (expected.hasPrefix("!") ? expected : sorted(try json(expected)).text))
    }
}

/// JSON written with single quotes.
func json(_ text: String) throws -> JSON {
    try JSON(parsing: String(text.map { $0 == "'" ? "\"" : $0 }))
}

/// Members in the order of their names, at all levels, so that texts can be compared.
func sorted(_ value: JSON) -> JSON {
    switch value {
    case .object(let members):
        .object(JSONObject(members.map { ($0.key, sorted($0.value)) }.sorted { $0.0 < $1.0 }))
    case .array(let elements): .array(elements.map(sorted))
    default: value
    }
}

/// A built-in type by its kind.
func builtIn(_ groupVersion: GroupVersion, _ kind: String) throws -> SchemaType {
    try #require(Schema.builtIn.type(groupVersion, kind: kind))
}
