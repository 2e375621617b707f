import JSON

/// Why a tree that a strategic merge patch made is no object of its type, in the words of the original, which doesn't
/// read such a tree as JSON but copies it into its structs (apimachinery `runtime.DefaultUnstructuredConverter`).
package enum StructuralConversion {
    /// The first fault, fields in the order of their declaration; nil when the tree fits.
    package static func fault(in json: JSON, as type: SchemaType) -> String? {
        switch type.shape {
        case _ where json.isNull: return nil
        case .object(let fields):
            guard let members = json.object else { return "cannot restore struct from: \(kind(json))" }
            return first(fields) { field in members[field.name].flatMap { fault(in: $0, as: field.type) } }
        case .map(let element):
            guard let members = json.object else { return "cannot restore map from \(kind(json))" }
            return first(members.sortedByKey()) { fault(in: $0.value, as: element) }
        case .list(let element, _):
            guard let elements = json.array else { return "cannot restore slice from \(kind(json))" }
            return first(elements) { fault(in: $0, as: element) }
        case .string(.byte) where json.string == nil: return "cannot restore slice from \(kind(json))"
        case .string(.plain): return plain(json, "string", as: type, number: json.isInteger)
        case .integer(let bits): return plain(json, "int\(bits)", as: type, number: true)
        case .number: return plain(json, "float64", as: type, number: true)
        case .boolean: return plain(json, "bool", as: type, number: false)
        case .string(.byte): return ownDecoder(json, type).map { "error decoding from json: \($0)" }
        case .string, .intOrString, .quantity: return ownDecoder(json, type)
        case .any: return nil
        }
    }

    private static func first<Part>(_ parts: some Sequence<Part>, _ fault: (Part) -> String?) -> String? {
        for part in parts { if let fault = fault(part) { return fault } }
        return nil
    }

    /// - Parameter number: whether Go has a conversion from the value's number to the type, allowed or not.
    private static func plain(_ json: JSON, _ goKind: String, as type: SchemaType, number: Bool) -> String? {
        switch (type.shape, json) {
        case (.string, .string), (.integer, .int), (.number, .int), (.number, .number), (.boolean, .bool): return nil
        case (.integer, .number) where json.int != nil: return nil
        case (_, .int) where number, (_, .number) where number:
            return "cannot convert \(kind(json)) to \(type.goName)"
        default: return "unrecognized type: \(goKind)"
        }
    }

    /// Types with a decoder of their own are read as JSON here too.
    private static func ownDecoder(_ json: JSON, _ type: SchemaType) -> String? {
        do throws(DecodingError) {
            _ = try StructuralDecoder.decode(json, as: type)
            return nil
        } catch {
            return error.description
        }
    }

    /// What Go calls the sort of a decoded value.
    private static func kind(_ json: JSON) -> String {
        switch json {
        case .null: "invalid"
        case .bool: "bool"
        case .int: "int64"
        case .number: "float64"
        case .string: "string"
        case .array: "slice"
        case .object: "map"
        }
    }
}

extension JSON {
    fileprivate var isInteger: Bool { if case .int = self { true } else { false } }
}
