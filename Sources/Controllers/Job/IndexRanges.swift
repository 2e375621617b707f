/// Numbers of completions as a job's status writes them: `0-2,5`.
struct IndexRanges: Equatable {
    private(set) var indexes: Set<Int> = []

    init(_ indexes: some Sequence<Int> = []) { self.indexes = Set(indexes) }

    /// What can't be read, or isn't below `limit`, is left out.
    init(_ text: String, below limit: Int) {
        for part in text.split(separator: ",") {
            let ends = part.split(separator: "-").compactMap { Int($0) }
            guard let first = ends.first, let last = ends.last, first <= last, first < limit else { continue }
            indexes.formUnion(first...min(last, limit - 1))
        }
    }

    var count: Int { indexes.count }

    func contains(_ index: Int) -> Bool { indexes.contains(index) }

    mutating func formUnion(_ other: some Sequence<Int>) { indexes.formUnion(other) }

    var text: String {
        var parts: [String] = []
        var sorted = indexes.sorted()[...]
        while let first = sorted.first {
            var last = first
            while sorted.dropFirst().first == last + 1 {
                sorted = sorted.dropFirst()
                last += 1
            }
            sorted = sorted.dropFirst()
            // Two neighbours are written one by one.
            parts.append(last == first ? "\(first)" : last == first + 1 ? "\(first),\(last)" : "\(first)-\(last)")
        }
        return parts.joined(separator: ",")
    }
}
