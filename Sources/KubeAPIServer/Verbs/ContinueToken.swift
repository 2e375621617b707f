import JSON

/// Where a list in pages goes on: after a key, at the revision of the first page (-1: at whatever is there now).
struct ContinueToken: Equatable {
    let revision: Int64
    let key: String

    init(revision: Int64, after key: String) {
        self.revision = revision
        self.key = key
    }

    /// Nil for what isn't one of ours; every part comes from a client.
    init?(_ text: String) {
        guard text.utf8.count <= 4_096, let bytes = decodeBase64(text), let token = try? JSON(parsing: bytes),
            token["v"].string == "meta.k8s.io/v1", let revision = token["rv"].int, let key = token["start"].string,
            key.hasPrefix("/"), !key.contains("/../")
        else { return nil }
        self.init(revision: Int64(revision), after: key)
    }

    var text: String {
        let token: JSON = ["v": "meta.k8s.io/v1", "rv": .init(revision), "start": .string(key)]
        return encodeBase64(token.bytes()).replacing("+", with: "-").replacing("/", with: "_").filter { $0 != "=" }
    }
}
