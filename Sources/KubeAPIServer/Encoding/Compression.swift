import CISAL
import NIOCore
import NIOHTTP1
import Wire

/// gzip of large answers for clients that take it, as upstream does.
enum Compression {
    /// Smaller bodies than this, in bytes, cost more to pack than to send: upstream's own bound.
    private static let least = 128 << 10

    /// Whether the client takes it.
    static func isWanted(_ request: HTTPHeaders) -> Bool { request.lists("gzip", in: "accept-encoding") }

    static func announce(_ headers: inout HTTPHeaders) {
        headers.add(name: "Content-Encoding", value: "gzip")
        headers.add(name: "Vary", value: "Accept-Encoding")
    }

    /// The body as it is to go, packed or not, and the answer's headers that say so.
    static func pack(_ body: ByteBuffer, _ request: HTTPHeaders, _ headers: inout HTTPHeaders) -> ByteBuffer {
        guard body.readableBytes >= least, isWanted(request) else { return body }
        let gzip = GzipStream()
        var packed = gzip.pack(body)
        packed.writeImmutableBuffer(gzip.finish())
        announce(&headers)
        return packed
    }
}

/// gzip of bytes that come one after the other.
final class GzipStream {
    private let stream: UnsafeMutablePointer<isal_zstream>
    private let work: UnsafeMutablePointer<UInt8>

    /// Room for what one step makes.
    private static let step = 64 << 10

    init() {
        stream = .allocate(capacity: 1)
        work = .allocate(capacity: Int(hako_isal_level1_bytes))
        work.initialize(repeating: 0, count: Int(hako_isal_level1_bytes))
        isal_deflate_init(stream)
        stream.pointee.level = 1
        stream.pointee.level_buf = work
        stream.pointee.level_buf_size = UInt32(hako_isal_level1_bytes)
        stream.pointee.gzip_flag = UInt16(IGZIP_GZIP)
    }

    deinit {
        stream.deallocate()
        work.deallocate()
    }

    /// What comes out of it; some of it later.
    func pack(_ bytes: ByteBuffer) -> ByteBuffer { bytes.withUnsafeReadableBytes { run($0, isLast: false) } }

    func finish() -> ByteBuffer { run(UnsafeRawBufferPointer(start: nil, count: 0), isLast: true) }

    private func run(_ bytes: UnsafeRawBufferPointer, isLast: Bool) -> ByteBuffer {
        var out = ByteBuffer()
        stream.pointee.next_in = UnsafeMutablePointer(mutating: bytes.bindMemory(to: UInt8.self).baseAddress)
        stream.pointee.avail_in = UInt32(bytes.count)
        stream.pointee.end_of_stream = isLast ? 1 : 0
        repeat {
            out.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.step) { target in
                stream.pointee.next_out = target.bindMemory(to: UInt8.self).baseAddress
                stream.pointee.avail_out = UInt32(target.count)
                // It fails only for settings that aren't these, or a state that was overwritten.
                isal_deflate(stream)
                return target.count - Int(stream.pointee.avail_out)
            }
        } while stream.pointee.avail_out == 0
        return out
    }
}
