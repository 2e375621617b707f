import JSON

/// What changed between two values, as a unified diff of their JSON, for messages.
enum LineDiff {
    /// Lines of context around a change.
    private static let context = 3
    /// Beyond this many pairs of lines to compare, all of what differs counts as replaced.
    private static let pairLimit = 1_000_000

    /// Hunks only, no file names; each line ends with a line feed.
    /// - Parameter sorted: whether members stand in the order of their names, instead of their own.
    static func of(_ old: JSON, _ new: JSON, sorted: Bool = true) -> String {
        let (a, b) = (lines(old, sorted), lines(new, sorted))
        let steps = edits(a, b)
        var text = ""
        var at = 0
        while let first = steps[at...].firstIndex(where: { !$0.isSame }) {
            // A hunk ends where enough lines in a row are the same to separate it from the next.
            var end = first
            var next = first
            while next < steps.count, next - end <= 2 * context {
                if !steps[next].isSame { end = next }
                next += 1
            }
            let range = max(at, first - context)..<min(steps.count, end + 1 + context)
            text += hunk(Array(steps[range]))
            at = range.upperBound
            if at >= steps.count { break }
        }
        return text
    }

    private enum Step {
        case same(String, old: Int, new: Int), removed(String, old: Int, new: Int), added(String, old: Int, new: Int)

        var isSame: Bool { if case .same = self { true } else { false } }
    }

    private static func hunk(_ steps: [Step]) -> String {
        var (body, oldCount, newCount) = ("", 0, 0)
        var start = (old: 0, new: 0)
        for (index, step) in steps.enumerated() {
            let (mark, line, old, new) =
                switch step {
                case .same(let line, let old, let new): (" ", line, old, new)
                case .removed(let line, let old, let new): ("-", line, old, new)
                case .added(let line, let old, let new): ("+", line, old, new)
                }
            if index == 0 { start = (old, new) }
            if mark != "+" { oldCount += 1 }
            if mark != "-" { newCount += 1 }
            body += "\(mark)\(line)\n"
        }
        func range(_ start: Int, _ count: Int) -> String {
            count == 1 ? "\(start + 1)" : "\(count == 0 ? start : start + 1),\(count)"
        }
        return "@@ -\(range(start.old, oldCount)) +\(range(start.new, newCount)) @@\n\(body)"
    }

    /// Each line's fate, by a longest common subsequence.
    private static func edits(_ a: [String], _ b: [String]) -> [Step] {
        let head = zip(a, b).prefix { $0 == $1 }.count
        let rest = min(a.count, b.count) - head
        let tail = zip(a.reversed(), b.reversed()).prefix(rest).prefix { $0 == $1 }.count
        let (x, y) = (Array(a[head..<(a.count - tail)]), Array(b[head..<(b.count - tail)]))
        var steps: [Step] = (0..<head).map { .same(a[$0], old: $0, new: $0) }
        var (i, j) = (0, 0)
        if x.count * y.count <= pairLimit {
            let width = y.count + 1
            var table = [Int32](repeating: 0, count: (x.count + 1) * width)
            for i in x.indices.reversed() {
                for j in y.indices.reversed() {
                    table[i * width + j] =
                        x[i] == y[j]
                        ? table[(i + 1) * width + j + 1] + 1
                        : max(table[(i + 1) * width + j], table[i * width + j + 1])
                }
            }
            while i < x.count, j < y.count {
                if x[i] == y[j] {
                    steps.append(.same(x[i], old: head + i, new: head + j))
                    (i, j) = (i + 1, j + 1)
                } else if table[(i + 1) * width + j] >= table[i * width + j + 1] {
                    steps.append(.removed(x[i], old: head + i, new: head + j))
                    i += 1
                } else {
                    steps.append(.added(y[j], old: head + i, new: head + j))
                    j += 1
                }
            }
        }
        while i < x.count {
            steps.append(.removed(x[i], old: head + i, new: head + j))
            i += 1
        }
        while j < y.count {
            steps.append(.added(y[j], old: head + i, new: head + j))
            j += 1
        }
        for k in 0..<tail {
            let (old, new) = (a.count - tail + k, b.count - tail + k)
            steps.append(.same(a[old], old: old, new: new))
        }
        return steps
    }

    /// Indented by one space a level, as the original's.
    private static func lines(_ value: JSON, _ sorted: Bool) -> [String] {
        var lines: [String] = []
        write(value, prefix: "", suffix: "", indent: "", sorted, &lines)
        return lines
    }

    private static func write(
        _ value: JSON, prefix: String, suffix: String, indent: String, _ isSorted: Bool, _ lines: inout [String]
    ) {
        let inner = indent + " "
        switch value {
        case .object(let members) where !members.isEmpty:
            lines.append("\(indent)\(prefix){")
            let all = isSorted ? members.sortedByKey() : members
            for (index, member) in all.enumerated() {
                let comma = index == all.count - 1 ? "" : ","
                write(
                    member.value, prefix: "\(JSON.string(member.key).text): ", suffix: comma, indent: inner, isSorted,
                    &lines)
            }
            lines.append("\(indent)}\(suffix)")
        case .array(let elements) where !elements.isEmpty:
            lines.append("\(indent)\(prefix)[")
            for (index, element) in elements.enumerated() {
                let comma = index == elements.count - 1 ? "" : ","
                write(element, prefix: "", suffix: comma, indent: inner, isSorted, &lines)
            }
            lines.append("\(indent)]\(suffix)")
        default: lines.append("\(indent)\(prefix)\(value.text)\(suffix)")
        }
    }
}
