import BuildProtocol
import NIOCore
import Protobuf
import Wire

extension BuildDaemon {
    /// Asks the frontend about a Dockerfile instead of building it (`frontend.lint`, `frontend.targets`, …). Answers its
    /// documents by name: `result.txt`, `result.json`.
    /// Throws a `GRPCStatus` when it doesn't know.
    package func ask(
        _ question: String, about order: BuildOrder, reference: String,
        hear: @escaping @Sendable (BuildStatus) async -> Void
    ) async throws -> [String: [UInt8]] {
        let session = try await ClientSession(self, sharedKey: order.sharedKey, order.services)
        defer { session.close() }
        // Such a build is directed by its client: it waits for what that returns.
        let request = ProtobufWriter.message { request in
            request.text(1, reference)
            request.text(5, session.id)
        }
        let build = Task { try await calls.call("/moby.buildkit.v1.Control/Solve", request) }
        defer { build.cancel() }
        let follower = Task { try? await follow(reference, hear) }
        defer { follower.cancel() }
        let bridge = "/moby.buildkit.v1.frontend.LLBBridge/"
        let metadata = [("buildkit-controlapi-buildid", reference)]
        var attributes = order.attributes
        attributes["requestid"] = question
        let words = attributes
        let answer = try await calls.call(
            bridge + "Solve",
            ProtobufWriter.message { solve in
                solve.text(2, "dockerfile.v0")
                solve.map(3, words)
            }, metadata: metadata)
        _ = try? await calls.call(
            bridge + "Return", ProtobufWriter.message { $0.message(1) { _ in } }, metadata: metadata)
        _ = try? await build.value
        var documents: [String: [UInt8]] = [:]
        for entry in try ProtobufFields(answer.readableBytesView).message(3)?.messages(10) ?? [] {
            documents[entry.text(1)] = entry.bytes(2)
        }
        return documents
    }
}
