import JSON

@testable import KubeModel

/// Objects of a type with every field set, to a few levels below the top.
enum SampleObjects {
    static func object(_ type: SchemaType, kind: GroupVersionKind? = nil) -> JSON {
        var object = value(type, "object", depth: 0)
        if let kind, type.field("kind") != nil {
            object["apiVersion"] = .string(kind.groupVersion.description)
            object["kind"] = .string(kind.kind)
        }
        return object
    }

    /// - Parameter depth: of the value; from ten on nothing more is set, as types may hold themselves.
    private static func value(_ type: SchemaType, _ name: String, depth: Int) -> JSON {
        switch type.shape {
        case .object(let fields):
            if depth > 9 { return StructuralDecoder.zero(of: type) }
            // Objects inside of others have their kind on no wire but JSON's.
            let isInside = depth > 0 && fields.contains { $0.name == "kind" && $0.protobufNumber == 0 }
            let some = fields.filter { !isInside || ($0.name != "kind" && $0.name != "apiVersion") }
            return .object(JSONObject(some.map { ($0.name, value($0.type, $0.name, depth: depth + 1)) }))
        case .map(let element): return ["\(name)Key": value(element, name, depth: depth + 1)]
        case .list(let element, _): return [value(element, name, depth: depth + 1)]
        case .string(.plain): return .string("\(name)Value")
        case .string(.byte): return "AAEC/w=="
        case .string(.dateTime): return "2026-01-02T03:04:05Z"
        case .string(.microTime): return "2026-01-02T03:04:05.123456Z"
        case .string(.duration): return "1h0m0s"
        case .integer(let bits): return bits == 32 ? -7 : 5_000_000_000
        case .number: return 2.5
        case .boolean: return true
        case .intOrString: return depth % 2 == 0 ? 80 : "http"
        case .quantity: return "1500m"
        case .any:
            if type.name.hasSuffix("OrBool") { return false }
            if type.name.hasSuffix("OrArray") { return [["type": "string"]] }
            return type.name.hasSuffix("OrStringArray") ? ["a", "b"] : ["open": [1, "two"]]
        }
    }
}
