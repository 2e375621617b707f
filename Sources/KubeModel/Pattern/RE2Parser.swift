/// Reads a pattern. One pass over its characters with an explicit stack of open groups.
struct RE2Parser {
    private struct Flags {
        var foldsCase = false, multipleLines = false, dotMatchesNewline = false
    }

    /// An open group: its finished alternatives and the one being read.
    private struct Group {
        var alternatives: [RE2Node] = []
        var parts: [RE2Node] = []
        /// To be restored when the group closes.
        let outerFlags: Flags

        var node: RE2Node {
            let last: RE2Node = parts.count == 1 ? parts[0] : parts.isEmpty ? .empty : .concatenation(parts)
            return alternatives.isEmpty ? last : .alternation(alternatives + [last])
        }
    }

    private let input: [Unicode.Scalar]
    private var at = 0
    private var flags = Flags()
    private var open: [Group] = []
    private var names: Set<String> = []
    /// Where the repetition just read began; nil after anything else.
    private var lastRepeat: Int?

    init(_ text: String) { input = Array(text.unicodeScalars) }

    private func text(_ from: Int, _ to: Int? = nil) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: input[from..<(to ?? input.count)])
        return String(view)
    }

    private func fail(_ code: RE2Error.Code, _ from: Int, _ to: Int? = nil) -> RE2Error {
        RE2Error(code: code, part: text(from, to))
    }

    private func has(_ prefix: String) -> Bool { input[at...].starts(with: prefix.unicodeScalars) }

    private mutating func add(_ node: RE2Node) { open[open.count - 1].parts.append(node) }

    mutating func parse() throws(RE2Error) -> RE2Node {
        open = [Group(outerFlags: flags)]
        while at < input.count {
            let repeated = lastRepeat
            lastRepeat = nil
            try next(after: repeated)
        }
        guard open.count == 1 else { throw fail(.missingParen, 0) }
        return open[0].node
    }

    private mutating func next(after repeated: Int?) throws(RE2Error) {
        switch input[at] {
        case "(": try openGroup()
        case "|":
            at += 1
            let group = open.count - 1
            let parts = open[group].parts
            open[group].alternatives.append(parts.isEmpty ? .empty : .concatenation(parts))
            open[group].parts = []
        case ")": try closeGroup()
        case "^": assertion(flags.multipleLines ? .beginLine : .beginText)
        case "$": assertion(flags.multipleLines ? .endLine : .endText)
        case ".":
            at += 1
            add(.set(flags.dotMatchesNewline ? .any : .anyButNewline))
        case "[": try add(.set(characterClass()))
        case "*": try repetition(0, nil, from: at, to: at + 1, after: repeated)
        case "+": try repetition(1, nil, from: at, to: at + 1, after: repeated)
        case "?": try repetition(0, 1, from: at, to: at + 1, after: repeated)
        case "{":
            if let (least, most, end) = counts() {
                try repetition(least, most, from: at, to: end, after: repeated)
            } else {
                literal()
            }
        case "\\": try escape()
        default: literal()
        }
    }

    private mutating func literal() {
        add(.set(.one(input[at].value, foldsCase: flags.foldsCase)))
        at += 1
    }

    private mutating func assertion(_ kind: RE2Node.Assertion, length: Int = 1) {
        add(.assertion(kind))
        at += length
    }

    private mutating func closeGroup() throws(RE2Error) {
        guard open.count > 1, let group = open.popLast() else { throw fail(.unexpectedParen, 0) }
        flags = group.outerFlags
        at += 1
        add(group.node)
    }

    // MARK: Repetition

    private mutating func repetition(_ least: Int, _ most: Int?, from: Int, to: Int, after repeated: Int?)
        throws(RE2Error)
    {
        var end = to
        if end < input.count, input[end] == "?" { end += 1 }
        if least > RE2Pattern.Limit.repetitions || most ?? 0 > RE2Pattern.Limit.repetitions || least > most ?? least {
            throw fail(.repeatSize, from, to)
        }
        if let repeated { throw fail(.repeatOperator, repeated, end) }
        let group = open.count - 1
        guard let operand = open[group].parts.popLast() else { throw fail(.missingArgument, from, to) }
        let node = RE2Node.repetition(operand, least: least, most: most)
        if node.repetitions > RE2Pattern.Limit.repetitions { throw fail(.repeatSize, from, end) }
        add(node)
        at = end
        lastRepeat = from
    }

    /// `{2}`, `{2,}`, `{2,5}` at this place; nil when it is none, and so an ordinary brace.
    private func counts() -> (least: Int, most: Int?, end: Int)? {
        var place = at + 1
        guard let least = number(&place), place < input.count else { return nil }
        var most: Int? = least
        if input[place] == "," {
            place += 1
            guard place < input.count else { return nil }
            most = input[place] == "}" ? nil : number(&place)
            if most == nil, place < input.count, input[place] != "}" { return nil }
        }
        guard place < input.count, input[place] == "}" else { return nil }
        return (least, most, place + 1)
    }

    /// A decimal number without leading zeros; one too large for any limit is cut there.
    private func number(_ place: inout Int) -> Int? {
        let start = place
        var value = 0
        while place < input.count, ("0"..."9").contains(input[place]) {
            value = min(value * 10 + Int(input[place].value - 48), 1_000_000)
            place += 1
        }
        if place == start || (place - start > 1 && input[start] == "0") { return nil }
        return value
    }

    // MARK: Groups

    private mutating func openGroup() throws(RE2Error) {
        guard open.count <= RE2Pattern.Limit.nesting else { throw fail(.nesting, 0) }
        guard has("(?") else { return push(to: at + 1) }
        if has("(?P<") || has("(?<") { return try openNamedGroup() }
        var place = at + 2
        var new = flags
        var value = true, sawFlag = false
        loop: while place < input.count {
            let letter = input[place]
            place += 1
            switch letter {
            case "i": new.foldsCase = value
            case "m": new.multipleLines = value
            case "s": new.dotMatchesNewline = value
            case "U": break
            case "-" where value:
                value = false
                sawFlag = false
                continue loop
            case ":", ")":
                guard value || sawFlag else { break loop }
                if letter == ":" { push(to: place) } else { at = place }
                flags = new
                return
            default: break loop
            }
            sawFlag = true
        }
        throw fail(.perlOperator, at, place)
    }

    private mutating func push(to place: Int) {
        open.append(Group(outerFlags: flags))
        at = place
    }

    private mutating func openNamedGroup() throws(RE2Error) {
        let start = at + (has("(?P<") ? 4 : 3)
        guard let end = input[start...].firstIndex(of: ">") else { throw fail(.namedCapture, at) }
        let name = text(start, end)
        let isWord =
            !name.isEmpty && name.unicodeScalars.allSatisfy { $0 == "_" || $0.properties.isAlphabetic || $0.isDigit }
        guard isWord else { throw fail(.namedCapture, at, end + 1) }
        guard names.insert(name).inserted else { throw fail(.namedCapture, start, end) }
        push(to: end + 1)
    }

    // MARK: Escapes

    private mutating func escape() throws(RE2Error) {
        guard at + 1 < input.count else { throw fail(.trailingBackslash, at + 1) }
        switch input[at + 1] {
        case "A": return assertion(.beginText, length: 2)
        case "z": return assertion(.endText, length: 2)
        case "b": return assertion(.wordBoundary, length: 2)
        case "B": return assertion(.noWordBoundary, length: 2)
        case "Q":
            at += 2
            while at < input.count, !has("\\E") { literal() }
            at = min(at + 2, input.count)
        default:
            if let parts = try namedClass() {
                add(.set(RE2CharacterSet(parts, foldsCase: flags.foldsCase)))
            } else {
                add(.set(.one(try escapedCharacter(), foldsCase: flags.foldsCase)))
            }
        }
    }

    /// `\d`, `\pL`, `\p{Greek}` at this place; nil when there is none.
    private mutating func namedClass() throws(RE2Error) -> [RE2CharacterSet.Part]? {
        guard at + 1 < input.count, input[at] == "\\" else { return nil }
        if let parts = RE2Classes.perl(input[at + 1]) {
            at += 2
            return parts
        }
        guard input[at + 1] == "p" || input[at + 1] == "P" else { return nil }
        let start = at
        guard at + 2 < input.count else { throw fail(.charRange, at) }
        var name = String(input[at + 2])
        var end = at + 3
        if name == "{" {
            guard let close = input[end...].firstIndex(of: "}") else { throw fail(.charRange, at) }
            name = text(end, close)
            end = close + 1
        }
        guard let parts = RE2Classes.unicode(name) else { throw fail(.charRange, start, end) }
        at = end
        return input[start + 1] == "P" ? [.not(parts)] : parts
    }

    /// One character written with a backslash.
    private mutating func escapedCharacter() throws(RE2Error) -> UInt32 {
        let start = at
        guard at + 1 < input.count else { throw fail(.trailingBackslash, at + 1) }
        let letter = input[at + 1]
        at += 2
        switch letter {
        case "0"..."7":
            guard letter == "0" || (at < input.count && ("0"..."7").contains(input[at])) else { break }
            var value = letter.value - 48
            for _ in 0..<2 where at < input.count && ("0"..."7").contains(input[at]) {
                value = value * 8 + input[at].value - 48
                at += 1
            }
            return value
        case "x": if let value = hexadecimal() { return value }
        case "a": return 7
        case "f": return 12
        case "n": return 10
        case "r": return 13
        case "t": return 9
        case "v": return 11
        default:
            let isWord = letter.isDigit || ("a"..."z").contains(letter) || ("A"..."Z").contains(letter)
            if letter.value < 0x80, !isWord { return letter.value }
        }
        throw fail(.escape, start, min(at, input.count))
    }

    private mutating func hexadecimal() -> UInt32? {
        guard at < input.count else { return nil }
        var digits = ""
        if input[at] == "{" {
            guard let close = input[at...].firstIndex(of: "}") else {
                at = input.count
                return nil
            }
            digits = text(at + 1, close)
            at = close + 1
        } else {
            digits = text(at, min(at + 2, input.count))
            at = min(at + 2, input.count)
            guard digits.unicodeScalars.count == 2 else { return nil }
        }
        guard digits.utf8.count <= 8, let value = UInt32(digits, radix: 16), value <= 0x10FFFF else { return nil }
        return value
    }

    // MARK: Classes

    private mutating func characterClass() throws(RE2Error) -> RE2CharacterSet {
        let start = at
        at += 1
        let isNegated = at < input.count && input[at] == "^"
        if isNegated { at += 1 }
        var parts: [RE2CharacterSet.Part] = []
        var isFirst = true
        while at >= input.count || input[at] != "]" || isFirst {
            isFirst = false
            if has("[:"), let close = posixEnd() {
                guard let named = RE2Classes.posix(text(at + 2, close)) else { throw fail(.charRange, at, close + 2) }
                parts += named
                at = close + 2
            } else if let named = try namedClass() {
                parts += named
            } else {
                parts.append(.range(try range(classStart: start)))
            }
        }
        at += 1
        return RE2CharacterSet(parts, isNegated: isNegated, foldsCase: flags.foldsCase)
    }

    /// Where `:]` ends the name that begins here; nil when it doesn't end.
    private func posixEnd() -> Int? {
        guard at + 2 < input.count else { return nil }
        return (at + 2..<max(at + 2, input.count - 1)).first { input[$0] == ":" && input[$0 + 1] == "]" }
    }

    private mutating func range(classStart: Int) throws(RE2Error) -> ClosedRange<UInt32> {
        let start = at
        let low = try classCharacter(classStart)
        guard at + 1 < input.count, input[at] == "-", input[at + 1] != "]" else { return low...low }
        at += 1
        let high = try classCharacter(classStart)
        guard low <= high else { throw fail(.charRange, start, at) }
        return low...high
    }

    private mutating func classCharacter(_ classStart: Int) throws(RE2Error) -> UInt32 {
        guard at < input.count else { throw fail(.missingBracket, classStart) }
        if input[at] == "\\" { return try escapedCharacter() }
        at += 1
        return input[at - 1].value
    }
}

extension Unicode.Scalar {
    fileprivate var isDigit: Bool { ("0"..."9").contains(self) }
}
