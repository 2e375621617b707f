import CommandLine
import Fault
import JSON
import KubeClient
import KubeModel

/// What is told as `error: …`, and the exit code.
struct Refusal: Error, CustomStringConvertible {
    let description: String
    let exitCode: Int32

    init(_ description: String, exitCode: Int32 = 1) {
        self.description = description
        self.exitCode = exitCode
    }
}

/// Ends the program with this code, without a word.
struct Exit: Error {
    let code: Int32
    init(_ code: Int32) { self.code = code }
}

/// Text for standard error as it is.
struct PlainRefusal: Error {
    let text: String
    var exitCode: Int32 = 1
}

/// Several things that went wrong; each is told on its own.
struct Failures: Error {
    let errors: [any Error]

    /// Throws them, one alone as it is; nothing when there are none.
    static func throwing(_ errors: [any Error]) throws {
        if errors.count == 1 { throw errors[0] }
        if !errors.isEmpty { throw Failures(errors: errors) }
    }
}

/// An error of the server about an object that came from a file: `error when creating "x.yaml": …`.
struct SourcedFailure: Error {
    let doing: String
    let source: String
    let error: any Error
}

extension Session {
    /// Puts the file's name in front of what goes wrong with its objects.
    static func sourced<T>(_ doing: String, _ source: String, _ work: () async throws -> T) async throws -> T {
        do { return try await work() } catch let error as APIStatus where !source.isEmpty {
            throw SourcedFailure(doing: doing, source: source, error: error)
        }
    }
}

/// Errors in kubectl's words.
enum ErrorText {
    /// What goes to standard error, with its line end.
    static func of(_ error: any Error) -> String {
        switch error {
        case let failures as Failures:
            return failures.errors.map { line(message($0)) }.joined()
        case let status as APIStatus where status.reason == "Invalid": return invalid(status, prefix: "")
        case let sourced as SourcedFailure:
            if let status = sourced.error as? APIStatus, status.reason == "Invalid", status.details.isNull {
                return "The request is invalid: \(status.message)\n"
            }
            if let status = sourced.error as? APIStatus, status.reason == "Invalid" {
                return invalid(status, prefix: "")
            }
            return line(message(error))
        default: return line(message(error))
        }
    }

    private static func line(_ text: String) -> String { text.hasSuffix("\n") ? text : text + "\n" }

    static func message(_ error: any Error) -> String {
        switch error {
        case let status as APIStatus: return server(status)
        case let sourced as SourcedFailure:
            guard let status = sourced.error as? APIStatus else { return message(sourced.error) }
            var told = status
            told.message = "error when \(sourced.doing) \(sourced.source.quoted): \(status.message)"
            return server(told)
        case let failure as ConnectionFailure: return failure.description
        case let refusal as Refusal: return prefixed(refusal.description)
        case let wrong as WrongConfiguration: return "Error in configuration: \(wrong.description)"
        case let plain as PlainRefusal: return plain.text
        case is CancellationError: return prefixed("interrupted")
        default: return prefixed(sentence(error))
        }
    }

    private static func prefixed(_ text: String) -> String { text.hasPrefix("error: ") ? text : "error: \(text)" }

    private static func server(_ status: APIStatus) -> String {
        if status.code == 0, status.reason.isEmpty, status.details.isNull { return prefixed(status.message) }
        if status.reason == "Unauthorized" {
            return "error: You must be logged in to the server (\(status.message))"
        }
        return status.reason.isEmpty
            ? "Error from server: \(status.message)" : "Error from server (\(status.reason)): \(status.message)"
    }

    /// Faults of fields: one behind the object's name, several on lines of their own.
    private static func invalid(_ status: APIStatus, prefix: String) -> String {
        let details = status.details
        guard !details.isNull else {
            return "The request is invalid" + (status.message.isEmpty ? "" : ": \(status.message)") + "\n"
        }
        let kind = details["kind"].string ?? "", name = details["name"].string ?? ""
        let causes = details["causes"].array ?? []
        var head = "The request is invalid"
        if !kind.isEmpty || !name.isEmpty {
            head = "The \(kind) \(name.quoted) is invalid"
        } else if !status.message.isEmpty, causes.isEmpty {
            head += ": \(status.message)"
        }
        var lines: [String] = []
        for cause in causes {
            let text = "\(cause["field"].string ?? ""): \(cause["message"].string ?? "")"
            if !lines.contains(text) { lines.append(text) }
        }
        switch lines.count {
        case 0: return head + "\n"
        case 1: return "\(head): \(lines[0])\n"
        default: return "\(head): \n" + lines.map { "* \($0)\n" }.joined()
        }
    }

    static func exitCode(_ error: any Error) -> Int32 {
        if let refusal = error as? Refusal { return refusal.exitCode }
        if let refusal = error as? PlainRefusal { return refusal.exitCode }
        return 1
    }
}
