import Fault
import JSON

/// A program of a build that failed: the client is told its code, too.
package struct StepFailure: Error, CustomStringConvertible {
    /// Its words, by blanks.
    package var program: String
    package var code: Int32

    package var description: String { "The command '\(program)' returned a non-zero code: \(code)" }

    /// The classic stream's last message.
    var json: JSON {
        [
            "errorDetail": ["code": .int(Int64(code)), "message": .string(description)], "error": .string(description),
        ]
    }
}
