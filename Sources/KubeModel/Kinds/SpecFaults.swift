import JSON

/// Faults that the specs of many kinds share.
enum SpecFaults {
    static let isNegative = "must be greater than or equal to 0"
    static let isImmutable = "field is immutable"

    /// Each of the members that is a number below zero.
    static func negative(_ object: JSON, _ path: FieldPath, _ members: String...) -> [FieldError] {
        members.compactMap { name in
            guard let value = object[name].int, value < 0 else { return nil }
            return .invalid(path[name], object[name], isNegative)
        }
    }

    /// The value has been changed (`ValidateImmutableField`).
    static func changed(_ new: JSON, _ old: JSON, _ path: FieldPath) -> [FieldError] {
        SemanticEquality.equal(new, old) ? [] : [invalid(path, new, isImmutable)]
    }

    /// The same of a struct of the original without names for JSON.
    /// - Parameter type: its name in v1, behind `io.k8s.api.`.
    static func changedStruct(_ new: JSON, _ old: JSON, _ path: FieldPath, _ type: String) -> [FieldError] {
        changed(new, old, path) { GoForm.of($0, type) }
    }

    /// The same, with the struct's form.
    static func changed(_ new: JSON, _ old: JSON, _ path: FieldPath, as form: (JSON) -> JSON) -> [FieldError] {
        SemanticEquality.equal(new, old) ? [] : [invalid(path, internalForm: form(new), isImmutable)]
    }

    /// Each of the members that has been changed.
    static func changed(_ new: JSON, _ old: JSON, _ path: FieldPath, _ members: String...) -> [FieldError] {
        members.flatMap { changed(new[$0], old[$0], path[$0]) }
    }

    /// One fault for each of the texts that a check of `Names` gave for the value.
    static func named(_ path: FieldPath, _ value: String, _ texts: [String]) -> [FieldError] {
        texts.map { .invalid(path, .string(value), $0) }
    }

    /// The member must be there; "" counts as missing.
    static func missing(_ object: JSON, _ path: FieldPath, _ member: String, _ detail: String = "") -> [FieldError] {
        object.text(member).isEmpty ? [.required(path[member], detail)] : []
    }

    /// The member's text isn't one of a set; a member that is missing or null passes.
    static func unsupported(_ object: JSON, _ path: FieldPath, _ member: String, _ supported: [String]) -> [FieldError]
    {
        guard object.has(member), !supported.contains(object.text(member)) else { return [] }
        return [notSupported(path[member], object[member], supported)]
    }

    /// As above, for a member that must be there.
    static func missingOrUnsupported(_ object: JSON, _ path: FieldPath, _ member: String, _ supported: [String])
        -> [FieldError]
    {
        let missing = missing(object, path, member)
        return missing.isEmpty ? unsupported(object, path, member, supported) : missing
    }

    /// A member that must be there and be of a form that a check of `Names` knows.
    static func missingOrMisnamed(
        _ object: JSON, _ path: FieldPath, _ member: String, _ detail: String = "", check: (String) -> [String]
    ) -> [FieldError] {
        let text = object.text(member)
        return text.isEmpty ? [.required(path[member], detail)] : named(path[member], text, check(text))
    }

    /// A member that must be of the form when it isn't "".
    static func misnamed(_ object: JSON, _ path: FieldPath, _ member: String, check: (String) -> [String])
        -> [FieldError]
    {
        let text = object.text(member)
        return text.isEmpty ? [] : named(path[member], text, check(text))
    }

    /// Supported values in the order given, as the original lists them.
    static func notSupported(_ path: FieldPath, _ value: JSON, _ supported: [String]) -> FieldError {
        let list = supported.map { "\"\($0)\"" }.joined(separator: ", ")
        return FieldError(.notSupported, path, value: shown(value), "supported values: \(list)")
    }

    /// A fault whose value may be a map or a struct: with members sorted, as the original's encoder writes maps.
    static func invalid(_ path: FieldPath, _ value: JSON, _ detail: String) -> FieldError {
        FieldError(.invalid, path, value: shown(value), detail)
    }

    /// A fault without its value (`OmitValueType`).
    static func invalid(_ path: FieldPath, _ detail: String) -> FieldError {
        FieldError(.invalid, path, detail)
    }

    /// A fault whose value is a struct of the original without names for JSON: Go writes its own names, in their order.
    static func invalid(_ path: FieldPath, internalForm value: JSON, _ detail: String) -> FieldError {
        FieldError(.invalid, path, value: value.text, detail)
    }

    /// As above, for a member that says which sort a struct is: `{"Type":"Odd","RollingUpdate":null}`.
    static func unknownStrategy(_ path: FieldPath, _ strategy: JSON, _ supported: [String]) -> FieldError {
        let list = supported.map { "\"\($0)\"" }.joined(separator: ", ")
        let rolling = strategy["rollingUpdate"]
        func amount(_ member: String) -> JSON { rolling.has(member) ? rolling[member] : 0 }
        let form: JSON = [
            "Type": .string(strategy.text("type")),
            "RollingUpdate": rolling.isNull
                ? .null : ["MaxUnavailable": amount("maxUnavailable"), "MaxSurge": amount("maxSurge")],
        ]
        return FieldError(.notSupported, path, value: form.text, "supported values: \(list)")
    }

    static func duplicate(_ path: FieldPath, _ value: String) -> FieldError { .duplicate(path, .string(value)) }

    /// The indices of texts that were there before.
    static func repeated(_ texts: [String]) -> [Int] {
        var seen: Set<String> = []
        return texts.indices.filter { !seen.insert(texts[$0]).inserted }
    }

    private static func shown(_ value: JSON) -> String {
        if case .string(let text) = value { return GoText.quoted(text) }
        return String(decoding: sorted(value).bytes(escapeHTML: true), as: UTF8.self)
    }

    /// A label selector is a struct, whose labels come first; all others are in the alphabet's order either way.
    private static func ordered(_ members: JSONObject) -> [(key: String, value: JSON)] {
        let sorted = members.sortedByKey().map { (key: $0.key, value: $0.value) }
        return sorted.map(\.key) == ["matchExpressions", "matchLabels"] ? sorted.reversed() : sorted
    }

    private static func sorted(_ value: JSON) -> JSON {
        switch value {
        case .object(let members):
            .object(JSONObject(ordered(members).map { ($0.key, sorted($0.value)) }))
        case .array(let elements): .array(elements.map(sorted))
        default: value
        }
    }
}
