import JSON

/// Why a text is no YAML, or none that means JSON; the sentences of go-yaml v2.
package struct YAMLError: Error, Equatable, CustomStringConvertible {
    package let description: String

    init(_ what: String) { description = "yaml: \(what)" }
}

/// YAML as the original reads and writes it: the JSON that a document means.
package enum YAML {
    /// What a stream means.
    package struct Document: Sendable {
        /// Members in the order of their names.
        package let value: JSON
        /// What a strict reader objects to: keys that are set twice; nil: nothing.
        package let duplicates: YAMLError?
    }

    /// The first document of a stream; null for one without documents. What follows it isn't looked at.
    package static func parse(_ bytes: [UInt8]) throws(YAMLError) -> Document {
        try YAMLReader(bytes).next() ?? Document(value: .null, duplicates: nil)
    }

    /// Every document of a stream, empty ones included.
    /// - Parameter limit: documents; a stream with more is refused.
    package static func documents(_ bytes: [UInt8], limit: Int = 10_000) throws(YAMLError) -> [Document] {
        let reader = YAMLReader(bytes)
        var documents: [Document] = []
        while let next = try reader.next() {
            guard documents.count < limit else { throw YAMLError("stream of more than \(limit) documents") }
            documents.append(next)
        }
        return documents
    }

    /// One document, with a line end, without a separator.
    package static func write(_ value: JSON) -> [UInt8] {
        let writer = YAMLWriter()
        return writer.document(value)
    }
}
