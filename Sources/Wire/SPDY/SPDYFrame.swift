import NIOCore

/// SPDY/3.1's frames, as far as Kubernetes' streams use them.
enum SPDYFrame: Equatable {
    case data(stream: UInt32, ByteBuffer, isLast: Bool)
    /// A new stream; the block is still packed.
    case synStream(stream: UInt32, block: ByteBuffer, isLast: Bool)
    case reset(stream: UInt32, status: UInt32)
    case ping(UInt32)
    case goAway
    /// A frame that asks for nothing; a packed block in it must be unpacked all the same, for the ones that follow.
    case other(block: ByteBuffer?)

    /// Largest frame that is taken, in bytes.
    static let maximumBytes = 1 << 20

    private enum Kind {
        static let synStream: UInt16 = 1, synReply: UInt16 = 2, reset: UInt16 = 3, ping: UInt16 = 6, goAway: UInt16 = 7
        static let headers: UInt16 = 8
    }
    private static let version: UInt16 = 3
    private static let fin: UInt8 = 1

    struct Malformed: Error {}

    /// The next frame; nil when more bytes are needed.
    static func next(from bytes: inout ByteBuffer) throws(Malformed) -> SPDYFrame? {
        let at = bytes.readerIndex
        guard let first: UInt32 = bytes.getInteger(at: at), let second: UInt32 = bytes.getInteger(at: at + 4) else {
            return nil
        }
        let length = Int(second & 0xFF_FFFF), flags = UInt8(second >> 24)
        guard length <= maximumBytes else { throw Malformed() }
        guard bytes.readableBytes >= 8 + length else { return nil }
        bytes.moveReaderIndex(forwardBy: 8)
        guard var body = bytes.readSlice(length: length) else { throw Malformed() }
        guard first >> 31 == 1 else { return .data(stream: first, body, isLast: flags & fin != 0) }
        guard UInt16(first >> 16 & 0x7FFF) == version else { throw Malformed() }
        switch UInt16(first & 0xFFFF) {
        case Kind.synStream:
            guard let id = body.readInteger(as: UInt32.self), body.readSlice(length: 6) != nil else {
                throw Malformed()
            }
            return .synStream(stream: id & 0x7FFF_FFFF, block: body, isLast: flags & fin != 0)
        case Kind.synReply, Kind.headers:
            guard body.readInteger(as: UInt32.self) != nil else { throw Malformed() }
            return .other(block: body)
        case Kind.reset:
            guard let id = body.readInteger(as: UInt32.self), let status = body.readInteger(as: UInt32.self) else {
                throw Malformed()
            }
            return .reset(stream: id & 0x7FFF_FFFF, status: status)
        case Kind.ping:
            guard let id = body.readInteger(as: UInt32.self) else { throw Malformed() }
            return .ping(id)
        case Kind.goAway: return .goAway
        default: return .other(block: nil)
        }
    }

    static func data(_ stream: UInt32, _ bytes: ByteBuffer, isLast: Bool) -> ByteBuffer {
        var out = ByteBuffer()
        out.reserveCapacity(8 + bytes.readableBytes)
        out.writeInteger(stream)
        out.writeInteger(UInt32(isLast ? fin : 0) << 24 | UInt32(bytes.readableBytes))
        out.writeImmutableBuffer(bytes)
        return out
    }

    static func synReply(_ stream: UInt32, block: [UInt8]) -> ByteBuffer {
        control(Kind.synReply) { body in
            body.writeInteger(stream)
            body.writeBytes(block)
        }
    }

    static func reset(_ stream: UInt32, _ status: UInt32) -> ByteBuffer {
        control(Kind.reset) { body in
            body.writeInteger(stream)
            body.writeInteger(status)
        }
    }

    static func pong(_ id: UInt32) -> ByteBuffer { control(Kind.ping) { $0.writeInteger(id) } }

    private static func control(_ kind: UInt16, _ fill: (inout ByteBuffer) -> Void) -> ByteBuffer {
        var body = ByteBuffer()
        fill(&body)
        var out = ByteBuffer()
        out.writeInteger(0x8000 | version)
        out.writeInteger(kind)
        out.writeInteger(UInt32(body.readableBytes))
        out.writeImmutableBuffer(body)
        return out
    }
}
