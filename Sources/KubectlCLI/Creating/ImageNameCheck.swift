/// The grammar of image names, as far as it is checked before the server sees them.
enum ImageNameCheck {
    /// `[HOST/]PATH[:TAG][@DIGEST]`, with a path of lower-case words.
    static func isReference(_ text: String) -> Bool {
        var rest = text[...]
        if let at = rest.firstIndex(of: "@") {
            guard isDigest(rest[rest.index(after: at)...]) else { return false }
            rest = rest[..<at]
        }
        var parts = rest.split(separator: "/", omittingEmptySubsequences: false)
        if let last = parts.popLast() {
            let halves = last.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            if halves.count == 2, !isTag(halves[1]) { return false }
            parts.append(halves.first ?? "")
        }
        if parts.count > 1, isHost(parts[0]) { parts.removeFirst() }
        return !parts.isEmpty && parts.allSatisfy(isWord)
    }

    private static func isHost(_ part: Substring) -> Bool {
        part == "localhost" || part.contains(where: { ".:".contains($0) || $0.isUppercase })
    }

    /// Letters and digits, with single or double separators between them.
    private static func isWord(_ part: Substring) -> Bool {
        func isPlain(_ character: Character) -> Bool {
            ("a"..."z").contains(character) || ("0"..."9").contains(character)
        }
        guard let first = part.first, let last = part.last, isPlain(first), isPlain(last) else { return false }
        guard part.allSatisfy({ isPlain($0) || "._-".contains($0) }) else { return false }
        let joints = part.split(whereSeparator: isPlain)
        return joints.allSatisfy { [".", "_", "__"].contains($0) || $0.allSatisfy { $0 == "-" } }
    }

    private static func isTag(_ tag: Substring) -> Bool {
        !tag.isEmpty && tag.utf8.count <= 128 && !"-.".contains(tag.first ?? "-")
            && tag.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_.-".contains($0)) }
    }

    private static func isDigest(_ digest: Substring) -> Bool {
        let halves = digest.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        return halves.count == 2 && !halves[0].isEmpty && halves[1].count >= 32 && halves[1].allSatisfy(\.isHexDigit)
    }
}
