import CommandLine
import JSON

/// Normal forms as the original prints them.
enum Rendering {
    /// Without extensions, fields under the names that the original's JSON has.
    static func json(_ value: JSON, _ shape: Shape) -> JSON {
        switch value {
        case .array(let elements):
            guard let element = elementShape(shape) else { return value }
            return .array(elements.map { json($0, element) })
        case .object(let members):
            guard let object = NormalForm.objectShape(shape) else { return value }
            var out = JSONObject()
            for (key, member) in members {
                if let field = object.fields.first(where: { $0.name == key }) {
                    out[field.printed] = field.form == .same ? json(member, field.shape) : member
                } else if let each = object.members {
                    out[key] = json(member, each)
                } else if !key.hasPrefix("x-") || object.isOpen {
                    out[key] = member
                }
            }
            return .object(out)
        default: return value
        }
    }

    /// Without what says nothing; with extensions.
    static func yaml(_ value: JSON, _ shape: Shape) -> JSON {
        switch value {
        case .array(let elements):
            guard let element = elementShape(shape) else { return value }
            return .array(elements.map { yaml($0, element) })
        case .object(let members):
            guard let object = NormalForm.objectShape(shape) else { return value }
            var out = JSONObject()
            for (key, member) in members {
                if let field = object.fields.first(where: { $0.name == key }) {
                    let inner = field.form == .same ? yaml(member, field.shape) : member
                    if field.empty == .always, field.form != .boolean, isNothing(inner) { continue }
                    out[key] = inner
                } else {
                    out[key] = object.members.map { yaml(member, $0) } ?? member
                }
            }
            return .object(out)
        default: return value
        }
    }

    private static func isNothing(_ value: JSON) -> Bool { value.isNull || value.object?.isEmpty == true }

    private static func elementShape(_ shape: Shape) -> Shape? {
        switch shape {
        case .list(let element, _): element
        case .oneOf(let all): all.lazy.compactMap { elementShape($0) }.first
        default: nil
        }
    }

    /// JSON as Go's encoder writes it: these three characters are escaped.
    static func goText(_ value: JSON) -> String { String(decoding: value.bytes(escapeHTML: true), as: UTF8.self) }
}
