import Fault
import JSON

/// A program of a build that failed: the client is told its code, too.
struct StepFailure: Error {
    var message: String
    var code: Int32

    /// The classic stream's last message.
    var json: JSON {
        ["errorDetail": ["code": .int(Int64(code)), "message": .string(message)], "error": .string(message)]
    }
}
