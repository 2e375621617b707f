/// Names made from `metadata.generateName`.
package enum GeneratedName {
    /// Without vowels and look-alikes, so that no word comes out.
    static let alphabet = Array("bcdfghjklmnpqrstvwxz2456789".utf8)
    /// Characters that are added.
    package static let suffixLength = 5
    /// Longest prefix that is kept, in bytes: a whole name must fit an RFC 1123 label.
    package static let prefixLimit = 63 - suffixLength

    /// The prefix, cut where it is too long, and five random characters.
    package static func make(_ prefix: String, using random: inout some RandomNumberGenerator) -> String {
        let kept = prefix.utf8.prefix(prefixLimit)
        return String(decoding: Array(kept), as: UTF8.self) + suffix(suffixLength, using: &random)
    }

    package static func make(_ prefix: String) -> String {
        var random = SystemRandomNumberGenerator()
        return make(prefix, using: &random)
    }

    package static func suffix(_ length: Int, using random: inout some RandomNumberGenerator) -> String {
        let bytes = (0..<length).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &random)] }
        return String(decoding: bytes, as: UTF8.self)
    }
}
