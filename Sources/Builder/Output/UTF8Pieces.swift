import NIOCore

/// Output comes in pieces that may end inside a character.
final class UTF8Pieces: @unchecked Sendable {
    // Unchecked: one reader, piece after piece.
    private var rest: [UInt8] = []

    func take(_ bytes: ByteBuffer) -> String {
        var all = rest + bytes.readableBytesView
        // At most three bytes of a character that goes on are kept back.
        var cut = all.count
        for back in 1...4 where back <= all.count {
            let byte = all[all.count - back]
            if byte & 0xC0 == 0x80 { continue }
            let length = byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
            if length > back { cut = all.count - back }
            break
        }
        rest = Array(all[cut...])
        all.removeSubrange(cut...)
        return String(decoding: all, as: UTF8.self)
    }
}
