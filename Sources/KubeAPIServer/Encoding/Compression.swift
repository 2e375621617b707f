import CISAL
import NIOCore
import NIOHTTP1
import Wire

/// gzip of large answers for clients that take it, as upstream does.
enum Compression {
    /// Smaller bodies than this, in bytes, cost more to pack than to send: upstream's own bound.
    private static let least = 128 << 10

    /// The packed body; nil when it is to go as it is.
    static func pack(_ body: ByteBuffer, _ headers: HTTPHeaders) -> ByteBuffer? {
        guard body.readableBytes >= least, headers.lists("gzip", in: "accept-encoding") else { return nil }
        return body.withUnsafeReadableBytes { gzip($0) }
    }

    private static func gzip(_ bytes: UnsafeRawBufferPointer) -> ByteBuffer? {
        // What doesn't get smaller is stored in blocks of 64 KiB with five bytes each.
        let room = bytes.count + bytes.count / 65_535 * 5 + 1_024
        guard let input = bytes.bindMemory(to: UInt8.self).baseAddress, room <= Int(UInt32.max) else { return nil }
        var work = [UInt8](repeating: 0, count: Int(hako_isal_level1_bytes))
        var out = ByteBuffer()
        let count = out.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { target in
            work.withUnsafeMutableBufferPointer { work in
                var stream = isal_zstream()
                isal_deflate_stateless_init(&stream)
                stream.level = 1
                stream.level_buf = work.baseAddress
                stream.level_buf_size = UInt32(work.count)
                stream.gzip_flag = UInt16(IGZIP_GZIP)
                stream.end_of_stream = 1
                stream.next_in = UnsafeMutablePointer(mutating: input)
                stream.avail_in = UInt32(bytes.count)
                stream.next_out = target.bindMemory(to: UInt8.self).baseAddress
                stream.avail_out = UInt32(target.count)
                return isal_deflate_stateless(&stream) == COMP_OK ? Int(stream.total_out) : 0
            }
        }
        return count > 0 ? out : nil
    }
}
