import CommandLine

/// Which name was probably meant: for the sentence after `No such container: x`.
package enum Nearness {
    /// Names longer than this aren't compared: the table is quadratic.
    static let longest = 128

    /// ` (did you mean "my-nginx"?)`, or nothing when no name or several names are equally near.
    package static func hint(_ asked: String, among names: [String]) -> String {
        guard let meant = nearest(asked, among: names) else { return "" }
        return " (did you mean \"\(meant)\"?)"
    }

    /// The one name within a few edits, or the one that ends in the same word (`some-nginx` for `my-nginx`).
    static func nearest(_ asked: String, among names: [String]) -> String? {
        guard asked.utf8.count <= longest else { return nil }
        let candidates = names.filter { $0.utf8.count <= longest }
        let allowed = max(1, asked.utf8.count / 4)
        let near = candidates.map { ($0, EditDistance.between(asked.lowercased(), $0.lowercased())) }
            .filter { $0.1 <= allowed }
        if let best = near.map(\.1).min() {
            let nearest = near.filter { $0.1 == best }
            return nearest.count == 1 ? nearest[0].0 : nil
        }
        let word = lastWord(asked)
        guard word.utf8.count >= 3 else { return nil }
        let related = candidates.filter { lastWord($0) == word }
        return related.count == 1 ? related[0] : nil
    }

    private static func lastWord(_ name: String) -> Substring {
        name.split(whereSeparator: { $0 == "-" || $0 == "_" || $0 == "." }).last ?? ""
    }
}
