/// The pull policy that stands for none, by the image's tag.
enum ImagePullPolicy {
    /// `Always` for what may change under its name: no tag and no digest, or the tag `latest`.
    /// A reference that can't be read counts as fixed.
    static func standing(for image: String) -> String {
        tag(of: image) == "latest" ? "Always" : "IfNotPresent"
    }

    /// Bytes of a repository's name.
    private static let longestName = 255

    /// Nil when there is a digest and no tag, or when the reference is malformed.
    private static func tag(of image: String) -> String? {
        let bytes = Array(image.utf8)
        guard bytes.count <= longestName || bytes.contains(UInt8(ascii: "@")) else { return nil }
        let at = bytes.firstIndex(of: UInt8(ascii: "@"))
        let name = bytes[..<(at ?? bytes.endIndex)]
        let lastSlash = name.lastIndex(of: UInt8(ascii: "/"))
        let last = name[(lastSlash.map { $0 + 1 } ?? name.startIndex)...]
        let colon = last.firstIndex(of: UInt8(ascii: ":"))
        guard isRepository(name[..<(colon ?? name.endIndex)]) else { return nil }
        guard let colon else { return at == nil ? "latest" : nil }
        return String(decoding: name[(colon + 1)...], as: UTF8.self)
    }

    /// Whether the path is made of lowercase names; the first part may be a host in any case.
    private static func isRepository(_ name: ArraySlice<UInt8>) -> Bool {
        let parts = name.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard !parts.contains(where: \.isEmpty) else { return false }
        return parts.enumerated().allSatisfy { place, part in
            // A host is read by other rules.
            let isHost = place == 0 && parts.count > 1
            guard isHost ? isHostBegun(part) : hasSeparatorsBetween(part) else { return false }
            return part.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
                case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"):
                    isHost
                default: false
                }
            }
        }
    }

    /// A host begins with a letter or digit, or is an address in brackets.
    private static func isHostBegun(_ part: ArraySlice<UInt8>) -> Bool {
        part.first.map { $0 == UInt8(ascii: "[") || (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) }
            ?? false
    }

    /// `.`, `_`, `__` and dashes stand between letters or digits only.
    private static func hasSeparatorsBetween(_ part: ArraySlice<UInt8>) -> Bool {
        let runs = part.split(omittingEmptySubsequences: false) { byte in
            (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte)
        }
        guard let first = runs.first, let last = runs.last, first.isEmpty, last.isEmpty else { return false }
        return runs.allSatisfy { run in
            let text = String(decoding: run, as: UTF8.self)
            return ["", ".", "_", "__"].contains(text) || text.allSatisfy { $0 == "-" }
        }
    }
}
