import Fault

/// The name of an image: `[host[:port]/]path[:tag][@digest]` with Docker's defaults filled in (distribution
/// reference grammar; docker.io, `library/` and `latest` as docker/distribution's `ParseNormalizedNamed`).
package struct Reference: Sendable, Hashable {
    /// `docker.io`, `localhost:5000`, …
    package var registry: String
    /// `library/nginx`.
    package var repository: String
    /// Nil when the reference names a digest and no tag; otherwise never nil after `withDefaultTag`.
    package var tag: String?
    package var digest: Digest?

    package static let defaultRegistry = "docker.io"
    package static let defaultTag = "latest"
    static let legacyDefaultRegistry = "index.docker.io"
    static let officialPrefix = "library/"

    package init(registry: String, repository: String, tag: String? = nil, digest: Digest? = nil) {
        self.registry = registry
        self.repository = repository
        self.tag = tag
        self.digest = digest
    }

    /// Reads what a person typed. Throws `invalid` in Docker's words.
    package init(parsing text: String) throws(Fault) {
        if Grammar.isIdentifier(text) {
            throw Fault(.invalid, "invalid repository name (\(text)), cannot specify 64-byte hexadecimal strings")
        }
        let (registry, rest) = Self.splitRegistry(text)
        let name = rest.prefix { $0 != ":" && $0 != "@" }
        if name.utf8.contains(where: { (0x41...0x5A).contains($0) }) {
            throw Fault(.invalid, "invalid reference format: repository name (\(name)) must be lowercase")
        }
        var tail = rest[name.endIndex...]
        var tag: Substring?
        if tail.first == ":" {
            let end = tail.firstIndex(of: "@") ?? tail.endIndex
            tag = tail[tail.index(after: tail.startIndex)..<end]
            tail = tail[end...]
        }
        guard Grammar.isDomain(registry), Grammar.isPath(name), tag.map(Grammar.isTag) ?? true else {
            throw Fault(.invalid, "invalid reference format")
        }
        guard name.utf8.count <= Limit.repositoryBytes else {
            throw Fault(.invalid, "repository name must not be more than \(Limit.repositoryBytes) characters")
        }
        self.registry = registry
        repository = String(name)
        self.tag = tag.map(String.init)
        digest = try tail.isEmpty ? nil : Self.digest(tail.dropFirst())
    }

    /// The name as far as it is a registry, and the path with `library/` before official names.
    private static func splitRegistry(_ text: String) -> (registry: String, rest: String) {
        var registry = defaultRegistry
        var rest = text
        if let slash = text.firstIndex(of: "/") {
            let head = text[..<slash]
            // An upper-case letter can't be in a path, so it must be a host's name.
            if head == "localhost"
                || head.utf8.contains(where: { $0 == 0x2E || $0 == 0x3A || (0x41...0x5A).contains($0) })
            {
                registry = head == legacyDefaultRegistry ? defaultRegistry : String(head)
                rest = String(text[text.index(after: slash)...])
            }
        }
        if registry == defaultRegistry, !rest.contains("/") { rest = officialPrefix + rest }
        return (registry, rest)
    }

    private static func digest(_ text: Substring) throws(Fault) -> Digest {
        guard let colon = text.firstIndex(of: ":"), text[text.index(after: colon)...].utf8.count >= 32,
            text[text.index(after: colon)...].utf8.allSatisfy(Grammar.isHex), Grammar.isAlgorithm(text[..<colon])
        else { throw Fault(.invalid, "invalid reference format") }
        guard text[..<colon] == "sha256" else { throw Fault(.invalid, "unsupported digest algorithm") }
        guard text.utf8.count == "sha256:".utf8.count + 64 else {
            throw Fault(.invalid, "invalid checksum digest length")
        }
        do { return try Digest(parsing: String(text)) } catch { throw Fault(.invalid, "invalid reference format") }
    }

    /// Whether the text is a repository's path, without a registry: `library/nginx`.
    package static func isRepository(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= Limit.repositoryBytes && Grammar.isPath(text)
    }

    package static func isTag(_ text: String) -> Bool { Grammar.isTag(Substring(text)) }

    enum Limit {
        /// Longest repository path, in bytes (distribution reference grammar, `RepositoryNameTotalLengthMax`).
        static let repositoryBytes = 255
        /// Longest tag, in bytes.
        static let tagBytes = 128
    }
}

extension Reference: CustomStringConvertible {
    /// `docker.io/library/nginx`.
    package var name: String { "\(registry)/\(repository)" }

    /// `docker.io/library/nginx:latest`, with every part that is set.
    package var canonical: String { name + suffix }

    /// `nginx`, as people see it.
    package var familiarName: String {
        guard registry == Self.defaultRegistry else { return name }
        let short = repository.dropFirst(Self.officialPrefix.count)
        return repository.hasPrefix(Self.officialPrefix) && !short.contains("/") ? String(short) : repository
    }

    /// `nginx:latest`, as people see it.
    package var familiar: String { familiarName + suffix }

    package var description: String { familiar }

    private var suffix: String { (tag.map { ":" + $0 } ?? "") + (digest.map { "@\($0)" } ?? "") }

    /// The same with `latest` when it has neither tag nor digest.
    package var withDefaultTag: Reference {
        guard tag == nil, digest == nil else { return self }
        var copy = self
        copy.tag = Self.defaultTag
        return copy
    }

    /// The repository alone.
    package var withoutTag: Reference { Reference(registry: registry, repository: repository) }

    /// The repository at a digest, as `RepoDigests` lists it.
    package func at(_ digest: Digest) -> Reference {
        Reference(registry: registry, repository: repository, digest: digest)
    }

    package func with(tag: String) throws(Fault) -> Reference {
        guard Grammar.isTag(tag[...]) else { throw Fault(.invalid, "invalid reference format") }
        var copy = self
        copy.tag = tag
        return copy
    }
}
