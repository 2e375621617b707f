/// One parsed request; header names are lower case, in the order in which they came.
struct Request {
    var method: [UInt8] = []
    var target: [UInt8] = []
    /// `1.0` or `1.1`.
    var version: [UInt8] = []
    var headers: [(name: [UInt8], value: [UInt8])] = []
    var body: [UInt8] = []

    /// The value of the first header of that name (lower case); nil when there is none.
    func header(_ name: StaticString) -> [UInt8]? {
        headers.first { equal($0.name, name) }?.value
    }

    /// HTTP/1.1 keeps the connection unless told otherwise, 1.0 closes it unless told otherwise (RFC 9112, 9.3).
    var keepsAlive: Bool {
        let connection = lowercased(header("connection") ?? [])
        return equal(version, "1.1") ? !equal(connection, "close") : equal(connection, "keep-alive")
    }
}

enum Parsed {
    /// More has to come; `expects100`: the client waits for "100 Continue" before it sends the body (RFC 9110, 10.1.1).
    case incomplete(expects100: Bool)
    /// The request and how many bytes of the input it took.
    case request(Request, Int)
    /// The status line's number and words to refuse it with.
    case refused(StaticString)
}

enum Limit {
    /// Bytes of request line and headers together; nginx's default for large headers.
    static let head = 32 << 10
    /// Bytes of a body that is echoed; more is answered with 413.
    static let body = 1 << 20
}

/// Reads a request from the start of the input (RFC 9112). Bodies come with a length or chunked.
func parse(_ input: [UInt8]) -> Parsed {
    guard let headEnd = find("\r\n\r\n", in: input, from: 0) else {
        return input.count > Limit.head
            ? .refused("431 Request Header Fields Too Large") : .incomplete(expects100: false)
    }
    guard headEnd <= Limit.head else { return .refused("431 Request Header Fields Too Large") }
    var request = Request()
    var lineStart = 0
    var isFirst = true
    while lineStart < headEnd {
        let lineEnd = find("\r\n", in: input, from: lineStart) ?? headEnd
        let line = Array(input[lineStart..<min(lineEnd, headEnd)])
        if isFirst {
            guard readRequestLine(line, into: &request) else { return .refused("400 Bad Request") }
            isFirst = false
        } else {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0 else {
                return .refused("400 Bad Request")
            }
            request.headers.append((lowercased(Array(line[..<colon])), trimmed(Array(line[(colon + 1)...]))))
        }
        lineStart = lineEnd + 2
    }
    let result = readBody(request, input, from: headEnd + 4)
    guard case .incomplete = result, let expected = request.header("expect") else { return result }
    return .incomplete(expects100: equal(lowercased(expected), "100-continue"))
}

private func readRequestLine(_ line: [UInt8], into request: inout Request) -> Bool {
    let words = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: true)
    guard words.count == 3, words[2].count == 8, equal(Array(words[2].prefix(5)), "HTTP/") else { return false }
    request.method = Array(words[0])
    request.target = Array(words[1])
    request.version = Array(words[2].dropFirst(5))
    return true
}

private func readBody(_ request: Request, _ input: [UInt8], from start: Int) -> Parsed {
    var request = request
    if let coding = request.header("transfer-encoding") {
        guard equal(lowercased(coding), "chunked") else { return .refused("501 Not Implemented") }
        return readChunks(request, input, from: start)
    }
    guard let text = request.header("content-length") else { return .request(request, start) }
    guard let length = number(text, radix: 10) else { return .refused("400 Bad Request") }
    guard length <= Limit.body else { return .refused("413 Request Entity Too Large") }
    guard input.count >= start + length else { return .incomplete(expects100: false) }
    request.body = Array(input[start..<(start + length)])
    return .request(request, start + length)
}

private func readChunks(_ request: Request, _ input: [UInt8], from start: Int) -> Parsed {
    var request = request
    var at = start
    while true {
        guard let lineEnd = find("\r\n", in: input, from: at) else { return .incomplete(expects100: false) }
        let size = input[at..<lineEnd].split(separator: UInt8(ascii: ";"), maxSplits: 1).first ?? []
        guard let length = number(trimmed(Array(size)), radix: 16) else { return .refused("400 Bad Request") }
        guard request.body.count + length <= Limit.body else { return .refused("413 Request Entity Too Large") }
        let dataStart = lineEnd + 2
        if length == 0 {
            guard let end = endOfTrailers(input, from: dataStart) else {
                return input.count - dataStart > Limit.head
                    ? .refused("431 Request Header Fields Too Large") : .incomplete(expects100: false)
            }
            return .request(request, end)
        }
        guard input.count >= dataStart + length + 2 else { return .incomplete(expects100: false) }
        at = dataStart + length + 2
        request.body += input[dataStart..<(dataStart + length)]
    }
}

/// Where the empty line after a chunked body's trailer ends; nil: it hasn't come. Trailers are passed over.
private func endOfTrailers(_ input: [UInt8], from start: Int) -> Int? {
    var at = start
    while let lineEnd = find("\r\n", in: input, from: at) {
        if lineEnd == at { return lineEnd + 2 }
        at = lineEnd + 2
    }
    return nil
}
