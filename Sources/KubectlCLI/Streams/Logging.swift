import CommandLine
import KubeClient
import NIOCore
import NIOHTTP1
import Wire

/// Prints a container's log.
struct Logging: Sendable {
    let session: Session

    /// - Parameter prefix: before each line; "": none.
    func stream(_ path: String, _ query: KubeConnection.Query, prefix: String) async throws {
        let connection = try session.connection
        let answer = try await connection.accepted(
            try await connection.send(.GET, path, query, headers: [("Accept", "*/*")]))
        guard !prefix.isEmpty else {
            while let part = try await answer.nextBodyPart() { session.out.write(part.readableBytesView) }
            return
        }
        var rest: [UInt8] = []
        while let part = try await answer.nextBodyPart() {
            rest += part.readableBytesView
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                session.out.write(Array(prefix.utf8) + rest[...end])
                rest.removeSubrange(...end)
            }
        }
        if !rest.isEmpty { session.out.write(Array(prefix.utf8) + rest) }
    }
}
