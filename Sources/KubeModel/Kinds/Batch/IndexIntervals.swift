/// The indexes of an Indexed Job as its status and success policy write them: `1,3-5,7`.
enum IndexIntervals {
    struct Failure: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    /// How many indexes the text names; throws when it isn't of the form, not rising, or beyond `completions`.
    static func count(_ text: String, below completions: Int) throws(Failure) -> Int {
        if text.isEmpty { return 0 }
        var (total, last) = (0, Int?.none)
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let interval = try interval(part, below: completions)
            if let last, last >= interval.lowerBound {
                throw Failure("non-increasing order, previous: \(last), current: \(interval.lowerBound)")
            }
            total += interval.count
            last = interval.upperBound
        }
        return total
    }

    /// The first index that both texts name; parts that aren't of the form are left out.
    static func overlap(_ a: String, _ b: String, below completions: Int) -> Int? {
        let (a, b) = (intervals(a, below: completions), intervals(b, below: completions))
        var (i, j) = (0, 0)
        while i < a.count, j < b.count {
            if a[i].overlaps(b[j]) { return max(a[i].lowerBound, b[j].lowerBound) }
            if a[i].lowerBound <= b[j].lowerBound { i += 1 } else { j += 1 }
        }
        return nil
    }

    private static func intervals(_ text: String, below completions: Int) -> [ClosedRange<Int>] {
        text.split(separator: ",", omittingEmptySubsequences: false)
            .compactMap { try? interval($0, below: completions) }
    }

    private static func interval(_ text: Substring, below completions: Int) throws(Failure) -> ClosedRange<Int> {
        let limits = text.split(separator: "-", omittingEmptySubsequences: false)
        guard limits.count <= 2 else {
            throw Failure(
                "the fragment \(GoText.quoted(String(text))) violates the requirement that an index interval "
                    + "can have at most two parts separated by '-'")
        }
        let first = try index(limits[0], below: completions)
        guard limits.count == 2 else { return first...first }
        let last = try index(limits[1], below: completions)
        if first >= last { throw Failure("non-increasing order, previous: \(first), current: \(last)") }
        return first...last
    }

    private static func index(_ text: Substring, below completions: Int) throws(Failure) -> Int {
        let quoted = GoText.quoted(String(text))
        guard let index = GoInteger.parse(text) else {
            throw Failure("cannot convert string to integer for index: \(quoted)")
        }
        if index >= completions { throw Failure("too large index: \(quoted)") }
        return index
    }
}
