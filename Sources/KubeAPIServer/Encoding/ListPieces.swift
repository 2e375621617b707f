import JSON
import KubeModel
import KubeStorage
import NIOCore

/// A list's answer, piece after piece: a long one is never whole in memory, and neither are its objects' trees.
struct ListPieces {
    /// Bytes of a piece, about; a list that isn't longer is one.
    static let bytes = 256 << 10

    private let writer: AnswerWriter
    private let list: ListAnswer
    private let total: Int
    private var written = 0
    private var isBegun = false
    private var isEnded = false
    /// In protobuf a list's length stands before it: its pieces are all made first.
    private var ready: CircularBuffer<ByteBuffer>?

    init(_ writer: AnswerWriter, _ list: ListAnswer) throws(APIStatus) {
        self.writer = writer
        self.list = try writer.inTableOrder(list)
        total = list.values.reduce(0) { $0 + $1.value.readableBytes + 40 }
    }

    /// Nil at the end.
    mutating func next() async throws(APIStatus) -> ByteBuffer? {
        switch writer.form.encoding {
        case .protobuf:
            if ready == nil { ready = try await protobuf() }
            return ready?.popFirst()
        case .json where !writer.form.isPretty: return try text()
        case .json, .yaml:
            if isEnded { return nil }
            isEnded = true
            return try writer.wholeBody(of: list)
        }
    }

    private mutating func text() throws(APIStatus) -> ByteBuffer? {
        if isEnded { return nil }
        var out = ByteBuffer()
        out.reserveCapacity(min(total + 1_024, Self.bytes + 16 << 10))
        if !isBegun {
            try writer.beginList(AnswerWriter.metadata(list), into: &out)
            isBegun = true
        }
        while written < list.values.count, out.readableBytes < Self.bytes {
            if written > 0 { out.writeInteger(UInt8(ascii: ",")) }
            try writer.writeItem(list.values[written], into: &out)
            written += 1
        }
        if written == list.values.count {
            out.writeString("]}\n")
            isEnded = true
        }
        return out
    }

    /// Others on the same thread get their turn between two pieces.
    private func protobuf() async throws(APIStatus) -> CircularBuffer<ByteBuffer> {
        let message = try ProtobufAnswer.List(try writer.listHead(AnswerWriter.metadata(list)))
        var pieces = CircularBuffer<ByteBuffer>()
        var piece = ByteBuffer(bytes: message.begin)
        for value in list.values {
            piece.writeBytes(try writer.item(value, of: message))
            if piece.readableBytes >= Self.bytes {
                pieces.append(piece)
                piece = ByteBuffer()
                await Task.yield()
            }
        }
        if pieces.isEmpty {
            let around = message.envelope(piece.readableBytes)
            var whole = ByteBuffer(bytes: around.head)
            whole.writeImmutableBuffer(piece)
            whole.writeBytes(around.tail)
            return [whole]
        }
        pieces.append(piece)
        let around = message.envelope(pieces.reduce(0) { $0 + $1.readableBytes })
        pieces.prepend(ByteBuffer(bytes: around.head))
        pieces.append(ByteBuffer(bytes: around.tail))
        return pieces
    }
}
