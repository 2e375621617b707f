import JSON

/// Why a document is no object of its kind, in the words of the original's decoder: mostly those of Go's JSON package.
package struct DecodingError: Error, Equatable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// What a strict decoder objects to, without it being an error: unknown and duplicate fields.
package struct StrictErrors: Sendable, Equatable {
    /// Sentences that are kept. The original keeps as many of each document.
    static let maximum = 100

    package private(set) var messages: [String] = []
    private var seen: Set<String> = []

    package init() {}

    package var isEmpty: Bool { messages.isEmpty }

    /// `unknown field "spec.foo"`.
    mutating func unknown(_ path: String) { add("unknown field \(GoText.quoted(path))") }

    /// `duplicate field "spec.foo"`.
    mutating func duplicate(_ path: String) { add("duplicate field \(GoText.quoted(path))") }

    /// All of them: for objects whose members no type names (custom resources).
    package mutating func add(_ duplicates: [JSON.Duplicate]) {
        for one in duplicates { duplicate(one.object.isEmpty ? one.name : "\(one.object).\(one.name)") }
    }

    /// Each sentence once.
    package mutating func add(_ message: String) {
        guard messages.count < StrictErrors.maximum, seen.insert(message).inserted else { return }
        messages.append(message)
    }

    /// As one sentence: `strict decoding error: unknown field "a", duplicate field "b"`.
    package var sentence: String { "strict decoding error: " + messages.joined(separator: ", ") }

    package static func == (a: StrictErrors, b: StrictErrors) -> Bool { a.messages == b.messages }
}
