import CommandLine
import Crypto
import JSON

/// The suffix of `--append-hash`: ten characters of the content's SHA-256, as kustomize makes them too.
enum ContentHash {
    static func configMap(_ name: String, _ data: JSONObject, _ binary: JSONObject) -> String {
        var tree: JSON = ["kind": "ConfigMap", "name": .string(name), "data": data.isEmpty ? .null : .object(data)]
        if !binary.isEmpty { tree["binaryData"] = .object(binary) }
        return of(tree)
    }

    static func secret(_ name: String, _ type: String, _ data: JSONObject) -> String {
        of([
            "kind": "Secret", "type": .string(type), "name": .string(name),
            "data": data.isEmpty ? .null : .object(data),
        ])
    }

    /// Letters that could make words are replaced.
    private static let replaced: [Character: Character] = ["0": "g", "1": "h", "3": "k", "a": "m", "e": "t"]

    private static func of(_ tree: JSON) -> String {
        let digest = SHA256.hash(data: tree.withSortedMembers.bytes(escapeHTML: true))
        let digits = digest.map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }.joined()
        return String(digits.prefix(10).map { replaced[$0] ?? $0 })
    }
}
