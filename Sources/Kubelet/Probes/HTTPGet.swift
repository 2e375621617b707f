import JSON
import KubeModel
import NIOCore
import Wire

/// A GET as probes and hooks make it, over a connection of its own.
struct HTTPGet: Sendable {
    /// Bytes of an answer's head, and redirects that are followed.
    private static let headBytes = 64 << 10, redirects = 10

    struct Answer: Sendable, Equatable {
        var status: Int
        /// Where it leads elsewhere; nil: nowhere, or to another host.
        var leavesTo: String?
    }

    var isSecure = false
    var host: String
    var port: Int
    /// With the query.
    var path: String
    var headers: [(name: String, value: String)] = []

    /// From `httpGet`; throws a sentence when its port can't be found.
    init(_ action: JSON, _ container: JSON, address: String, agent: String) throws(PodFault) {
        let asked = action.text("host")
        host = asked.isEmpty ? address : asked
        port = try Self.port(action["port"], container)
        isSecure = action.text("scheme").uppercased() == "HTTPS"
        let text = action.text("path")
        path = text.hasPrefix("/") ? text : "/" + text
        headers = action.list("httpHeaders").map { ($0.text("name"), $0.text("value")) }
        func has(_ name: String) -> Bool { headers.contains { $0.name.lowercased() == name.lowercased() } }
        if !has("User-Agent") { headers.append(("User-Agent", agent)) }
        if !has("Accept") { headers.append(("Accept", "*/*")) }
        headers.removeAll { $0.value.isEmpty }
        if !has("Host") { headers.insert(("Host", authority), at: 0) }
    }

    /// A number, or the name of one of the container's ports.
    static func port(_ value: JSON, _ container: JSON) throws(PodFault) -> Int {
        let port: Int?
        switch IntOrString(value) {
        case .int(let number)?: port = number
        case .string(let name)?:
            port = container.list("ports").first { $0.text("name") == name }?["containerPort"].int ?? Int(name)
            if port == nil {
                throw PodFault(reason: "", message: "strconv.Atoi: parsing \(GoText.quoted(name)): invalid syntax")
            }
        case nil: port = nil
        }
        guard let port, (1...65_535).contains(port) else {
            throw PodFault(reason: "", message: "invalid port number: \(port ?? 0)")
        }
        return port
    }

    private var authority: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }
    var url: String { "\(isSecure ? "https" : "http")://\(authority)\(path)" }

    /// Follows redirects on the same host.
    func send() async throws -> Answer {
        var request = self
        for _ in 0..<Self.redirects {
            let (status, location) = try await request.exchange()
            guard (300..<400).contains(status), let location else { return Answer(status: status) }
            guard let next = request.following(location) else { return Answer(status: status, leavesTo: location) }
            request = next
        }
        return Answer(status: 0)
    }

    private func following(_ location: String) -> HTTPGet? {
        var next = self
        let scheme = location.prefix { $0 != ":" && $0 != "/" }
        guard location.dropFirst(scheme.count).hasPrefix("://") else {
            next.path = location.hasPrefix("/") ? location : "/" + location
            return next
        }
        next.isSecure = scheme.lowercased() == "https"
        let rest = location.dropFirst(scheme.count + 3)
        let place = rest.prefix { $0 != "/" && $0 != "?" }
        let colon = place.lastIndex(of: ":").flatMap { place[$0...].contains("]") ? nil : $0 }
        let name = String(colon.map { place[..<$0] } ?? place).filter { $0 != "[" && $0 != "]" }
        guard name == host else { return nil }
        next.port = colon.flatMap { Int(place[place.index(after: $0)...]) } ?? (next.isSecure ? 443 : 80)
        let path = String(rest.dropFirst(place.count))
        next.path = path.hasPrefix("/") ? path : "/" + path
        return next
    }

    private func exchange() async throws -> (status: Int, location: String?) {
        let tls = isSecure ? TLSFiles(authority: nil, certificate: nil, key: nil, verify: false) : nil
        let connection = try await HTTPClient(.tcp(host: host, port: port), tls: tls).dial()
        return try await withTaskCancellationHandler {
            var text = "GET \(path) HTTP/1.1\r\n"
            for header in headers { text += "\(header.name): \(header.value)\r\n" }
            try await connection.write(ByteBuffer(string: text + "Connection: close\r\n\r\n"))
            let head = try await Self.head(connection)
            await connection.close()
            return head
        } onCancel: {
            Task { await connection.close() }
        }
    }

    private struct Malformed: Error, CustomStringConvertible {
        let description: String
    }

    private static func head(_ connection: any RawConnection) async throws -> (status: Int, location: String?) {
        var bytes: [UInt8] = []
        let end: [UInt8] = Array("\r\n\r\n".utf8)
        while bytes.count < headBytes, !contains(bytes, end) {
            guard let part = try await connection.read() else { break }
            bytes += part.readableBytesView
        }
        guard !bytes.isEmpty else { throw Malformed(description: "EOF") }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false)
        let words = (lines.first ?? "").split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[0].hasPrefix("HTTP/"), let status = Int(words[1]) else {
            throw Malformed(
                description: "net/http: HTTP/1.x transport connection broken: malformed HTTP response "
                    + GoText.quoted(String(lines.first ?? "")))
        }
        let location = lines.dropFirst().prefix { !$0.isEmpty }
            .first { $0.lowercased().hasPrefix("location:") }
            .map { $0.dropFirst("location:".count).drop { $0 == " " } }
        return (status, location.map(String.init))
    }

    private static func contains(_ bytes: [UInt8], _ pattern: [UInt8]) -> Bool {
        guard bytes.count >= pattern.count else { return false }
        return (0...(bytes.count - pattern.count)).contains { bytes[$0...].starts(with: pattern) }
    }
}
