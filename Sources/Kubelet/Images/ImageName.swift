/// A reference as pods write it.
enum ImageName {
    /// With the tag `latest` when it names neither a tag nor a digest; nil when it is malformed.
    static func tagged(_ reference: String) -> String? {
        guard isWellFormed(reference) else { return nil }
        if reference.contains("@") { return reference }
        let last = reference.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        return last.contains(":") ? reference : reference + ":latest"
    }

    private static func isWellFormed(_ reference: String) -> Bool {
        let name = reference.prefix { $0 != "@" }
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard !reference.isEmpty, !parts.contains(where: \.isEmpty) else { return false }
        let path = parts.count > 1 && isHost(parts[0]) ? parts.dropFirst() : parts[...]
        return path.enumerated().allSatisfy { at, part in
            let pieces = part.split(separator: ":", omittingEmptySubsequences: false)
            guard let name = pieces.first, let first = name.first, let last = name.last else { return false }
            let isLast = at == path.count - 1
            guard pieces.count == 1 || (isLast && pieces.count == 2 && isTag(pieces[1])) else { return false }
            func isLower(_ character: Character) -> Bool {
                character.isASCII && (character.isNumber || character.isLowercase)
            }
            return isLower(first) && isLower(last) && name.allSatisfy { isLower($0) || "._-".contains($0) }
        }
    }

    private static func isTag(_ text: Substring) -> Bool {
        guard let first = text.first, text.utf8.count <= 128, !".-".contains(first) else { return false }
        return text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
    }

    private static func isHost(_ part: Substring) -> Bool {
        part == "localhost" || part.contains(".") || part.contains(":") || part.contains { $0.isUppercase }
    }

    /// Where the image comes from, as credentials name it: `docker.io`, `quay.io`, `registry:5000`.
    static func registry(_ reference: String) -> String {
        let parts = reference.split(separator: "/", maxSplits: 1)
        return parts.count > 1 && isHost(parts[0]) ? String(parts[0]) : "docker.io"
    }

    /// The reference with its registry and without tag and digest: `docker.io/library/nginx`.
    static func repository(_ reference: String) -> String {
        var name = reference.prefix { $0 != "@" }
        if let colon = name.lastIndex(of: ":"), !name[colon...].contains("/") { name = name[..<colon] }
        let parts = name.split(separator: "/", maxSplits: 1)
        if parts.count > 1, isHost(parts[0]) { return String(name) }
        return "docker.io/" + (parts.count > 1 ? "" : "library/") + name
    }
}
