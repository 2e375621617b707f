import JSON

/// A value's fault against its schema, as kube-openapi's validator tells it; turned into a `FieldError` at the end.
struct SchemaFault {
    enum Kind {
        case required
        case notOneOf([JSON])
        case tooLong(Int64)
        case tooMany(Int, most: Int64)
        /// The value has the wrong type; `value` is then the type's name.
        case type
        case other
        /// Of no field in particular (`oneOf` and its kind, numbers out of their type's range).
        case unplaced
    }

    let kind: Kind
    /// The path in the validator's own notation, which may begin with a dot.
    let name: String
    /// Nil: shown as "".
    let value: JSON?
    /// The sentence; empty where the kind makes its own.
    let message: String

    init(_ kind: Kind, _ name: String, _ value: JSON?, _ message: String = "") {
        self.kind = kind
        self.name = name
        self.value = value
        self.message = message
    }

    static func unplaced(_ message: String) -> SchemaFault { SchemaFault(.unplaced, "", nil, message) }

    static func type(_ path: String, _ expected: String, found: String) -> SchemaFault {
        SchemaFault(
            .type, path, .string(found), "\(path) in body must be of type \(expected): \(GoText.quoted(found))")
    }

    /// What makes two faults one: the validator's own sentence.
    var identity: String {
        switch kind {
        case .required: "\(name) is required"
        case .notOneOf(let values): "\(name) should be one of \(JSON.array(values).text)"
        case .tooLong(let most): "\(name) should be at most \(most) chars long"
        case .tooMany(_, let most): "\(name) should have at most \(most) items"
        case .type, .other, .unplaced: message
        }
    }

    func error(under root: FieldPath) -> FieldError {
        let place = name.hasPrefix(".") ? String(name.dropFirst()) : name
        let path = place.isEmpty ? root : root.child(place)
        switch kind {
        case .required: return .required(path)
        case .notOneOf(let values):
            return .notOneOf(path, value ?? .null, values.map { $0.string ?? GoValue.marshalled($0) })
        case .tooLong(let most):
            return FieldError(.tooLong, path, "may not be more than \(most) byte\(most == 1 ? "" : "s")")
        case .tooMany(let count, let most): return .tooMany(path, count, max: Int(most))
        case .type: return .of(.typeInvalid, path, value ?? "", message)
        case .other: return .of(.invalid, path, value ?? "", message)
        case .unplaced: return .of(.invalid, root, "", message)
        }
    }
}

/// What one schema says of one value.
struct SchemaResult {
    var faults: [SchemaFault] = []
    /// Checks passed on the way: of several alternatives that fail, the one with most is told of.
    var matches = 0

    mutating func merge(_ other: SchemaResult) {
        faults += other.faults
        matches += other.matches
    }
}
