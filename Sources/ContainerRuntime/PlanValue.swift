import Fault
import JSON

/// A value of a runtime-spec document with the path that led to it, so that a wrong one is named as its author wrote
/// it: "linux.resources.memory.limit must be a whole number". Missing members and null are the same: nil.
struct PlanValue {
    let json: JSON
    let path: String

    init(_ json: JSON, path: String = "") {
        self.json = json
        self.path = path
    }

    subscript(key: String) -> PlanValue { PlanValue(json[key], path: path.isEmpty ? key : "\(path).\(key)") }

    var isPresent: Bool { !json.isNull }

    func fault(_ text: String) -> Fault { Fault(.invalid, "\(path.isEmpty ? "the specification" : path) \(text)") }

    func string() throws(Fault) -> String? {
        if json.isNull { return nil }
        guard let text = json.string else { throw fault("must be a string") }
        guard !text.utf8.contains(0) else { throw fault("must not hold a zero byte") }
        return text
    }

    func requiredString() throws(Fault) -> String {
        guard let text = try string(), !text.isEmpty else { throw fault("is missing or empty") }
        return text
    }

    func bool() throws(Fault) -> Bool? {
        if json.isNull { return nil }
        guard let value = json.bool else { throw fault("must be true or false") }
        return value
    }

    func number<N: FixedWidthInteger>(_ type: N.Type = N.self) throws(Fault) -> N? {
        let value: N?
        switch json {
        case .null: return nil
        case .int(let whole): value = N(exactly: whole)
        case .number(let text): value = N(text) ?? json.int.flatMap { N(exactly: $0) }
        default: throw fault("must be a whole number")
        }
        guard let value else { throw fault("must be a whole number from \(N.min) to \(N.max)") }
        return value
    }

    func list() throws(Fault) -> [PlanValue] {
        if json.isNull { return [] }
        guard let elements = json.array else { throw fault("must be a list") }
        return elements.enumerated().map { PlanValue($1, path: "\(path)[\($0)]") }
    }

    func strings() throws(Fault) -> [String] {
        var result: [String] = []
        for element in try list() {
            guard let text = try element.string() else { throw element.fault("must be a string") }
            result.append(text)
        }
        return result
    }

    /// The members in the order in which they came.
    func members() throws(Fault) -> [(key: String, value: PlanValue)] {
        if json.isNull { return [] }
        guard let members = json.object else { throw fault("must be an object") }
        return members.map { ($0.key, self[$0.key]) }
    }

    func object() throws(Fault) -> PlanValue {
        if !json.isNull && json.object == nil { throw fault("must be an object") }
        return self
    }
}
