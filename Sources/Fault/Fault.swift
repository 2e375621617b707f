/// The error that people see: a kind for machines, a sentence for people, and what caused it.
///
/// Every module above the kernel throws this one type, so that a kind becomes an HTTP status, and a status an exit
/// code, in one place each. The message names the object, what happened, and what to do, in the reference's words
/// where it has any.
package struct Fault: Error, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        case notFound, conflict, invalid, unchanged, unauthorized, denied, notImplemented, unavailable, internalFault
    }

    package let kind: Kind
    package let message: String
    package let cause: (any Error)?

    package init(_ kind: Kind, _ message: String, cause: (any Error)? = nil) {
        self.kind = kind
        self.message = message
        self.cause = cause
    }

    package var description: String { message }
}

/// The sentence for any error: a fault's own message, another error's description.
package func sentence(_ error: any Error) -> String {
    if let fault = error as? Fault { return fault.message }
    return "\(error)"
}
