/// A regular expression in RE2's syntax, as Go's `regexp` reads it, matched in time linear in pattern × text.
///
/// Swift's own `Regex` is no substitute: it backtracks (a pattern of ten characters can take years) and reads another
/// syntax. Differences to Go's: groups may nest `Limit.nesting` deep (Go: 1,000), a program may have
/// `Limit.instructions` (Go: some three million), and of the scripts in `\p{…}` only those of `RE2Classes.scripts` are
/// known, since the standard library doesn't tell a character's script.
package struct RE2Pattern: Sendable {
    enum Limit {
        /// Groups inside groups; deeper recursion would endanger the stack of a worker thread (512 KiB).
        static let nesting = 200
        /// Instructions of one program; a repetition copies its operand. 100,000 take some 3 MB.
        static let instructions = 100_000
        /// A repetition's greatest count, also of nested repetitions multiplied. Go's own limit.
        static let repetitions = 1_000
        /// Thread steps of one match, in instructions; some 0.1 s. Past it the text counts as not matching.
        static let steps = 10_000_000
    }

    package let text: String
    private let program: RE2Program
    /// Instructions of the program.
    var size: Int { program.size }

    /// Throws `RE2Error`, whose text is what Go's `regexp.Compile` says.
    package init(_ text: String) throws(RE2Error) {
        self.text = text
        var parser = RE2Parser(text)
        program = try RE2Program(try parser.parse(), text)
    }

    /// Whether the pattern matches anywhere in `subject` (`MatchString`).
    package func matches(_ subject: String) -> Bool { matches(subject, steps: Limit.steps) }

    func matches(_ subject: String, steps: Int) -> Bool { program.matches(subject, steps: steps) }
}

package struct RE2Error: Error, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case charRange = "invalid character class range"
        case escape = "invalid escape sequence"
        case namedCapture = "invalid named capture"
        case perlOperator = "invalid or unsupported Perl syntax"
        case repeatOperator = "invalid nested repetition operator"
        case repeatSize = "invalid repeat count"
        case missingBracket = "missing closing ]"
        case missingParen = "missing closing )"
        case missingArgument = "missing argument to repetition operator"
        case trailingBackslash = "trailing backslash at end of expression"
        case unexpectedParen = "unexpected )"
        case nesting = "expression nests too deeply"
        case large = "expression too large"
    }

    package let code: Code
    package let part: String
    package var description: String { "error parsing regexp: \(code.rawValue): `\(part)`" }
}

/// What a pattern means. Greediness and captures are left out: they don't change whether a text matches.
indirect enum RE2Node {
    case empty
    case set(RE2CharacterSet)
    case assertion(Assertion)
    case concatenation([RE2Node])
    case alternation([RE2Node])
    /// `most` nil: without end.
    case repetition(RE2Node, least: Int, most: Int?)

    enum Assertion { case beginText, endText, beginLine, endLine, wordBoundary, noWordBoundary }

    /// Instructions that the node compiles to.
    var size: Int {
        switch self {
        case .empty: 0
        case .set, .assertion: 1
        case .concatenation(let parts): parts.reduce(0) { $0.adding($1.size) }
        case .alternation(let parts): parts.reduce(0) { $0.adding($1.size.adding(2)) }
        case .repetition(let inner, let least, let most):
            inner.size.adding(2).multiplied(by: max(1, least, most ?? least + 1))
        }
    }

    /// The greatest number of copies that nested counted repetitions make of one part.
    var repetitions: Int {
        switch self {
        case .empty, .set, .assertion: 1
        case .concatenation(let parts), .alternation(let parts): parts.map(\.repetitions).max() ?? 1
        case .repetition(let inner, let least, let most):
            inner.repetitions.multiplied(by: max(1, most ?? least))
        }
    }
}

extension Int {
    fileprivate func adding(_ other: Int) -> Int { Swift.min(self + other, 1 << 30) }
    fileprivate func multiplied(by other: Int) -> Int { Swift.min(self * other, 1 << 30) }
}
