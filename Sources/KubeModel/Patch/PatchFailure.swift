import JSON

/// The answers to a patch that can't be applied, which all three forms of patch share.
package enum PatchFailure {
    /// What a 422 answer says whatever the cause was; the original keeps the cause to itself.
    static let unprocessable = APIStatus(
        code: 422, reason: "Invalid", message: "the server rejected our request due to an error in our request",
        details: [:])

    /// An error without a status of its own.
    package static func unknown(_ message: String) -> APIStatus { APIStatus(code: 500, reason: "", message: message) }

    static func tooLarge(_ message: String) -> APIStatus {
        APIStatus(code: 413, reason: "RequestEntityTooLarge", message: "Request entity too large: \(message)")
    }

    /// A body of the wrong type.
    static func decoding(_ json: JSON, into type: String) -> APIStatus {
        .badRequest("error decoding patch: json: cannot unmarshal \(GoText.kind(json)) into Go value of type \(type)")
    }
}
