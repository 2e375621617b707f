import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import Testing
import Wire

@testable import Cluster

@Suite("a node's output")
struct NodeLogTests {
    private func log(_ pieces: [[UInt8]]) -> NodeLog {
        let rest = NIOLockedValueBox(pieces[...])
        return NodeLog(
            HTTPAnswer(
                status: .ok, headers: HTTPHeaders(),
                nextBodyPart: { rest.withLockedValue { $0.popFirst().map { ByteBuffer(bytes: $0) } } }, cancel: {}))
    }

    private func frame(_ text: String, stream: UInt8 = 1) -> [UInt8] {
        [stream, 0, 0, 0, 0, 0, 0, UInt8(text.utf8.count)] + Array(text.utf8)
    }

    @Test("lines come whole, however frames and pieces are cut")
    func lines() async throws {
        let all = frame("one\ntw") + frame("o\n", stream: 2) + frame("three\nrest")
        for size in 1...all.count {
            var pieces: [[UInt8]] = []
            for start in stride(from: 0, to: all.count, by: size) {
                pieces.append(Array(all[start..<min(start + size, all.count)]))
            }
            let log = log(pieces)
            var lines: [String] = []
            while let line = try await log.next() { lines.append(line) }
            #expect(lines == ["one", "two", "three"])
        }
    }
}
