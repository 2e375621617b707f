import BuildProtocol
import NIOCore
import Protobuf
import Wire

/// One record of a builder's cache (control.proto, UsageRecord).
package struct CacheRecord: Sendable {
    package var id: String
    package var isMutable: Bool
    package var isInUse: Bool
    /// In bytes.
    package var size: Int64
    /// Nanoseconds since the epoch; nil: nobody knows.
    package var created: Int64?
    package var lastUsed: Int64?
    package var uses: Int
    package var description: String
    package var type: String
    package var isShared: Bool
    package var parents: [String]

    init(_ fields: ProtobufFields) throws(ProtobufFault) {
        id = fields.text(1)
        isMutable = fields.flag(2)
        isInUse = fields.flag(3)
        size = fields.integer(4)
        created = try fields.timestamp(6)
        lastUsed = try fields.timestamp(7)
        uses = Int(clamping: fields.integer(8))
        description = fields.text(9)
        type = fields.text(10)
        isShared = fields.flag(11)
        parents = fields.texts(12)
    }
}

/// What a builder is to keep when its cache is pruned, in bytes; 0: nothing in particular.
package struct CachePruning: Sendable {
    package var all = false
    package var filters: [String] = []
    /// Nanoseconds since its last use for which a record stays.
    package var keepsFor: Int64 = 0
    package var reserved: Int64 = 0
    package var mostUsed: Int64 = 0
    package var leastFree: Int64 = 0

    package init() {}
}

extension BuildDaemon {
    /// - Parameter filters: conditions in BuildKit's spelling, such as `type==regular`.
    package func cacheRecords(_ filters: [String]) async throws -> [CacheRecord] {
        let answer = try await calls.call(
            "/moby.buildkit.v1.Control/DiskUsage",
            ProtobufWriter.message { request in for filter in filters { request.string(1, filter) } })
        return try ProtobufFields(answer.readableBytesView).messages(1).map { try CacheRecord($0) }
            .sorted { ($0.size, $0.id) < ($1.size, $1.id) }
    }

    /// - Parameter tell: told of each record that goes.
    package func prune(_ pruning: CachePruning, tell: (CacheRecord) async -> Void) async throws {
        let stream = try await calls.call("/moby.buildkit.v1.Control/Prune")
        defer { stream.cancel() }
        try await stream.send(
            ProtobufWriter.message { request in
                for filter in pruning.filters { request.string(1, filter) }
                request.flag(2, pruning.all)
                request.number(3, pruning.keepsFor)
                request.number(4, pruning.reserved)
                request.number(5, pruning.mostUsed)
                request.number(6, pruning.leastFree)
            })
        try await stream.closeSend()
        while let message = try await stream.receive() {
            await tell(try CacheRecord(ProtobufFields(message.readableBytesView)))
        }
    }
}
