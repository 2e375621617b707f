import CommandLine
import KubeModel

/// Both modules below have types of these names; these are the ones that this module means.
typealias ModelTime = KubeModel.Timestamp
typealias ModelText = KubeModel.GoText

extension String {
    var trimmed: String {
        var part = self[...]
        while let first = part.first, first.isWhitespace { part.removeFirst() }
        while let last = part.last, last.isWhitespace { part.removeLast() }
        return String(part)
    }

    /// The halves around the first `separator`; nil when it isn't there.
    func cut(_ separator: Character) -> (String, String)? {
        guard let at = firstIndex(of: separator) else { return nil }
        return (String(self[..<at]), String(self[index(after: at)...]))
    }

    func parts(_ separator: Character) -> [String] {
        split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }

    /// Go's `%q`.
    var quoted: String { ModelText.quoted(self) }
}
