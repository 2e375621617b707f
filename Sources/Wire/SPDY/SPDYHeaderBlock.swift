import CZlib
import NIOCore

/// SPDY/3.1's header blocks: names and values, packed by one zlib stream for each direction of a connection (draft
/// mbelshe-httpbis-spdy-00, section 2.6.10).
enum SPDYHeaderBlock {
    /// Unpacked size that is taken, in bytes; a few kilobytes of input could mean a gigabyte.
    static let maximumBytes = 64 << 10

    /// What both sides' zlib streams know from the start: words with their lengths, then running text.
    static let dictionary: [UInt8] = {
        let words = """
            options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age \
            allow authorization cache-control connection content-base content-encoding content-language content-length \
            content-location content-md5 content-range content-type date etag expect expires from host if-match \
            if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards pragma \
            proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding \
            upgrade user-agent vary via warning www-authenticate method get status 200_OK version HTTP/1.1 url public \
            set-cookie keep-alive origin
            """
        let text =
            "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 "
            + "Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 "
            + "Forbidden404 Not Found500 Internal Server Error501 Not Implemented503 Service UnavailableJan Feb Mar "
            + "Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,"
            + "image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,public"
            + "privatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0."
        var bytes: [UInt8] = []
        for word in words.split(separator: " ") {
            let word = word.replacing("_", with: " ").utf8
            bytes += [0, 0, 0, UInt8(word.count)]
            bytes += word
        }
        return bytes + Array(text.utf8)
    }()

    static func encode(_ headers: [(String, String)]) -> [UInt8] {
        var out = ByteBuffer()
        out.writeInteger(UInt32(headers.count))
        for (name, value) in headers {
            for text in [name.lowercased(), value] {
                out.writeInteger(UInt32(text.utf8.count))
                out.writeString(text)
            }
        }
        return Array(out.readableBytesView)
    }

    /// Names in lower case; nil for a block that isn't well formed.
    static func decode(_ bytes: [UInt8]) -> [String: String]? {
        var input = ByteBuffer(bytes: bytes)
        guard let count = input.readInteger(as: UInt32.self), Int(count) <= HTTPLimit.headerFields else { return nil }
        var headers: [String: String] = [:]
        for _ in 0..<count {
            guard let name = text(&input), let value = text(&input) else { return nil }
            headers[name.lowercased()] = value
        }
        return headers
    }

    private static func text(_ input: inout ByteBuffer) -> String? {
        guard let length = input.readInteger(as: UInt32.self), Int(length) <= input.readableBytes else { return nil }
        return input.readString(length: Int(length))
    }
}

/// Unpacks the blocks that the peer sends; used by one task.
final class SPDYUnpacker: @unchecked Sendable {
    private var stream = z_stream()
    private let isReady: Bool

    init() { isReady = inflateInit_(&stream, ZLIB_VERSION, CInt(MemoryLayout<z_stream>.size)) == Z_OK }
    deinit { inflateEnd(&stream) }

    /// Nil when the block is damaged or too large; the connection can't go on then.
    func unpack(_ block: ByteBuffer) -> [UInt8]? {
        guard isReady else { return nil }
        var input = Array(block.readableBytesView)
        var out = [UInt8](repeating: 0, count: SPDYHeaderBlock.maximumBytes)
        let size = out.count
        return input.withUnsafeMutableBufferPointer { source in
            out.withUnsafeMutableBufferPointer { target in
                stream.next_in = source.baseAddress
                stream.avail_in = uInt(source.count)
                stream.next_out = target.baseAddress
                stream.avail_out = uInt(size)
                while stream.avail_in > 0 {
                    var result = inflate(&stream, Z_SYNC_FLUSH)
                    if result == Z_NEED_DICT {
                        let words = SPDYHeaderBlock.dictionary
                        result = inflateSetDictionary(&stream, words, uInt(words.count))
                    }
                    guard result == Z_OK, stream.avail_out > 0 else { return nil }
                }
                return Array(target.prefix(size - Int(stream.avail_out)))
            }
        }
    }
}

/// Packs the blocks that we send; its user sees to it that one block follows another.
final class SPDYPacker: @unchecked Sendable {
    private var stream = z_stream()

    init() {
        deflateInit_(&stream, Z_BEST_SPEED, ZLIB_VERSION, CInt(MemoryLayout<z_stream>.size))
        let words = SPDYHeaderBlock.dictionary
        deflateSetDictionary(&stream, words, uInt(words.count))
    }
    deinit { deflateEnd(&stream) }

    func pack(_ block: [UInt8]) -> [UInt8] {
        var input = block
        var out = [UInt8](repeating: 0, count: Int(deflateBound(&stream, uLong(input.count))) + 64)
        let size = out.count
        let used = input.withUnsafeMutableBufferPointer { source in
            out.withUnsafeMutableBufferPointer { target in
                stream.next_in = source.baseAddress
                stream.avail_in = uInt(source.count)
                stream.next_out = target.baseAddress
                stream.avail_out = uInt(size)
                deflate(&stream, Z_SYNC_FLUSH)
                return size - Int(stream.avail_out)
            }
        }
        return Array(out.prefix(used))
    }
}
