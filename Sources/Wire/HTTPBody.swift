import NIOCore
import NIOHTTP1

/// How a message says where its body ends (RFC 9112, 6), and how much of it is still to come.
enum HTTPBody: Equatable {
    case none
    case length(left: Int)
    /// Before a chunk's size line.
    case chunkSize
    case chunk(left: Int)
    /// Before the line end behind a chunk's bytes.
    case chunkEnd
    case trailers(seen: Int)
    case untilClose

    static func ofRequest(_ headers: HTTPHeaders) throws(HTTPProblem) -> HTTPBody {
        try framed(headers) ?? .none
    }

    static func ofAnswer(status: UInt, to method: HTTPMethod, _ headers: HTTPHeaders) throws(HTTPProblem) -> HTTPBody {
        if method == .HEAD || status < 200 || status == 204 || status == 304 { return .none }
        return try framed(headers) ?? .untilClose
    }

    private static func framed(_ headers: HTTPHeaders) throws(HTTPProblem) -> HTTPBody? {
        let codings = headers[canonicalForm: "transfer-encoding"]
        let lengths = headers["content-length"]
        if !codings.isEmpty {
            guard codings.count == 1, codings[0].lowercased() == "chunked" else {
                throw HTTPProblem(501, "unsupported transfer encoding")
            }
            guard lengths.isEmpty else { throw HTTPProblem(400, "both Content-Length and Transfer-Encoding") }
            return .chunkSize
        }
        guard let text = lengths.first else { return nil }
        guard lengths.allSatisfy({ $0 == text }), !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let length = Int(text)
        else { throw HTTPProblem(400, "bad Content-Length") }
        return length == 0 ? HTTPBody.none : .length(left: length)
    }

    enum Step: Equatable {
        case part(ByteBuffer)
        case needsMore
        case end
    }

    /// Takes the body's next bytes from `buffer`.
    mutating func next(from buffer: inout ByteBuffer) throws(HTTPProblem) -> Step {
        while true {
            switch self {
            case .none: return .end
            case .untilClose: return Self.take(&buffer, upTo: .max).map(Step.part) ?? .needsMore
            case .length(let left):
                guard let part = Self.take(&buffer, upTo: left) else { return .needsMore }
                self = part.readableBytes == left ? .none : .length(left: left - part.readableBytes)
                return .part(part)
            case .chunk(let left):
                guard let part = Self.take(&buffer, upTo: left) else { return .needsMore }
                self = part.readableBytes == left ? .chunkEnd : .chunk(left: left - part.readableBytes)
                return .part(part)
            case .chunkSize:
                guard let line = try Self.line(&buffer) else { return .needsMore }
                let size = try Self.chunkSize(line)
                self = size == 0 ? .trailers(seen: 0) : .chunk(left: size)
            case .chunkEnd:
                guard let line = try Self.line(&buffer) else { return .needsMore }
                guard line.readableBytes == 0 else { throw HTTPProblem(400, "a chunk is longer than its size says") }
                self = .chunkSize
            case .trailers(let seen):
                guard let line = try Self.line(&buffer) else { return .needsMore }
                guard seen + line.readableBytes <= HTTPLimit.trailerBytes else {
                    throw HTTPProblem(431, "trailers too long")
                }
                self = line.readableBytes == 0 ? .none : .trailers(seen: seen + line.readableBytes)
            }
        }
    }

    private static func take(_ buffer: inout ByteBuffer, upTo limit: Int) -> ByteBuffer? {
        let count = min(limit, buffer.readableBytes)
        return count == 0 ? nil : buffer.readSlice(length: count)
    }

    /// The next line without its end; nil when it isn't complete.
    private static func line(_ buffer: inout ByteBuffer) throws(HTTPProblem) -> ByteBuffer? {
        let view = buffer.readableBytesView
        guard let end = view.firstIndex(of: UInt8(ascii: "\n")) else {
            guard view.count <= HTTPLimit.chunkLineBytes else { throw HTTPProblem(400, "chunk line too long") }
            return nil
        }
        guard end - view.startIndex <= HTTPLimit.chunkLineBytes else { throw HTTPProblem(400, "chunk line too long") }
        let hasReturn = end > view.startIndex && view[end - 1] == UInt8(ascii: "\r")
        let line = buffer.readSlice(length: end - view.startIndex - (hasReturn ? 1 : 0))
        buffer.moveReaderIndex(forwardBy: hasReturn ? 2 : 1)
        return line
    }

    private static func chunkSize(_ line: ByteBuffer) throws(HTTPProblem) -> Int {
        var digits = line.readableBytesView.prefix { $0 != UInt8(ascii: ";") }[...]
        while let byte = digits.last, byte == 0x20 || byte == 0x09 { digits = digits.dropLast() }
        // "+5" and "-5" are integers to Swift and no sizes to HTTP.
        guard let first = digits.first, first != UInt8(ascii: "+"), first != UInt8(ascii: "-"), digits.count <= 15,
            let size = Int(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw HTTPProblem(400, "bad chunk size") }
        return size
    }
}
