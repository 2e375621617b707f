import BuildProtocol
import Builder
import Dockerfile
import Fault
import JSON
import OCI
import Wire

/// What went wrong in a build, in BuildKit's words and with what its clients show of the Dockerfile.
enum Failure {
    private static func plain(_ error: any Error) -> String { (error as? Fault)?.message ?? "\(error)" }

    static let cacheKey = "failed to compute cache key: "

    /// Without the place.
    static func sentence(of error: any Error) -> String {
        switch error {
        case let error as StepError: return sentence(of: error.error)
        case let error as StepFailure:
            return "process \(JSON(error.program).text) did not complete successfully: exit code: \(error.code)"
        case let error as SourceMissing:
            let path = error.path.hasPrefix("/") ? error.path : "/" + error.path
            return cacheKey + "failed to calculate checksum: \(JSON(path).text): not found"
        case let error as ImageMissing:
            return "\(error.name): failed to resolve source metadata for \(error.reference.canonical): "
                + plain(error.error)
        case let error as GRPCStatus: return error.message
        default: return plain(error)
        }
    }

    /// - Parameter place: of the Dockerfile's whole text, where lines are named.
    static func status(_ error: any Error, file: String, text: String, vertex: (BuildStep) -> String?) -> GRPCStatus {
        if let status = error as? GRPCStatus { return status }
        if error is CancellationError { return GRPCStatus(.cancelled, "context canceled") }
        var status = GRPCStatus(.unknown, sentence(of: error))
        if let step = (error as? StepError)?.step {
            if let digest = vertex(step) {
                status.details.append(detail("Vertex", ["digest": .string(digest)]))
            }
            let place = SourcePlace(file: file, text: text, lines: step.instruction.lines)
            status.details.append(detail("Source", place.json))
        } else if let line = line(in: status.message) {
            status.details.append(detail("Source", SourcePlace(file: file, text: text, lines: line...line).json))
        }
        return status
    }

    private static func detail(_ name: String, _ value: JSON) -> GRPCStatus.Detail {
        GRPCStatus.Detail(type: "github.com/moby/buildkit/errdefs.\(name)+json", value: value.bytes())
    }

    /// The line that the parser names.
    static func line(in message: String) -> Int? {
        let mark = "dockerfile parse error on line "
        guard message.hasPrefix(mark) else { return nil }
        return Int(message.dropFirst(mark.count).prefix { $0.isNumber })
    }
}

extension String {
    func withoutPrefix(_ prefix: String) -> String { hasPrefix(prefix) ? String(dropFirst(prefix.count)) : self }
}
