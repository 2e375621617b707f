/// Where something stands in a file.
package struct Place: Sendable, Hashable {
    /// The file as it is to be shown.
    package var file: String
    /// Counted from 1; 0: the file as a whole.
    package var line: Int

    package init(file: String, line: Int) {
        self.file = file
        self.line = line
    }

    package var text: String { line > 0 ? "\(file):\(line)" : file }
}

/// What is wrong with a project's files, and where.
package struct ComposeError: Error, Equatable, CustomStringConvertible {
    package let place: Place?
    package let message: String

    package init(_ message: String, at place: Place? = nil) {
        self.message = message
        self.place = place
    }

    package var description: String { place.map { "\($0.text): \(message)" } ?? message }
}
