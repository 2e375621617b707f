/// A Go struct of the pod template: its name and its fields in their order.
struct GoStruct: Sendable {
    struct Field: Sendable {
        let name: String
        /// "" for an embedded struct, whose members stand among those of the struct around it.
        let json: String
        let type: GoType
    }

    let fields: [Field]

    /// By Go's name, `v1.Container`.
    static let all: [String: GoStruct] = parse(GoStructTable.text)

    private static func parse(_ text: String) -> [String: GoStruct] {
        var lines: [String] = []
        for line in text.split(separator: "\n") {
            if line.hasPrefix(" "), !lines.isEmpty {
                lines[lines.count - 1] += " " + line.drop { $0 == " " }
            } else {
                lines.append(String(line))
            }
        }
        var all: [String: GoStruct] = [:]
        for line in lines {
            let halves = line.split(separator: ":", maxSplits: 1)
            guard halves.count == 2 else { continue }
            all["v1.\(halves[0])"] = GoStruct(fields: halves[1].split(separator: ",").map { field($0) })
        }
        return all
    }

    private static func field(_ text: Substring) -> Field {
        let words = text.split(separator: " ")
        let names = (words.first ?? "").split(separator: "/")
        let name = String(names.first ?? "")
        let json =
            names.count > 1 ? (names[1] == "-" ? "" : String(names[1])) : name.prefix(1).lowercased() + name.dropFirst()
        return Field(name: name, json: json, type: GoType(words.count > 1 ? String(words[1]) : "string"))
    }
}

/// A Go type of the pod template.
indirect enum GoType: Sendable {
    case string(String), integer(String), bool(String)
    case pointer(GoType), list(GoType)
    /// Of strings to strings, or to quantities.
    case map(String, of: GoType)
    case structure(String)
    case quantity, time, intOrString

    init(_ name: String) {
        if name.hasPrefix("*") {
            self = .pointer(GoType(String(name.dropFirst())))
        } else if name.hasPrefix("[]") {
            self = .list(GoType(String(name.dropFirst(2))))
        } else {
            self =
                switch name {
                case "int32", "int64": .integer(name)
                case "bool": .bool(name)
                case "map[string]string": .map(name, of: .string("string"))
                case "v1.ResourceList": .map(name, of: .quantity)
                case "resource.Quantity": .quantity
                case "v1.Time": .time
                case "intstr.IntOrString": .intOrString
                default: GoStructTable.names.contains(name) ? .structure(name) : .string(name)
                }
        }
    }

    /// As Go prints it.
    var name: String {
        switch self {
        case .string(let name), .integer(let name), .bool(let name), .map(let name, _), .structure(let name): name
        case .pointer(let type): "*" + type.name
        case .list(let type): "[]" + type.name
        case .quantity: "resource.Quantity"
        case .time: "v1.Time"
        case .intOrString: "intstr.IntOrString"
        }
    }
}

extension GoStructTable {
    /// Names of all structs in the table.
    static let names: Set<String> = Set(
        text.split(separator: "\n").compactMap { line in
            line.hasPrefix(" ") ? nil : line.split(separator: ":").first.map { "v1.\($0)" }
        })
}
