import JSON

/// The place of a field as its user wrote it: `spec.containers[0].ports[name]`.
package struct FieldPath: Sendable, Hashable, CustomStringConvertible {
    package let description: String

    package init(_ text: String = "") { description = text }

    /// The member of that name.
    package subscript(_ name: String) -> FieldPath {
        FieldPath(description.isEmpty ? name : "\(description).\(name)")
    }
    /// The element at that place.
    package subscript(_ index: Int) -> FieldPath { FieldPath("\(description)[\(index)]") }
    /// The entry of a map.
    package subscript(key key: String) -> FieldPath { FieldPath("\(description)[\(key)]") }
}

/// One fault of an object (`field.Error` of apimachinery); texts equal the original's.
package struct FieldError: Sendable, Equatable, CustomStringConvertible {
    /// `raw` is what `causes[].reason` holds; `words` begin the sentence.
    package enum Reason: String, Sendable {
        case required = "FieldValueRequired"
        case duplicate = "FieldValueDuplicate"
        case invalid = "FieldValueInvalid"
        case notSupported = "FieldValueNotSupported"
        case notFound = "FieldValueNotFound"
        case forbidden = "FieldValueForbidden"
        case tooLong = "FieldValueTooLong"
        case tooMany = "FieldValueTooMany"
        case typeInvalid = "FieldValueTypeInvalid"
        case internalError = "InternalError"

        var words: String {
            switch self {
            case .required: "Required value"
            case .duplicate: "Duplicate value"
            case .invalid, .typeInvalid: "Invalid value"
            case .notSupported: "Unsupported value"
            case .notFound: "Not found"
            case .forbidden: "Forbidden"
            case .tooLong: "Too long"
            case .tooMany: "Too many"
            case .internalError: "Internal error"
            }
        }
    }

    package let reason: Reason
    package let path: FieldPath
    /// The value at fault, as Go prints it; nil where the sentence has none (required, forbidden, too long, internal).
    package let value: String?
    package let detail: String

    package init(_ reason: Reason, _ path: FieldPath, value: String? = nil, _ detail: String = "") {
        self.reason = reason
        self.path = path
        self.value = value
        self.detail = detail
    }

    /// The sentence without the path: `causes[].message`.
    package var message: String {
        var text = reason.words
        if let value { text += ": \(value)" }
        if !detail.isEmpty { text += ": \(detail)" }
        return text
    }

    package var description: String { "\(path): \(message)" }

    package static func required(_ path: FieldPath, _ detail: String = "") -> FieldError {
        FieldError(.required, path, detail)
    }
    package static func invalid(_ path: FieldPath, _ value: JSON, _ detail: String) -> FieldError {
        FieldError(.invalid, path, value: goText(value), detail)
    }
    package static func duplicate(_ path: FieldPath, _ value: JSON) -> FieldError {
        FieldError(.duplicate, path, value: goText(value))
    }
    package static func notFound(_ path: FieldPath, _ value: JSON) -> FieldError {
        FieldError(.notFound, path, value: goText(value))
    }
    package static func forbidden(_ path: FieldPath, _ detail: String) -> FieldError {
        FieldError(.forbidden, path, detail)
    }
    /// - Parameter supported: sorted here, as the original does.
    package static func notSupported(_ path: FieldPath, _ value: JSON, _ supported: [String]) -> FieldError {
        let list = supported.sorted().map { "\"\($0)\"" }.joined(separator: ", ")
        return FieldError(.notSupported, path, value: goText(value), list.isEmpty ? "" : "supported values: \(list)")
    }
    /// - Parameter supported: told in this order, as the original does where it holds a list and no set.
    package static func notSupported(_ path: FieldPath, _ value: JSON, inOrder supported: [String]) -> FieldError {
        let list = supported.map { "\"\($0)\"" }.joined(separator: ", ")
        return FieldError(.notSupported, path, value: goText(value), "supported values: \(list)")
    }
    package static func tooLong(_ path: FieldPath, maxLength: Int) -> FieldError {
        FieldError(.tooLong, path, "may not be more than \(maxLength) bytes")
    }
    package static func tooMany(_ path: FieldPath, _ count: Int, max: Int) -> FieldError {
        FieldError(.tooMany, path, value: "\(count)", "must have at most \(max) item\(max == 1 ? "" : "s")")
    }

    /// A value as `%#v`-like text of the original: strings quoted, numbers and booleans bare, the rest as JSON.
    private static func goText(_ value: JSON) -> String {
        if case .string(let text) = value { return GoText.quoted(text) }
        return value.isNull ? "null" : value.text
    }
}
