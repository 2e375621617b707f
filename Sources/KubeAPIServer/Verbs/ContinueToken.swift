import JSON
import KubeModel

/// Where a list in pages goes on: from a key on, at the revision of the first page (below 0: at whatever is there now).
/// Its text holds the key without the list's own prefix, as the original's does.
struct ContinueToken: Equatable {
    let revision: Int64
    /// The first key that may still be answered.
    let start: String

    init(revision: Int64, after key: String) {
        self.init(revision: revision, start: key + "\0")
    }

    init(revision: Int64, start: String) {
        self.revision = revision
        self.start = start
    }

    /// Longest text that is read, in bytes.
    private static let longest = 4_096

    /// Every part comes from a client; the key stays within the list.
    /// - Parameter prefix: of the list's keys: `/registry/core/pods/default/`.
    init(parsing text: String, in prefix: String) throws(APIStatus) {
        let token = try Self.decode(text)
        guard token["v"].string == "meta.k8s.io/v1" else {
            throw Self.invalid(
                "continue key is not valid: server does not recognize this encoded version "
                    + (token["v"].string ?? ""))
        }
        guard let revision = token["rv"].int, revision != 0 else {
            throw Self.invalid(
                "continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)")
        }
        let start = token["start"].string ?? ""
        if start.isEmpty {
            throw Self.invalid("continue key is not valid: encoded start key empty (version meta.k8s.io/v1)")
        }
        let parts = start.drop { $0 == "/" }.split(separator: "/", omittingEmptySubsequences: false)
        guard !start.hasPrefix("//"), parts.allSatisfy({ !["", ".", ".."].contains($0) }) else {
            throw Self.invalid("continue key is not valid: \(start)")
        }
        self.init(revision: Int64(revision), start: prefix + start.drop { $0 == "/" })
    }

    private static func decode(_ text: String) throws(APIStatus) -> JSON {
        let why = "continue key is not valid: illegal base64 data at input byte "
        let known = text.utf8.prefix { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): true
            default: false
            }
        }
        guard known.count == text.utf8.count else { throw invalid("\(why)\(known.count)") }
        // Four characters hold three bytes; one alone holds none.
        guard text.utf8.count <= longest, text.utf8.count % 4 != 1, let bytes = decodeBase64(text) else {
            throw invalid("\(why)\(text.utf8.count / 4 * 4)")
        }
        guard let token = try? JSON(parsing: bytes) else {
            throw invalid("continue key is not valid: \(GoSyntaxError.describe(bytes) ?? "no JSON")")
        }
        return token
    }

    private static func invalid(_ why: String) -> APIStatus { .badRequest("invalid continue token: \(why)") }

    /// - Parameter prefix: of the list's keys, which `start` begins with.
    func text(in prefix: String) -> String {
        let key = start.hasPrefix(prefix) ? String(start.dropFirst(prefix.count)) : start
        let token: JSON = ["v": "meta.k8s.io/v1", "rv": .init(revision), "start": .string(key)]
        return encodeBase64(token.bytes()).replacing("+", with: "-").replacing("/", with: "_").filter { $0 != "=" }
    }
}
