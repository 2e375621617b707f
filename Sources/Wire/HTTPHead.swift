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

    init(_ bytes: ByteBufferView) throws(HTTPProblem) {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true)[...]
        guard let first = lines.popFirst() else { throw HTTPProblem(400, "empty request") }
        startLine = try HTTPHead.startLine(HTTPHead.trimmingReturn(first))
        guard lines.count <= HTTPLimit.headerFields else { throw HTTPProblem(431, "too many header fields") }
        var headers = HTTPHeaders()
        for line in lines {
            let line = HTTPHead.trimmingReturn(line)
            if line.isEmpty { break }
            let (name, value) = try HTTPHead.field(line)
            headers.add(name: name, value: value)
        }
        self.headers = headers
    }

    private static func trimmingReturn(_ line: ByteBufferView) -> ByteBufferView {
        line.last == UInt8(ascii: "\r") ? line.dropLast() : line
    }

    private static func startLine(_ line: ByteBufferView) throws(HTTPProblem) -> (String, String, String) {
        guard line.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw HTTPProblem(400, "control character in the request line")
        }
        let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            throw HTTPProblem(400, "malformed request line")
        }
        let third = parts.count > 2 ? String(decoding: parts[2], as: UTF8.self) : ""
        return (String(decoding: parts[0], as: UTF8.self), String(decoding: parts[1], as: UTF8.self), third)
    }

    private static func field(_ line: ByteBufferView) throws(HTTPProblem) -> (String, String) {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex else {
            throw HTTPProblem(400, "header field without a name")
        }
        let name = line[..<colon]
        guard name.allSatisfy(isTokenByte) else { throw HTTPProblem(400, "malformed header name") }
        var value = line[line.index(after: colon)...]
        while let byte = value.first, byte == 0x20 || byte == 0x09 { value = value.dropFirst() }
        while let byte = value.last, byte == 0x20 || byte == 0x09 { value = value.dropLast() }
        guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
            throw HTTPProblem(400, "control character in a header value")
        }
        return (String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self))
    }

    /// `tchar` of RFC 9110, 5.6.2.
    static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}

extension HTTPHeaders {
    /// Whether the comma-separated list in `name` holds `token`, whatever its case.
    package func lists(_ token: String, in name: String) -> Bool {
        self[canonicalForm: name].contains { $0.lowercased() == token }
    }
}
