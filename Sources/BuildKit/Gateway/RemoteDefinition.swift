import Builder
import CLinux
import Engine
import Linux
import Protobuf
import Wire

/// LLB definitions that do nothing but bring a context from an address (ops.proto): clients look into such a context
/// before they have it built.
enum RemoteDefinition {
    /// Of the results' names.
    static let scheme = "hakobune-remote:"

    /// Throws for any other definition.
    static func address(of definition: ProtobufFields) throws -> String {
        var found: String?
        for operation in try definition.messages(1) {
            guard let source = try operation.message(3) else {
                // Copies out of the one source, and the mark of the end.
                if try operation.message(2) == nil, try operation.message(5) == nil { continue }
                throw refusal
            }
            let identifier = source.text(1), attributes = try source.map(2)
            let fragment = identifier.firstIndex(of: "#").map { String(identifier[$0...]) } ?? ""
            let address = attributes["git.fullurl"].map { $0 + fragment } ?? identifier
            guard found == nil || found == address, Download.isURL(address) || Download.isGit(address) else {
                throw refusal
            }
            found = address
        }
        guard let found else { throw refusal }
        return found
    }

    private static var refusal: GRPCStatus {
        GRPCStatus(.unknown, "builds from other definitions than Dockerfiles are not available here")
    }
}

extension BuildKit {
    /// The files at an address, in the build's own folder.
    func remote(_ address: String, _ dockerfile: String, _ job: Job) -> LoadedOnce<SourceTree> {
        job.remote(address) {
            let work = job.work + "/remote-" + Engine.randomID().prefix(12)
            try kernel("mkdir", work) { mkdir(work, 0o755) }
            return try await BuildContext.fetchTree(address, dockerfile, into: work)
        }
    }
}
