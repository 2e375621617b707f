import Fault
import JSON

/// The `filters` query parameter: `{"status":["running"],"label":["a=b"]}`; also the old form with maps
/// (`{"status":{"running":true}}`) that some clients send.
package struct Filters: Sendable, Equatable {
    package private(set) var values: [String: [String]] = [:]

    package init() {}

    /// Throws `invalid` when the text isn't an object of string lists.
    package init(parsing text: String) throws(Fault) {
        guard !text.isEmpty else { return }
        let parsed: JSON
        do { parsed = try JSON(parsing: text) } catch { throw Fault(.invalid, "invalid filter: \(error)") }
        if parsed.isNull { return }
        guard let object = parsed.object else { throw Fault(.invalid, "invalid filter: not an object: \(text)") }
        for (key, value) in object {
            if let list = value.array {
                values[key] = list.compactMap(\.string)
            } else if let map = value.object {
                values[key] = map.filter { $0.value.bool == true }.map(\.key)
            } else {
                throw Fault(.invalid, "invalid filter: '\(key)' is neither a list nor a map")
            }
        }
    }

    package subscript(key: String) -> [String] { values[key] ?? [] }
    package mutating func add(_ key: String, _ value: String) { values[key, default: []].append(value) }
    package var isEmpty: Bool { values.isEmpty }

    /// Throws Docker's `invalid filter 'x'` for a key outside `known`.
    package func check(_ known: Set<String>) throws(Fault) {
        for key in values.keys.sorted() where !known.contains(key) {
            throw Fault(.invalid, "invalid filter '\(key)'")
        }
    }

    /// The query parameter's text.
    package var json: JSON {
        .object(JSONObject(values.sorted { $0.key < $1.key }.map { ($0.key, JSON($0.value)) }))
    }
}
