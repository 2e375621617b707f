import BuildProtocol
import NIOCore
import Protobuf
import Wire

extension BuildDaemon {
    private enum Limit {
        /// How long the last of what a build tells may come after its answer.
        static let lastWords = Duration.seconds(3)
    }

    /// Builds. Answers what the builder tells of the result (`containerimage.digest`, …).
    /// - Parameter reference: names the build.
    /// - Parameter hear: told of the progress, piece by piece, never two at a time.
    /// Throws a `GRPCStatus` when the build fails.
    package func build(
        _ order: BuildOrder, reference: String, hear: @escaping @Sendable (BuildStatus) async -> Void
    ) async throws -> [String: String] {
        let session = try await ClientSession(self, sharedKey: order.sharedKey, order.services)
        defer { session.close() }
        let follower = Task { try? await follow(reference, hear) }
        defer { follower.cancel() }
        let answer: Result<ByteBuffer, any Error>
        do {
            answer = .success(
                try await calls.call(
                    "/moby.buildkit.v1.Control/Solve", order.request(reference, session: session.id)))
        } catch { answer = .failure(error) }
        let late = Task {
            try? await Task.sleep(for: Limit.lastWords)
            follower.cancel()
        }
        await follower.value
        late.cancel()
        return try ProtobufFields(try answer.get().readableBytesView).map(1)
    }

    func follow(_ reference: String, _ hear: @Sendable (BuildStatus) async -> Void) async throws {
        let stream = try await calls.call("/moby.buildkit.v1.Control/Status")
        defer { stream.cancel() }
        try await stream.send(ProtobufWriter.message { $0.text(1, reference) })
        try await stream.closeSend()
        while let message = try await stream.receive() { await hear(try BuildStatus(message.readableBytesView)) }
    }

    /// A name for a build.
    package static func newReference() -> String { ClientSession.randomID() }
}
