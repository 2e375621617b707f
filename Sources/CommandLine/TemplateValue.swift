import JSON

/// What a template's expressions evaluate to.
package indirect enum TemplateValue: Sendable {
    /// Go's "no value": a missing map entry, or an action without a result.
    case missing
    case json(JSON)
    /// A list or map that isn't there, empty to templates and null as JSON, as Go's nil ones are.
    case absent(JSON)
    /// A map of a Docker type, which answers keys that it lacks with the zero value of its type.
    case typedMap(JSONObject)
    /// An object with named fields and methods of its own, such as a row of a table.
    case record(TemplateRecord)
    case list([TemplateValue])
    /// A map that answers every key it doesn't have with nothing, as a table's header row does.
    case map([String: TemplateValue])

    package static func text(_ text: String) -> TemplateValue { .json(.string(text)) }
    package static func int(_ value: Int) -> TemplateValue { .json(.int(Int64(value))) }
    package static func bool(_ value: Bool) -> TemplateValue { .json(.bool(value)) }
}

/// Named values that a template reaches with `.Name`, some of which take arguments.
package struct TemplateRecord: Sendable {
    /// The type's name in messages about fields that it doesn't have.
    package let typeName: String
    /// Nil: there is no such field. The arguments are those of a method call; empty for a field.
    package let field: @Sendable (_ name: String, _ arguments: [TemplateValue]) throws -> TemplateValue?
    /// What `json` prints.
    package let json: @Sendable () -> JSON

    package init(
        typeName: String,
        field: @escaping @Sendable (_ name: String, _ arguments: [TemplateValue]) throws -> TemplateValue?,
        json: @escaping @Sendable () -> JSON
    ) {
        self.typeName = typeName
        self.field = field
        self.json = json
    }
}

extension TemplateValue {
    /// Go's notion of truth: false, 0, nil, and empty texts, lists and maps are false.
    package var isTrue: Bool {
        switch self {
        case .missing, .absent: false
        case .record: true
        case .list(let list): !list.isEmpty
        case .map(let map): !map.isEmpty
        case .typedMap(let members): !members.isEmpty
        case .json(let value):
            switch value {
            case .null: false
            case .bool(let flag): flag
            case .int(let number): number != 0
            case .number: (value.double ?? 0) != 0
            case .string(let text): !text.isEmpty
            case .array(let list): !list.isEmpty
            case .object(let members): !members.isEmpty
            }
        }
    }

    /// The value as JSON, for `json` and for comparing.
    package var asJSON: JSON {
        switch self {
        case .missing, .absent: .null
        case .json(let value): value
        case .typedMap(let members): .object(members)
        case .record(let record): record.json()
        case .list(let list): .array(list.map(\.asJSON))
        case .map(let map): .object(JSONObject(map.sorted { $0.key < $1.key }.map { ($0.key, $0.value.asJSON) }))
        }
    }

    /// The value as a template prints it.
    package var printed: String {
        switch self {
        case .missing: "<no value>"
        case .json(let value), .absent(let value): GoPrint.text(value)
        case .typedMap(let members): GoPrint.text(.object(members))
        case .record(let record): GoPrint.text(record.json())
        case .list(let list): "[" + list.map(\.printed).joined(separator: " ") + "]"
        case .map(let map):
            "map[" + map.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value.printed)" }.joined(separator: " ") + "]"
        }
    }

    /// The type's name in messages, as Go would call it.
    package var typeName: String {
        switch self {
        case .missing: "nil"
        case .absent(let value): TemplateValue.json(value).typeName
        case .record(let record): record.typeName
        case .list: "[]interface {}"
        case .map: "map[string]interface {}"
        case .typedMap: "map[string]string"
        case .json(let value):
            switch value {
            case .null: "nil"
            case .bool: "bool"
            case .int: "int"
            case .number: "float64"
            case .string: "string"
            case .array: "[]interface {}"
            case .object: "map[string]interface {}"
            }
        }
    }
}

/// JSON as Go prints the data that it stands for.
package enum GoPrint {
    /// Members whose value is a map in Docker's types: those print as `map[key:value]` in key order, other objects
    /// as structures, `{value value}`.
    private static let maps: Set<String> = [
        "Labels", "Ports", "PortBindings", "Networks", "Options", "ExposedPorts", "Volumes", "Annotations", "Sysctls",
        "Tmpfs", "Config", "Containers", "Data", "Metadata", "DriverOpts", "StorageOpt", "AuxiliaryAddresses", "Status",
        "IndexConfigs", "Runtimes", "Log", "Attributes", "Endpoints", "UsageData", "GraphDriver",
    ]
    private static let configIsMapUnder: Set<String> = ["LogConfig"]

    /// The value with the members of maps in key order, as Go writes maps; structures keep their order.
    package static func withSortedMaps(_ value: JSON, under key: String = "", parent: String = "") -> JSON {
        switch value {
        case .array(let list): return .array(list.map { withSortedMaps($0, under: "[]", parent: key) })
        case .object(let members):
            let sorted = isMap(key, parent: parent) ? members.sortedByKey() : members
            return .object(JSONObject(sorted.map { ($0.key, withSortedMaps($0.value, under: $0.key, parent: key)) }))
        default: return value
        }
    }

    package static func text(_ value: JSON, under key: String = "", parent: String = "") -> String {
        switch value {
        case .null: return "<nil>"
        case .bool(let flag): return flag ? "true" : "false"
        case .int(let number): return "\(number)"
        case .number(let text): return Double(text).map(GoText.float) ?? text
        case .string(let text): return text
        case .array(let list):
            return "[" + list.map { self.text($0, under: "[]", parent: key) }.joined(separator: " ") + "]"
        case .object(let members):
            if let text = GoStructure.text(members) { return text }
            let isStructure = key != "" && !isMap(key, parent: parent)
            if isStructure {
                return "{" + members.map { text($0.value, under: $0.key, parent: key) }.joined(separator: " ") + "}"
            }
            let sorted = members.sortedByKey().map {
                "\($0.key):\(text($0.value, under: key.isEmpty ? $0.key : "{}", parent: key))"
            }
            return "map[" + sorted.joined(separator: " ") + "]"
        }
    }

    private static func isMap(_ key: String, parent: String) -> Bool {
        if key == "Config" { return configIsMapUnder.contains(parent) }
        return maps.contains(key)
    }
}
