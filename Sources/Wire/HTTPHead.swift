import NIOCore
import NIOHTTP1

/// The first part of a message, checked as RFC 9112 asks.
struct HTTPHead {
    /// `GET /path HTTP/1.1` or `HTTP/1.1 200 OK`, split at its first two spaces.
    let startLine: (String, String, String)
    let headers: HTTPHeaders

    /// How many bytes of `buffer` the head takes, its empty last line included; nil when it isn't complete. `scanned`
    /// remembers how far earlier calls have looked.
    static func length(in buffer: ByteBuffer, scanned: inout Int) -> Int? {
        buffer.withUnsafeReadableBytes { bytes in
            var at = scanned
            while let line = bytes[at...].firstIndex(of: UInt8(ascii: "\n")) {
                let next = line + 1
                if next < bytes.count, bytes[next] == UInt8(ascii: "\n") { return next + 1 }
                if next + 1 < bytes.count, bytes[next] == UInt8(ascii: "\r"), bytes[next + 1] == UInt8(ascii: "\n") {
                    return next + 2
                }
                if next + 1 >= bytes.count {
                    scanned = line
                    return nil
                }
                at = next
            }
            scanned = bytes.count
            return nil
        }
    }

    init(_ bytes: ByteBuffer) throws(HTTPProblem) {
        let result = bytes.withUnsafeReadableBytes { raw in
            Result { () throws(HTTPProblem) in try HTTPHead.read(raw[...]) }
        }
        (startLine, headers) = try result.get()
    }

    private typealias Line = Slice<UnsafeRawBufferPointer>

    private static func read(_ bytes: Line) throws(HTTPProblem) -> ((String, String, String), HTTPHeaders) {
        var rest = bytes
        guard let first = nextLine(&rest) else { throw HTTPProblem(400, "empty request") }
        let start = try startLine(first)
        var headers = HTTPHeaders()
        headers.reserveCapacity(16)
        var count = 0
        while let line = nextLine(&rest) {
            count += 1
            guard count <= HTTPLimit.headerFields else { throw HTTPProblem(431, "too many header fields") }
            let (name, value) = try field(line)
            headers.add(name: name, value: value)
        }
        return (start, headers)
    }

    /// Without its end; nil at the head's end.
    private static func nextLine(_ rest: inout Line) -> Line? {
        guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        var line = rest[..<end]
        rest = rest[(end + 1)...]
        if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
        return line.isEmpty ? nil : line
    }

    private static func text(_ bytes: Line) -> String {
        String(decoding: UnsafeRawBufferPointer(rebasing: bytes), as: UTF8.self)
    }

    private static func startLine(_ line: Line) throws(HTTPProblem) -> (String, String, String) {
        guard line.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw HTTPProblem(400, "control character in the request line")
        }
        let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            throw HTTPProblem(400, "malformed request line")
        }
        return (text(parts[0]), text(parts[1]), parts.count > 2 ? text(parts[2]) : "")
    }

    private static func field(_ line: Line) throws(HTTPProblem) -> (String, String) {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex else {
            throw HTTPProblem(400, "header field without a name")
        }
        let name = line[..<colon]
        guard name.allSatisfy(isTokenByte) else { throw HTTPProblem(400, "malformed header name") }
        var value = line[(colon + 1)...]
        while let byte = value.first, byte == 0x20 || byte == 0x09 { value = value.dropFirst() }
        while let byte = value.last, byte == 0x20 || byte == 0x09 { value = value.dropLast() }
        guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
            throw HTTPProblem(400, "control character in a header value")
        }
        return (text(name), text(value))
    }

    /// `tchar` of RFC 9110, 5.6.2.
    static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
            true
        default: "!#$%&'*+.^_`|~".utf8.contains(byte)
        }
    }
}

extension HTTPHeaders {
    /// Whether the comma-separated list in `name` holds `token`, whatever its case.
    package func lists(_ token: String, in name: String) -> Bool {
        self[canonicalForm: name].contains { $0.lowercased() == token }
    }
}
