import Fault

/// `--name=value` words between an instruction's keyword and its arguments.
struct Flags {
    private(set) var values: [(name: String, value: String?)] = []
    /// What follows them.
    private(set) var rest: Substring

    init(_ text: Substring, escape: Character) {
        rest = text
        while rest.hasPrefix("--") {
            let (word, after) = Self.word(rest, escape)
            rest = after.drop(while: \.isBlank)
            let body = word.dropFirst(2)
            if body.isEmpty { break }
            let cut = body.firstIndex(of: "=")
            values.append(
                (String(body[..<(cut ?? body.endIndex)]), cut.map { String(body[body.index(after: $0)...]) }))
        }
    }

    /// Up to a blank outside quotes, quotes and escapes taken away.
    private static func word(_ text: Substring, _ escape: Character) -> (String, Substring) {
        var word = ""
        var quote: Character?
        var rest = text
        while let character = rest.first {
            if quote == nil, character.isBlank { break }
            rest = rest.dropFirst()
            if character == escape, let next = rest.first {
                rest = rest.dropFirst()
                word.append(next)
            } else if character == quote {
                quote = nil
            } else if quote == nil, character == "\"" || character == "'" {
                quote = character
            } else {
                word.append(character)
            }
        }
        return (word, rest)
    }

    /// Refuses a flag that the instruction doesn't have, or one that is given twice.
    func check(known: [String], repeatable: Set<String> = []) throws(Fault) {
        var seen: Set<String> = []
        for (name, _) in values {
            guard known.contains(name) else {
                let near = Nearest.name(to: name, among: known).map { " (did you mean \($0)?)" } ?? ""
                throw Fault(.invalid, "unknown flag: --\(name)\(near)")
            }
            guard seen.insert(name).inserted || repeatable.contains(name) else {
                throw Fault(.invalid, "duplicate flag specified: --\(name)")
            }
        }
    }

    func text(_ name: String) throws(Fault) -> String? {
        guard let found = values.first(where: { $0.name == name }) else { return nil }
        guard let value = found.value else { throw Fault(.invalid, "missing a value on flag: --\(name)") }
        return value
    }

    func all(_ name: String) throws(Fault) -> [String] {
        try values.filter { $0.name == name }.map { (found) throws(Fault) in
            guard let value = found.value else { throw Fault(.invalid, "missing a value on flag: --\(name)") }
            return value
        }
    }

    func bool(_ name: String) throws(Fault) -> Bool? {
        guard let found = values.first(where: { $0.name == name }) else { return nil }
        switch found.value?.lowercased() {
        case nil, "true": return true
        case "false": return false
        case .some(let other): throw Fault(.invalid, "expecting boolean value for flag --\(name), not: \(other)")
        }
    }
}

/// The name that was probably meant.
package enum Nearest {
    package static func name(to text: String, among names: [String]) -> String? {
        let best = names.map { ($0, distance(Array(text.lowercased().utf8.prefix(64)), Array($0.lowercased().utf8))) }
            .min { $0.1 < $1.1 }
        guard let best, best.1 <= 2, best.1 < text.utf8.count else { return nil }
        return best.0
    }

    /// Levenshtein's.
    private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var row = Array(0...b.count)
        for (i, left) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, right) in b.enumerated() {
                let above = row[j + 1]
                row[j + 1] = left == right ? diagonal : min(diagonal, above, row[j]) + 1
                diagonal = above
            }
        }
        return row[b.count]
    }
}
