import NIOCore

/// A frame of the monitor's, taken apart.
package enum MonitorAnswer: Sendable {
    case done
    case failed(LaunchFailure)
    case warning(LaunchFailure)
    case created(Int32)
    case exited(Exit)
    case state(MonitorState, Int32)
    case output(UInt8, ByteBuffer)
}

/// Frames out of a byte stream. The monitor is ours, but what it holds comes from a container: lengths are checked.
package struct MonitorFrames {
    private var buffer = ByteBuffer()
    package init() {}

    package mutating func add(_ bytes: ByteBuffer) {
        var bytes = bytes
        if buffer.readableBytes == 0 {
            buffer = bytes
        } else {
            buffer.discardReadBytes()
            buffer.writeBuffer(&bytes)
        }
    }

    /// nil: more bytes are needed.
    package mutating func next() throws(PlanError) -> MonitorAnswer? {
        guard let length = buffer.getInteger(at: buffer.readerIndex, endianness: .little, as: UInt32.self) else {
            return nil
        }
        guard length >= 1, Int(length) <= MonitorLimit.reply else { throw .tooLong }
        guard buffer.readableBytes >= 4 + Int(length) else { return nil }
        buffer.moveReaderIndex(forwardBy: 4)
        guard var payload = buffer.readSlice(length: Int(length)), let kind = payload.readInteger(as: UInt8.self),
            let kind = MonitorReply(rawValue: kind)
        else { throw .badValue }
        if kind == .output {
            guard let stream = payload.readInteger(as: UInt8.self) else { throw .truncated }
            return .output(stream, payload)
        }
        var reader = PlanReader(Array(payload.readableBytesView))
        switch kind {
        case .done, .output: return .done
        case .failed: return .failed(try reader.field())
        case .warning: return .warning(try reader.field())
        case .created: return .created(try reader.number())
        case .exited:
            return .exited(
                Exit(code: try reader.number(), oomKilled: try reader.flag(), finishedAt: try reader.number()))
        case .state: return .state(try reader.choice(), try reader.number())
        }
    }

    package static func request(_ kind: MonitorRequest, _ payload: [UInt8] = []) -> ByteBuffer {
        var frame = ByteBuffer()
        frame.reserveCapacity(5 + payload.count)
        frame.writeInteger(UInt32(payload.count + 1), endianness: .little)
        frame.writeInteger(kind.rawValue)
        frame.writeBytes(payload)
        return frame
    }
}
