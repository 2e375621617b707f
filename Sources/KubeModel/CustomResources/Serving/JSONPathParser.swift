import JSON

/// Reads what stands between the braces of a client-go JSONPath.
struct JSONPathParser {
    private let input: [Unicode.Scalar]
    private var at = 0
    private let depth: Int

    init(_ text: String, depth: Int) {
        input = Array(text.unicodeScalars)
        self.depth = depth
    }

    private var next: Unicode.Scalar? { at < input.count ? input[at] : nil }

    private func text(_ range: Range<Int>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: input[range])
        return String(view)
    }

    private func has(_ prefix: String) -> Bool { input[at...].starts(with: prefix.unicodeScalars) }

    private func inner(_ text: String) -> [SimpleJSONPath.Step]? {
        guard depth < SimpleJSONPath.Limit.depth else { return nil }
        var parser = JSONPathParser(text, depth: depth + 1)
        return parser.steps()
    }

    mutating func steps() -> [SimpleJSONPath.Step]? {
        var steps: [SimpleJSONPath.Step] = []
        while let letter = next {
            switch letter {
            case "}": return steps
            case " ", "@", "$": at += 1
            case "\n", "\r": return nil
            case "[":
                guard let found = has("[?(") ? filter().map({ [$0] }) : brackets() else { return nil }
                steps += found
            case "\"", "'":
                guard let literal = quoted() else { return nil }
                steps.append(literal)
            case ".":
                if has("..") {
                    if case .descent = steps.last { return nil }
                    at += 2
                    steps.append(.descent)
                    if let letter = next, letter == "_" || letter.properties.isAlphabetic { steps.append(field()) }
                } else {
                    at += 1
                    steps.append(field())
                }
            case "+", "-", "0"..."9":
                guard let literal = number() else { return nil }
                steps.append(literal)
            default:
                let start = at
                while let letter = next, !Self.ends(letter) { at += 1 }
                switch text(start..<at) {
                case "true": steps.append(.literal(true))
                case "false": steps.append(.literal(false))
                default: return nil
                }
            }
        }
        return steps
    }

    private static func ends(_ letter: Unicode.Scalar) -> Bool { " \t\r\n.,[]$@{}".unicodeScalars.contains(letter) }

    /// A name up to the next mark; a backslash takes the next character as it is.
    private mutating func field() -> SimpleJSONPath.Step {
        var name = String.UnicodeScalarView()
        while let letter = next {
            if letter == "\\" {
                at += 1
                if let escaped = next { name.append(escaped) }
            } else if Self.ends(letter) {
                break
            } else {
                name.append(letter)
            }
            at += 1
        }
        return name.elementsEqual("*".unicodeScalars) ? .wildcard : .field(String(name))
    }

    private mutating func quoted() -> SimpleJSONPath.Step? {
        let mark = input[at]
        var content = String.UnicodeScalarView()
        at += 1
        while let letter = next, letter != "\n" {
            at += 1
            if letter == mark { return .literal(.string(String(content))) }
            if letter == "\\", let escaped = next {
                at += 1
                content.append(escaped == "n" ? "\n" : escaped == "t" ? "\t" : escaped)
            } else {
                content.append(letter)
            }
        }
        return nil
    }

    private mutating func number() -> SimpleJSONPath.Step? {
        let start = at
        at += 1
        while let letter = next, letter == "." || ("0"..."9").contains(letter) { at += 1 }
        let digits = text(start..<at)
        if let whole = Int64(digits) { return .literal(.int(whole)) }
        return Double(digits).map { .literal(JSON($0)) }
    }

    private mutating func brackets() -> [SimpleJSONPath.Step]? {
        guard let close = input[at...].firstIndex(of: "]") else { return nil }
        let content = text((at + 1)..<close)
        guard !content.contains("\n") else { return nil }
        at = close + 1
        let parts = content.split(separator: ",", omittingEmptySubsequences: false)
        if parts.count > 1 {
            var union: [[SimpleJSONPath.Step]] = []
            for part in parts {
                guard let steps = inner("[\(part.drop { $0 == " " })]") else { return nil }
                union.append(steps)
            }
            return [.union(union)]
        }
        // A name in quotes is read as a path, as the original does: its dots separate.
        if content.count >= 2, content.hasPrefix("'"), content.hasSuffix("'"),
            !content.dropFirst().dropLast().contains("'")
        {
            return inner(".\(content.dropFirst().dropLast())")
        }
        return slice(content == "*" ? ":" : content).map { [$0] }
    }

    private func slice(_ content: String) -> SimpleJSONPath.Step? {
        let parts = content.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 3 else { return nil }
        var numbers: [Int?] = []
        for part in parts {
            guard part.isEmpty || (Int(part) != nil && !part.hasPrefix("+")) else { return nil }
            numbers.append(Int(part))
        }
        guard let first = numbers.first else { return nil }
        if parts.count == 1 {
            guard let only = first, only < Int.max else { return .slice(first: nil, last: 1, isOne: true, stride: nil) }
            return .slice(first: only, last: only + 1, isOne: true, stride: nil)
        }
        let stride = parts.count == 3 ? numbers[2] : nil
        return .slice(first: first, last: numbers[1], isOne: false, stride: stride)
    }

    /// `[?(left == right)]`, or `[?(path)]` for elements that have it.
    private mutating func filter() -> SimpleJSONPath.Step? {
        let start = at + 3
        var place = start
        var mark: Unicode.Scalar?
        while place < input.count {
            let letter = input[place]
            if letter == "\n" { return nil }
            if letter == mark, input[place - 1] != "\\" {
                mark = nil
            } else if mark == nil, letter == "\"" || letter == "'" {
                mark = letter
            } else if mark == nil, letter == ")" {
                break
            }
            place += 1
        }
        guard place + 1 < input.count, input[place + 1] == "]" else { return nil }
        let content = Array(input[start..<place])
        at = place + 2
        func piece(_ range: Range<Int>) -> String {
            var view = String.UnicodeScalarView()
            view.append(contentsOf: content[range])
            return String(view)
        }
        let isMark: (Unicode.Scalar) -> Bool = { "!<>=".unicodeScalars.contains($0) }
        guard let begin = content.firstIndex(where: isMark), begin > 0 else {
            return inner(piece(0..<content.count)).map { .exists($0) }
        }
        let end = content[begin...].firstIndex { !isMark($0) } ?? content.count
        guard end < content.count else { return inner(piece(0..<content.count)).map { .exists($0) } }
        guard let left = inner(piece(0..<begin)), let right = inner(piece(end..<content.count)) else { return nil }
        return .filter(left, comparison: piece(begin..<end), right)
    }
}
