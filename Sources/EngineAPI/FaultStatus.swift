import Fault
import JSON
import NIOHTTP1
import Wire

extension HTTPResponseStatus {
    /// The only place where a kind of fault becomes a status.
    init(_ kind: Fault.Kind) {
        switch kind {
        case .notFound: self = .notFound
        case .conflict: self = .conflict
        case .invalid: self = .badRequest
        case .unchanged: self = .notModified
        case .unauthorized: self = .unauthorized
        case .denied: self = .forbidden
        case .notImplemented: self = .notImplemented
        case .unavailable: self = .serviceUnavailable
        case .internalFault: self = .internalServerError
        }
    }

    init(_ error: any Error) {
        if let fault = error as? Fault {
            self.init(fault.kind)
        } else if let problem = error as? HTTPProblem {
            self = HTTPResponseStatus(statusCode: Int(problem.status))
        } else {
            self = .internalServerError
        }
    }
}

/// How an error travels inside a progress stream whose head is already out.
func streamedError(_ error: any Error) -> JSON {
    let text = sentence(error)
    return ["errorDetail": ["message": .string(text)], "error": .string(text)]
}
