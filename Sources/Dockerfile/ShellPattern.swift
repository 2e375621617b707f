/// The shell's pattern: `*`, `?` and backslash, in the modifiers of variables.
struct ShellPattern {
    private enum Part { case any, one, exactly(Character) }
    private let parts: [Part]

    init(_ text: String) {
        var parts: [Part] = []
        var isEscaped = false
        for character in text {
            switch character {
            case "\\" where !isEscaped:
                isEscaped = true
                continue
            case "*" where !isEscaped: parts.append(.any)
            case "?" where !isEscaped: parts.append(.one)
            default: parts.append(.exactly(character))
            }
            isEscaped = false
        }
        self.parts = parts
    }

    func matches(_ text: ArraySlice<Character>) -> Bool {
        // Goes back to the last `*` only: linear in practice, quadratic at worst.
        var (at, part) = (text.startIndex, 0)
        var retry: (at: Int, part: Int)?
        while at < text.endIndex {
            if part < parts.count {
                switch parts[part] {
                case .any:
                    retry = (at, part + 1)
                    part += 1
                    continue
                case .one:
                    (at, part) = (at + 1, part + 1)
                    continue
                case .exactly(let character) where character == text[at]:
                    (at, part) = (at + 1, part + 1)
                    continue
                case .exactly: break
                }
            }
            guard let last = retry else { return false }
            retry = (last.at + 1, last.part)
            (at, part) = (last.at + 1, last.part)
        }
        return parts[part...].allSatisfy { if case .any = $0 { true } else { false } }
    }

    func trimmingPrefix(of text: String, longest: Bool) -> String {
        let all = Array(text)
        let lengths = longest ? Array((0...all.count).reversed()) : Array(0...all.count)
        let length = lengths.first { matches(all[..<$0]) } ?? 0
        return String(all[length...])
    }

    func trimmingSuffix(of text: String, longest: Bool) -> String {
        let all = Array(text)
        let starts = longest ? Array(0...all.count) : Array((0...all.count).reversed())
        let start = starts.first { matches(all[$0...]) } ?? all.count
        return String(all[..<start])
    }

    /// The longest match at each place.
    func replacing(in text: String, with replacement: String, all isAll: Bool) -> String {
        let all = Array(text)
        var result = ""
        var at = 0
        while at < all.count {
            let end = (at + 1...all.count).reversed().first { matches(all[at..<$0]) }
            guard let end else {
                result.append(all[at])
                at += 1
                continue
            }
            result += replacement
            at = end
            if !isAll { break }
        }
        return at < all.count ? result + String(all[at...]) : result
    }
}
