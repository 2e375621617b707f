import Fault
import NIOCore
import Protobuf
import Wire

/// A daemon that speaks BuildKit's protocol, as a client sees it: one connection for its own calls, and one a build on
/// which the daemon calls it back (Session/).
package struct BuildDaemon: Sendable {
    /// A way out of HTTP at the path, asked for with these headers.
    package typealias Upgrade =
        @Sendable (_ path: String, _ headers: [(String, String)]) async throws -> any RawConnection

    let calls: GRPCConnection
    private let upgrade: Upgrade

    /// Headers by which Docker's API leaves HTTP for gRPC.
    static let protocolHeaders = [("Connection", "Upgrade"), ("Upgrade", "h2c")]

    /// Throws what `upgrade` throws when there is no such door.
    package init(_ upgrade: @escaping Upgrade) async throws {
        calls = try await GRPCConnection.over(try await upgrade("/grpc", Self.protocolHeaders), handler: nil)
        self.upgrade = upgrade
    }

    package func close() { calls.close() }

    func session(_ headers: [(String, String)]) async throws -> any RawConnection {
        try await upgrade("/session", Self.protocolHeaders + headers)
    }

    /// Builders behind the daemon, by `Control.ListWorkers`.
    package func workers() async throws -> [Worker] {
        let answer = try await calls.call("/moby.buildkit.v1.Control/ListWorkers", [])
        return try ProtobufFields(answer.readableBytesView).messages(1).map { try Worker($0) }
    }
}

/// One builder (control.proto, WorkerRecord).
package struct Worker: Sendable {
    package var id: String
    package var labels: [String: String]
    package var platforms: [String]
    /// Of the builder's program; empty: it doesn't say.
    package var version: String
    /// By which it keeps its cache small, in the order in which it goes.
    package var policies: [Policy]

    /// Sizes in bytes, the time in nanoseconds; 0: no rule.
    package struct Policy: Sendable {
        package var all: Bool
        package var keepsFor: Int64
        package var reserved: Int64
        package var filters: [String]
        package var mostUsed: Int64
        package var leastFree: Int64
    }

    init(_ fields: ProtobufFields) throws(ProtobufFault) {
        id = fields.text(1)
        labels = try fields.map(2)
        platforms = []
        for platform in try fields.messages(3) {
            let parts = [platform.text(2), platform.text(1), platform.text(3)].filter { !$0.isEmpty }
            platforms.append(parts.joined(separator: "/"))
        }
        version = try fields.message(5)?.text(2) ?? ""
        policies = try fields.messages(4).map { policy in
            Policy(
                all: policy.flag(1), keepsFor: policy.integer(2), reserved: policy.integer(3),
                filters: policy.texts(4), mostUsed: policy.integer(5), leastFree: policy.integer(6))
        }
    }

    /// Whether it keeps images as containerd does; without, it knows one output only, its own images.
    package var takesAllOutputs: Bool { labels["org.mobyproject.buildkit.worker.snapshotter"] != nil }
}
