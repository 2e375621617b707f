import Fault
import JSON
import NIOHTTP1
import OCI

/// An answer that isn't the one asked for (distribution-spec, "Error Codes").
struct RegistryError: Error, CustomStringConvertible, Equatable {
    let status: UInt
    /// `MANIFEST_UNKNOWN` and so on; nil when the answer had no error document.
    let code: String?
    let message: String
    /// Seconds, from `Retry-After`.
    var retryAfter: Int64?

    /// `manifest unknown: manifest unknown`, as docker/distribution prints a code and its message.
    var description: String {
        guard let code else { return message }
        let words = code.lowercased().split(separator: "_").joined(separator: " ")
        return words == message || message.isEmpty
            ? "\(words): \(message.isEmpty ? words : message)" : "\(words): \(message)"
    }

    /// Worth another attempt: overload and passing faults of the server, never a refusal.
    var isPassing: Bool { status == 429 || status == 408 || (500...599).contains(status) && status != 501 }

    init(status: UInt, code: String?, message: String) {
        self.status = status
        self.code = code
        self.message = message
    }

    init(status: HTTPResponseStatus, headers: HTTPHeaders, body: [UInt8]) {
        var (code, message) = Self.document(body, status: status)
        if status == .unauthorized, let hint = Self.bearerError(in: headers) { (code, message) = hint }
        self.status = status.code
        self.code = code
        self.message = message ?? "received unexpected HTTP status: \(status.code) \(status.reasonPhrase)"
        retryAfter = headers.first(name: "retry-after").flatMap { Int64($0) }.map { max(0, $0) }
    }

    /// The first error of the document, or what the status alone says.
    private static func document(_ body: [UInt8], status: HTTPResponseStatus) -> (code: String?, message: String?) {
        let json = (try? JSON(parsing: body)) ?? .null
        let first = json["errors"][0]
        if let code = first["code"].string, !code.isEmpty {
            return (code, first["message"].string ?? "")
        }
        // The token servers of Docker Hub and of Azure.
        let details = ["details", "detail", "error_description"].compactMap { json[$0].string }.first { !$0.isEmpty }
        switch status {
        case .unauthorized: return ("UNAUTHORIZED", details ?? "authentication required")
        case .forbidden: return ("DENIED", details ?? "requested access to the resource is denied")
        case .tooManyRequests: return ("TOOMANYREQUESTS", details ?? "Too Many Requests")
        default: return (nil, details)
        }
    }

    /// RFC 6750 section 3.1: what a token lacked.
    private static func bearerError(in headers: HTTPHeaders) -> (code: String?, message: String?)? {
        for challenge in Challenge.all(in: headers) where challenge.scheme == "bearer" {
            let words = challenge.parameters["error_description"]
            switch challenge.parameters["error"] {
            case "invalid_token": return ("UNAUTHORIZED", words ?? "authentication required")
            case "insufficient_scope": return ("DENIED", words ?? "requested access to the resource is denied")
            default: continue
            }
        }
        return nil
    }

    /// The sentence and kind that Docker has for a failed pull of this reference.
    func pullFault(_ reference: Reference) -> Fault {
        switch code {
        case "DENIED":
            return Fault(
                .notFound,
                "pull access denied for \(reference.familiarName), repository does not exist or may require "
                    + "'docker login': \(self)", cause: self)
        case "MANIFEST_UNKNOWN":
            return Fault(.notFound, "manifest for \(reference.familiar) not found: \(self)", cause: self)
        case "NAME_UNKNOWN":
            return Fault(.notFound, "repository \(reference.familiarName) not found: \(self)", cause: self)
        default:
            return plainFault(reference)
        }
    }

    /// The sentence for everything but a pull.
    func plainFault(_ reference: Reference) -> Fault {
        switch (status, code) {
        // Not `unauthorized`: it is the registry that refused, not the engine; at a 401 of the engine's the docker
        // client would ask for a password, in scripts too. dockerd answers 500.
        case (_, "UNAUTHORIZED"?): return Fault(.internalFault, "\(self)", cause: self)
        case (_, "DENIED"?): return Fault(.denied, "\(self)", cause: self)
        case (429, _): return Fault(.unavailable, "\(self)", cause: self)
        case (404, _):
            return Fault(.notFound, code == nil ? "\(reference.familiarName): \(self)" : "\(self)", cause: self)
        case (500..., _): return Fault(.unavailable, "\(reference.registry): \(self)", cause: self)
        default: return Fault(.internalFault, "\(self)", cause: self)
        }
    }
}
