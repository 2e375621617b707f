import AsyncHTTPClient
import CLinux
import DockerModel
import Fault
import Linux
import NIOCore
import NIOHTTP1
import OCI

/// Files by HTTP: ADD's sources and contexts.
package enum Download {
    enum Limit {
        /// Largest file, in bytes.
        static let bytes: Int64 = 8 << 30
        static let timeout = TimeAmount.minutes(30)
    }

    package static func isURL(_ text: String) -> Bool { text.hasPrefix("http://") || text.hasPrefix("https://") }

    package static func isGit(_ text: String) -> Bool {
        let path = text.prefix { $0 != "#" && $0 != "?" }
        return text.hasPrefix("git@") || text.hasPrefix("git://") || text.hasPrefix("ssh://")
            || isURL(text) && path.hasSuffix(".git")
    }

    /// The last part of the address's path; empty when it has none.
    static func name(of url: String) -> String {
        let rest = url.drop { $0 != ":" }.dropFirst(3)
        guard let slash = rest.firstIndex(of: "/") else { return "" }
        return String(rest[slash...].prefix { $0 != "?" && $0 != "#" }.split(separator: "/").last ?? "")
    }

    /// Asks once: who isn't there now is told of at once.
    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    /// Its bytes as they come. Throws when the server answers anything but success.
    static func source(_ url: String) async throws -> (ByteSource, modified: Int64?) {
        let answer: HTTPClientResponse
        do {
            answer = try await client.execute(HTTPClientRequest(url: url), timeout: Limit.timeout)
        } catch {
            throw Fault(.invalid, "can't download \(url): \(sentence(error))", cause: error)
        }
        guard answer.status == .ok else {
            throw Fault(.invalid, "invalid response status \(answer.status.code): \(url)")
        }
        let modified = answer.headers.first(name: "last-modified").flatMap(HTTPDate.seconds)
        let box = BodyIterator(answer.body)
        return (ByteSource(next: { try await box.next() }), modified)
    }

    /// Into a new file. Answers the digest of its content.
    static func save(_ url: String, to path: String) async throws -> (Digest, modified: Int64?) {
        let (source, modified) = try await source(url)
        let file = try OwnedDescriptor.open(path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
        var hash = ContentHash()
        var size: Int64 = 0
        while let piece = try await source.next() {
            size += Int64(piece.readableBytes)
            guard size <= Limit.bytes else { throw Fault(.invalid, "\(url) is larger than \(Limit.bytes) bytes") }
            try piece.withUnsafeReadableBytes { bytes in
                hash.update(bytes)
                try file.writeAll(bytes, subject: path)
            }
        }
        return (hash.digest, modified)
    }
}

/// A response's body, one piece after the other.
private final class BodyIterator: @unchecked Sendable {
    // Unchecked: one reader, who waits for each piece.
    private var iterator: HTTPClientResponse.Body.AsyncIterator
    init(_ body: HTTPClientResponse.Body) { iterator = body.makeAsyncIterator() }
    func next() async throws -> ByteBuffer? { try await iterator.next() }
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7).
enum HTTPDate {
    static func seconds(_ text: String) -> Int64? {
        var parts = tm()
        guard strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &parts) != nil else { return nil }
        return Int64(timegm(&parts))
    }
}
