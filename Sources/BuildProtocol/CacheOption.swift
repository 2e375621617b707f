import Fault
import JSON

/// `--cache-from` or `--cache-to`.
package struct CacheOption: Sendable, Equatable {
    package var type: String
    package var attributes: [String: String]

    package init(type: String, attributes: [String: String]) {
        self.type = type
        self.attributes = attributes
    }

    /// A JSON list of `{"Type":…,"Attrs":{…}}`.
    package static func list(_ text: String) throws(Fault) -> [CacheOption] {
        guard let json = try? JSON(parsing: text), let entries = json.array else {
            throw Fault(.invalid, "failed to unmarshal cache-imports: it is no JSON list")
        }
        return entries.map { entry in
            CacheOption(
                type: entry["Type"].string ?? entry["type"].string ?? "",
                attributes: (entry["Attrs"].object ?? entry["attrs"].object ?? JSONObject()).reduce(into: [:]) {
                    $0[$1.key] = $1.value.string ?? ""
                })
        }
    }

    /// The same list.
    package static func text(_ options: [CacheOption]) -> String {
        JSON.array(
            options.map { option in
                var attributes: JSON = [:]
                for (name, value) in option.attributes.sorted(by: { $0.key < $1.key }) {
                    attributes[name] = .string(value)
                }
                return ["Type": .string(option.type), "Attrs": attributes]
            }
        ).text
    }
}
