import NIOHTTP1
import OCI

/// What a path asks for (distribution-spec, "Endpoints").
enum RegistryRoute: Equatable {
    case base
    case catalog
    case tags(String)
    case manifest(String, reference: String)
    case blob(String, digest: String)
    /// Where uploads begin.
    case uploads(String)
    case upload(String, id: String)
    case referrers(String, digest: String)

    /// Nil for paths that no registry has. Throws for names that no repository may have.
    init?(_ path: String) throws(RegistryRefusal) {
        guard path.hasPrefix("/v2"), !path.contains("%") else { return nil }
        var words = path.dropFirst(3).split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard words.first == "" else {
            if path == "/v2" { self = .base } else { return nil }
            return
        }
        words.removeFirst()
        if words == [""] || words.isEmpty {
            self = .base
            return
        }
        if words == ["_catalog"] {
            self = .catalog
            return
        }
        guard let (route, count) = Self.tail(words) else { return nil }
        let name = words.dropLast(count).joined(separator: "/")
        guard Reference.isRepository(name) else {
            throw RegistryRefusal(.badRequest, .nameInvalid, "\"\(name.prefix(255))\" can't be a repository's name")
        }
        self = route(name)
    }

    /// What the last words mean, and how many they are.
    private static func tail(_ words: [String]) -> (route: (String) -> RegistryRoute, count: Int)? {
        guard let last = words.last, words.count >= 3 else { return nil }
        let before = words[words.count - 2]
        if words.count >= 4, words[words.count - 3] == "blobs", before == "uploads" {
            return (last.isEmpty ? { .uploads($0) } : { .upload($0, id: last) }, 3)
        }
        switch before {
        case "blobs" where last == "uploads": return ({ .uploads($0) }, 2)
        case "tags" where last == "list": return ({ .tags($0) }, 2)
        case "manifests" where !last.isEmpty: return ({ .manifest($0, reference: last) }, 2)
        case "blobs" where !last.isEmpty: return ({ .blob($0, digest: last) }, 2)
        case "referrers" where !last.isEmpty: return ({ .referrers($0, digest: last) }, 2)
        default: return nil
        }
    }
}
