import Fault
import NIOCore
import NIOHTTP1
import Wire

/// The lines that a node's process writes, out of the engine's multiplexed stream (Engine API, "ContainerAttach").
/// One reader at a time.
final class NodeLog: @unchecked Sendable {
    // Unchecked: one reader at a time.
    private let answer: HTTPAnswer
    private var bytes: [UInt8] = []
    private var text: [UInt8] = []

    private static let lineBytes = 64 << 10

    init(_ answer: HTTPAnswer) { self.answer = answer }

    /// Nil when the container has ended.
    func next() async throws -> String? {
        while true {
            if let end = text.firstIndex(of: UInt8(ascii: "\n")) {
                defer { text.removeSubrange(...end) }
                return String(decoding: text[..<end], as: UTF8.self)
            }
            if takeFrame() { continue }
            guard let part = try await answer.nextBodyPart() else { return nil }
            bytes += part.readableBytesView
        }
    }

    private func takeFrame() -> Bool {
        guard bytes.count >= 8 else { return false }
        let length = bytes[4..<8].reduce(0) { $0 << 8 | Int($1) }
        guard bytes.count >= 8 + length else { return false }
        text += bytes[8..<(8 + length)]
        bytes.removeSubrange(..<(8 + length))
        if text.count > Self.lineBytes { text.removeAll() }
        return true
    }

    func close() { answer.cancel() }
}
