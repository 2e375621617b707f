import NIOCore

/// A WebSocket peer's frames (RFC 6455 section 5.2), taken apart as their bytes arrive: data goes on piece by piece,
/// so that a frame's length costs no memory.
struct WebSocketDecoder {
    enum Event: Equatable {
        case data(ByteBuffer)
        case ping(ByteBuffer)
        /// The message whose bytes came is whole; told only where `tellsMessages`.
        case messageEnd
        /// What the close frame holds: a status and a reason, or nothing.
        case close(ByteBuffer)
    }

    enum Opcode {
        static let continuation: UInt8 = 0, text: UInt8 = 1, binary: UInt8 = 2
        static let close: UInt8 = 8, ping: UInt8 = 9, pong: UInt8 = 10
    }

    /// Section 5.5: payload of a control frame, in bytes.
    private static let controlBytes = 125

    private struct Frame {
        let opcode: UInt8
        var left: UInt64
        /// Empty in a server's frames.
        let mask: [UInt8]
        let isFinal: Bool
        /// Bytes of the payload that were taken, for the mask.
        var taken = 0
        var isControl: Bool { opcode >= 8 }
    }
    private var frame: Frame?
    /// Whether the ends of messages matter, or only their bytes.
    let tellsMessages: Bool
    /// Whether the peer is a server, whose frames have no mask; a client's must have one.
    private let readsServer: Bool
    private var owesMessageEnd = false

    init(tellsMessages: Bool = false, readsServer: Bool = false) {
        self.tellsMessages = tellsMessages
        self.readsServer = readsServer
    }

    /// The next event; nil when more bytes are needed. Throws for frames that the peer must not send.
    mutating func next(from bytes: inout ByteBuffer) throws(WebSocketFault) -> Event? {
        while true {
            if owesMessageEnd {
                owesMessageEnd = false
                return .messageEnd
            }
            if frame == nil { frame = try head(&bytes) }
            guard var frame else { return nil }
            let count = Int(min(UInt64(bytes.readableBytes), frame.left))
            // A control frame is short: it is waited for.
            if frame.isControl, UInt64(count) < frame.left { return nil }
            if count == 0, frame.left > 0 { return nil }
            let payload = Self.unmasked(bytes.readSlice(length: count) ?? ByteBuffer(), &frame)
            self.frame = frame.left == 0 ? nil : frame
            switch frame.opcode {
            case Opcode.continuation, Opcode.text, Opcode.binary:
                owesMessageEnd = tellsMessages && frame.isFinal && frame.left == 0
                if count > 0 { return .data(payload) }
            case Opcode.close: return .close(payload)
            case Opcode.ping: return .ping(payload)
            default: continue
            }
        }
    }

    private func head(_ bytes: inout ByteBuffer) throws(WebSocketFault) -> Frame? {
        let at = bytes.readerIndex
        guard let first: UInt8 = bytes.getInteger(at: at), let second: UInt8 = bytes.getInteger(at: at + 1) else {
            return nil
        }
        let opcode = first & 0x0F, isControl = opcode >= 8
        guard first & 0x70 == 0 else { throw WebSocketFault("a frame has reserved bits") }
        guard [0, 1, 2, 8, 9, 10].contains(opcode) else { throw WebSocketFault("a frame has an unknown opcode") }
        guard (second & 0x80 != 0) != readsServer else {
            throw WebSocketFault(readsServer ? "a server's frame is masked" : "a client's frame is not masked")
        }
        var length = UInt64(second & 0x7F), size = 2
        if length == 126 {
            guard let long: UInt16 = bytes.getInteger(at: at + 2) else { return nil }
            (length, size) = (UInt64(long), 4)
        } else if length == 127 {
            guard let long: UInt64 = bytes.getInteger(at: at + 2) else { return nil }
            guard long >> 63 == 0 else { throw WebSocketFault("a frame is longer than frames may be") }
            (length, size) = (long, 10)
        }
        if isControl, length > UInt64(Self.controlBytes) || first & 0x80 == 0 {
            throw WebSocketFault("a control frame is long or in parts")
        }
        let maskBytes = readsServer ? 0 : 4
        guard let mask = bytes.getBytes(at: at + size, length: maskBytes) else { return nil }
        bytes.moveReaderIndex(forwardBy: size + maskBytes)
        return Frame(opcode: opcode, left: length, mask: mask, isFinal: first & 0x80 != 0)
    }

    private static func unmasked(_ bytes: ByteBuffer, _ frame: inout Frame) -> ByteBuffer {
        guard !frame.mask.isEmpty else {
            frame.left -= UInt64(bytes.readableBytes)
            return bytes
        }
        var result = ByteBuffer()
        result.reserveCapacity(bytes.readableBytes)
        let start = frame.taken
        for (offset, byte) in bytes.readableBytesView.enumerated() {
            result.writeInteger(byte ^ frame.mask[(start + offset) & 3])
        }
        frame.taken += bytes.readableBytes
        frame.left -= UInt64(bytes.readableBytes)
        return result
    }

    /// A whole frame; a server's without a mask, a client's with one.
    static func frame(_ opcode: UInt8, _ payload: ByteBuffer, mask: [UInt8] = []) -> ByteBuffer {
        var out = ByteBuffer()
        out.reserveCapacity(payload.readableBytes + 14)
        out.writeInteger(0x80 | opcode)
        let flag: UInt8 = mask.isEmpty ? 0 : 0x80
        switch payload.readableBytes {
        case ..<126: out.writeInteger(flag | UInt8(payload.readableBytes))
        case ..<65_536:
            out.writeInteger(flag | UInt8(126))
            out.writeInteger(UInt16(payload.readableBytes))
        default:
            out.writeInteger(flag | UInt8(127))
            out.writeInteger(UInt64(payload.readableBytes))
        }
        guard !mask.isEmpty else {
            out.writeImmutableBuffer(payload)
            return out
        }
        out.writeBytes(mask)
        out.writeBytes(payload.readableBytesView.enumerated().map { $0.element ^ mask[$0.offset & 3] })
        return out
    }
}

/// What a WebSocket peer did wrong.
struct WebSocketFault: Error, Equatable {
    let reason: String
    init(_ reason: String) { self.reason = reason }
}
