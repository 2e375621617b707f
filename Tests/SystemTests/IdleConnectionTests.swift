import Foundation
import JSON
import TestKit
import Testing

/// Clients that connect and say nothing cost little, and keep nobody else from being answered.
@Suite("idle connections", .serialized)
struct IdleConnectionTests {
    private static let count = 10_000
    /// What a connection may take that hasn't got through its handshake, in bytes.
    private static let most = 64 << 10

    @Test("ten thousand idle connections to the API server", .timeLimit(.minutes(3)))
    func many() async throws {
        try await KubeSandbox.with { box in
            let pid = try #require(box.pid)
            let script = Repo.root + "/Tests/SystemTests/Python/idle_connections.py"
            let answer = try await Command.run(
                ["python3", script, "\(box.port)", "\(pid)", "\(Self.count)"], seconds: 120)
            try #require(answer.status == 0, "\(answer)")
            let seen = try JSON(parsing: answer.out)
            #expect(seen["opened"] == true && seen["closed"] == true, "\(seen)")
            #expect(seen["answers"] == ["1", "1", "1", "1", "1"])
            #expect((seen["bytesEach"].int ?? .max) < Self.most, "\(seen)")
        }
    }
}
