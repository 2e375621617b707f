import Crypto
import Fault
import JSON
import NIOHTTP1
import Wire

/// Who may use a registry: everybody, or those who know one of its passwords (RFC 7617, Basic).
package struct RegistryAccess: Sendable {
    /// Hashes of what `Authorization: Basic` carries, decoded; nil: everybody.
    private let known: [SHA256Digest]?

    package static let open = RegistryAccess(known: nil)

    private init(known: [SHA256Digest]?) { self.known = known }

    /// - Parameter text: `USER:PASSWORD` on each line; empty ones and those that begin with `#` are skipped. Throws
    ///   `invalid` for other lines, and when there is none.
    package init(passwords text: String) throws(Fault) {
        let lines = text.split(whereSeparator: \.isNewline).filter {
            !$0.hasPrefix("#") && !$0.allSatisfy(\.isWhitespace)
        }
        guard !lines.isEmpty, lines.allSatisfy({ $0.contains(":") && !$0.hasPrefix(":") }) else {
            throw Fault(.invalid, "the password file is to have lines of USER:PASSWORD")
        }
        known = lines.map { SHA256.hash(data: Array($0.utf8)) }
    }

    func check(_ request: HTTPRequest) throws(RegistryRefusal) {
        guard let known else { return }
        let parts = (request.headers.first(name: "authorization") ?? "").split(separator: " ", maxSplits: 1)
        if parts.count == 2, parts[0].lowercased() == "basic", let bytes = decodeBase64(String(parts[1])) {
            let sent = SHA256.hash(data: bytes)
            // All are looked at, and digests compare in constant time.
            if known.reduce(false, { $0 || $1 == sent }) { return }
        }
        throw RegistryRefusal(
            .unauthorized, .unauthorized, "authentication required",
            ["WWW-Authenticate": "Basic realm=\"hako registry\""])
    }
}
