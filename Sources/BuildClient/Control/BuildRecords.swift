import BuildProtocol
import NIOCore
import Protobuf
import Wire

/// What a builder remembers of a build (control.proto, BuildHistoryRecord). Times in nanoseconds since the epoch.
package struct BuildRecord: Sendable {
    package var reference: String
    package var attributes: [String: String]
    package var error: GRPCStatus?
    package var created: Int64
    /// Nil: it runs.
    package var completed: Int64?
    package var cachedSteps: Int
    package var steps: Int
    package var completedSteps: Int

    init(_ fields: ProtobufFields) throws(ProtobufFault) {
        reference = fields.text(1)
        attributes = try fields.map(3)
        error = try fields.all(5).isEmpty ? nil : GRPCStatus(fields.bytes(5))
        created = try fields.timestamp(6) ?? 0
        completed = try fields.timestamp(7)
        cachedSteps = Int(clamping: fields.integer(15))
        steps = Int(clamping: fields.integer(16))
        completedSteps = Int(clamping: fields.integer(17))
    }
}

extension BuildDaemon {
    private enum Limit {
        /// Records that are asked for.
        static let records: Int64 = 50
    }

    private enum Event { static let deleted: Int64 = 2 }

    /// Builds that run and builds that are over, the newest first.
    /// - Parameter reference: this one only; empty: all.
    package func records(_ reference: String = "", filters: [String] = []) async throws -> [BuildRecord] {
        let stream = try await calls.call("/moby.buildkit.v1.Control/ListenBuildHistory")
        defer { stream.cancel() }
        try await stream.send(
            ProtobufWriter.message { request in
                request.text(2, reference)
                request.flag(3, true)
                for filter in filters { request.string(4, filter) }
                request.number(5, Limit.records)
            })
        try await stream.closeSend()
        var records: [BuildRecord] = []
        while let message = try await stream.receive() {
            let event = try ProtobufFields(message.readableBytesView)
            guard event.integer(1) != Event.deleted, let record = try event.message(2) else { continue }
            records.append(try BuildRecord(record))
        }
        return records.sorted { $0.created > $1.created }
    }

    package func removeRecord(_ reference: String) async throws {
        _ = try await calls.call(
            "/moby.buildkit.v1.Control/UpdateBuildHistory",
            ProtobufWriter.message { request in
                request.text(1, reference)
                request.flag(3, true)
            })
    }

    /// All that a build has told, from its beginning to its end.
    package func replay(_ reference: String, hear: @Sendable (BuildStatus) async -> Void) async throws {
        try await follow(reference, hear)
    }
}
