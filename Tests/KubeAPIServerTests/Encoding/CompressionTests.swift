import CISAL
import NIOCore
import NIOHTTP1
import Testing

@testable import KubeAPIServer

@Suite("packed answers")
struct CompressionTests {
    /// What a client reads.
    private func unpacked(_ packed: ByteBuffer) throws -> [UInt8] {
        var input = Array(packed.readableBytesView)
        var out = [UInt8](repeating: 0, count: 4 << 20)
        var state = inflate_state()
        isal_inflate_init(&state)
        state.crc_flag = UInt32(ISAL_GZIP)
        let (room, count) = (UInt32(out.count), UInt32(input.count))
        let status = input.withUnsafeMutableBufferPointer { input in
            out.withUnsafeMutableBufferPointer { out in
                state.next_in = input.baseAddress
                state.avail_in = count
                state.next_out = out.baseAddress
                state.avail_out = room
                return isal_inflate(&state)
            }
        }
        try #require(status == ISAL_DECOMP_OK && state.block_state == ISAL_BLOCK_FINISH)
        return Array(out[..<Int(state.total_out)])
    }

    private func text(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 9 & 0x3F + 0x20) }
    }

    @Test("pieces of all sizes come out as they went in", arguments: [0, 1, 70_000, 300_000, 1_000_000])
    func pieces(size: Int) throws {
        let gzip = GzipStream()
        var packed = ByteBuffer()
        let all = text(size)
        for start in stride(from: 0, to: all.count, by: 90_000) {
            packed.writeImmutableBuffer(gzip.pack(ByteBuffer(bytes: all[start..<min(start + 90_000, all.count)])))
        }
        packed.writeImmutableBuffer(gzip.finish())
        #expect(try unpacked(packed) == all)
    }

    @Test("only large answers are packed, and only for those who take that")
    func wanted() throws {
        let accepting = HTTPHeaders([("Accept-Encoding", "gzip")])
        let large = ByteBuffer(bytes: text(200_000))
        var headers = HTTPHeaders()
        #expect(Compression.pack(large, HTTPHeaders(), &headers) == large && headers.isEmpty)
        let small = ByteBuffer(bytes: text(1_000))
        #expect(Compression.pack(small, accepting, &headers) == small && headers.isEmpty)
        let packed = Compression.pack(large, accepting, &headers)
        #expect(headers.first(name: "Content-Encoding") == "gzip" && headers.first(name: "Vary") == "Accept-Encoding")
        #expect(try unpacked(packed) == text(200_000))
    }
}
