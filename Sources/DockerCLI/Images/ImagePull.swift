import NIOHTTP1
import CommandLine
import JSON
import OCI

/// Pulls an image and shows the progress.
struct ImagePull: Sendable {
    let session: Session
    var platform = ""

    func run(_ reference: Reference, allTags: Bool = false, output: Output) async throws {
        var query: Query = [("fromImage", reference.name)]
        if !platform.isEmpty { query.append(("platform", platform)) }
        query.append(("tag", allTags ? "" : reference.digest.map { "\($0)" } ?? reference.tag ?? ""))
        let answer = try await session.client.send(
            .POST, "/images/create", query, headers: RegistryAuth.headers(session, registry: reference.registry))
        try await ProgressOutput.show(session.client.documents(answer), on: output)
    }
}

package enum RegistryAuth {
    /// The header that gives the daemon the credentials for a registry; none when there are none. A credential helper
    /// that fails, or isn't there, doesn't keep people from what needs no credentials.
    package static func headers(_ session: Session, registry: String) -> [(String, String)] {
        guard let credentials = try? session.configuration.credentials(for: registry) else { return [] }
        return [("X-Registry-Auth", credentials.header)]
    }
}

enum ProgressOutput {
    /// Shows a progress stream to its end. Throws the stream's error.
    static func show(
        _ documents: JSONStream, on output: Output, auxiliary: (@Sendable (JSON) -> Void)? = nil
    ) async throws {
        var display = ProgressDisplay(isTerminal: output.isTerminal, width: output.size()?.columns ?? 200)
        while let message = try await documents.next() {
            if !message["aux"].isNull { auxiliary?(message["aux"]) }
            output.write(try display.show(message))
        }
    }
}
