import DockerModel
import Fault
import JSON
import OCI
import Registry

extension Engine {
    private static let searchFilters: Set<String> = ["is-automated", "is-official", "stars"]
    /// Results that are asked for when the client names no limit; dockerd's.
    private static let standardLimit = 25

    /// Engine API, ImageSearch.
    package func searchImages(_ term: String, limit: Int, filters: Filters, auth: JSON) async throws -> [JSON] {
        try filters.check(Self.searchFilters)
        let wantsOfficial = try Self.flag(filters, "is-official")
        // Nothing is automated any more, whatever an index says.
        if try Self.flag(filters, "is-automated") == true { return [] }
        let stars = try filters["stars"].map { (text) throws(Fault) -> Int in
            guard let count = Int(text) else { throw Fault(.invalid, "invalid filter 'stars=\(text)'") }
            return count
        }.max()
        let (registry, name) = try Self.split(term)
        let found = try await self.registry.search(
            name, registry: registry, limit: limit == 0 ? Self.standardLimit : limit, Credentials(authConfig: auth))
        return found.compactMap { result in
            let isOfficial = result["is_official"].bool ?? false, count = result["star_count"].int ?? 0
            if let wantsOfficial, wantsOfficial != isOfficial { return nil }
            if let stars, count < stars { return nil }
            return [
                "star_count": JSON(count), "is_official": .bool(isOfficial),
                "name": .string(result["name"].string ?? ""), "is_automated": false,
                "description": .string(result["description"].string ?? ""),
            ]
        }
    }

    /// `HOST/NAME`, or a name on Docker Hub.
    private static func split(_ term: String) throws(Fault) -> (registry: String, name: String) {
        if term.contains("://") {
            throw Fault(.invalid, "invalid repository name: repository name (\(term)) should not have a scheme")
        }
        let parts = term.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        if parts.count == 2, parts[0].contains(".") || parts[0].contains(":") || parts[0] == "localhost" {
            return (parts[0] == "index.docker.io" ? Reference.defaultRegistry : parts[0], parts[1])
        }
        return (Reference.defaultRegistry, term.hasPrefix("library/") ? String(term.dropFirst(8)) : term)
    }

    /// Nil when the filter isn't there.
    static func flag(_ filters: Filters, _ name: String) throws(Fault) -> Bool? {
        guard let text = filters[name].first else { return nil }
        guard let value = TruthValue.parse(text) else { throw Fault(.invalid, "invalid filter '\(name)=[\(text)]'") }
        return value
    }
}
