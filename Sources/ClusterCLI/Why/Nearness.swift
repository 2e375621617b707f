/// What somebody may have meant: typing mistakes against names that exist.
enum NearName {
    /// The nearest of the candidates, when it is near enough to be meant.
    static func of(_ word: String, among candidates: some Sequence<String>) -> String? {
        let most = max(1, min(3, word.count / 3))
        let near = Set(candidates).filter { $0 != word }.map { ($0, distance(word, $0)) }
            .filter { $0.1 <= most }.min { ($0.1, $0.0) < ($1.1, $1.0) }
        return near?.0
    }

    /// Insertions, removals, exchanges of a character, and of two neighbours, from one to the other.
    static func distance(_ a: String, _ b: String) -> Int {
        let a = Array(a), b = Array(b)
        var before = [Int](repeating: 0, count: b.count + 1), last = Array(0...b.count)
        for i in 0..<a.count {
            var row = [i + 1] + [Int](repeating: 0, count: b.count)
            for j in 0..<b.count {
                var best = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, before[j - 1] + 1) }
                row[j + 1] = best
            }
            (before, last) = (last, row)
        }
        return last[b.count]
    }
}
