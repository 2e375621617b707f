import Fault
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import OCI
import Testing

@testable import Registry

/// Uploads against a registry whose connections break.
@Suite struct UploadTests {
    private let bytes = content(300_000, seed: 21)
    private var blob: Descriptor {
        Descriptor(mediaType: MediaType.ociLayerGzip, digest: Digest(of: bytes), size: Int64(bytes.count))
    }

    /// What the registry has of the uploads, by session.
    private struct Stored {
        var sessions: [String: [UInt8]] = [:]
        var finished: [UInt8]?
        var patches = 0
    }

    /// A registry that keeps `keeps(n)` bytes of the nth PATCH and then breaks the connection; nil: all goes well.
    private func registry(
        _ stored: NIOLockedValueBox<Stored>, forgets: Bool = false, _ keeps: @escaping @Sendable (Int) -> Int?
    ) async throws -> ScriptedServer {
        try await ScriptedServer { seen in
            typealias Reply = ScriptedServer.Reply
            return stored.withLockedValue { stored in
                if seen.path == "/v2/" { return Reply() }
                if seen.method == .HEAD { return Reply(status: .notFound) }
                if seen.method == .POST {
                    let session = "/v2/a/b/blobs/uploads/\(stored.sessions.count + 1)"
                    stored.sessions[session] = []
                    return Reply(status: .accepted, headers: ["location": session])
                }
                guard var have = stored.sessions[seen.path] else { return Reply(status: .notFound) }
                let place: HTTPHeaders = ["location": seen.path, "range": "0-\(max(have.count - 1, 0))"]
                switch seen.method {
                case .GET: return Reply(status: .noContent, headers: place)
                case .PATCH:
                    stored.patches += 1
                    if have.count > 0, seen.header("content-range")?.hasPrefix("\(have.count)-") != true {
                        return Reply(status: .rangeNotSatisfiable)
                    }
                    let kept = keeps(stored.patches)
                    have += seen.body.prefix(kept ?? seen.body.count)
                    stored.sessions[seen.path] = forgets && kept != nil ? nil : have
                    return kept == nil
                        ? Reply(status: .accepted, headers: ["location": seen.path]) : Reply(dropsConnection: true)
                case .PUT:
                    stored.finished = have
                    return Reply(status: .created)
                default: return Reply(status: .methodNotAllowed)
                }
            }
        }
    }

    private func push(_ server: ScriptedServer, progress: @escaping @Sendable (Int64) -> Void = { _ in }) async throws {
        let bytes = bytes, blob = blob
        try await withClient { client in
            let arrival = try await client.push(
                blob, to: Reference(parsing: "\(server.address)/a/b:1"), siblings: [], nil,
                source: { offset in
                    let at = NIOLockedValueBox(Int(offset))
                    return {
                        at.withLockedValue { at in
                            guard at < bytes.count else { return nil }
                            let end = min(at + 40_000, bytes.count)
                            defer { at = end }
                            return ByteBuffer(bytes: bytes[at..<end])
                        }
                    }
                }, progress: progress)
            #expect(arrival == .uploaded)
        }
    }

    @Test("an upload whose connection breaks goes on from the byte that the registry has")
    func resumes() async throws {
        let stored = NIOLockedValueBox(Stored())
        let server = try await registry(stored) { $0 < 3 ? 70_000 : nil }
        let last = NIOLockedValueBox<Int64>(0)
        try await push(server) { sent in last.withLockedValue { $0 = sent } }
        #expect(stored.withLockedValue { $0.finished } == bytes)
        #expect(server.seen.compactMap { $0.header("content-range") } == ["70000-299999", "140000-299999"])
        #expect(last.withLockedValue { $0 } == Int64(bytes.count))
        #expect(server.seen.count { $0.method == .POST } == 1)
        try await server.stop()
    }

    @Test("an upload that the registry has forgotten is begun anew")
    func beginsAnew() async throws {
        let stored = NIOLockedValueBox(Stored())
        let server = try await registry(stored, forgets: true) { $0 == 1 ? 70_000 : nil }
        try await push(server)
        #expect(stored.withLockedValue { $0.finished } == bytes)
        #expect(server.seen.count { $0.method == .POST } == 2)
        try await server.stop()
    }

    @Test("an upload that never gets on fails after a bounded number of attempts")
    func givesUp() async throws {
        let stored = NIOLockedValueBox(Stored())
        let server = try await registry(stored) { _ in 0 }
        await #expect(throws: Fault.self) { try await push(server) }
        #expect(stored.withLockedValue { $0.patches } == Limit.attempts)
        try await server.stop()
    }
}
