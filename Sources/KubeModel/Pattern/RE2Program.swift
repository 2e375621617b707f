/// A compiled pattern, run by following all its threads at once: every character of the text is looked at once, every
/// instruction at most once a character.
struct RE2Program: Sendable {
    private enum Instruction: Sendable {
        case character(RE2CharacterSet)
        case assertion(RE2Node.Assertion)
        case jump(Int)
        case fork(Int, Int)
        case match
    }

    private var code: [Instruction] = []
    var size: Int { code.count }
    /// Whether a match can only begin at the text's beginning.
    private let isAnchored: Bool

    init(_ node: RE2Node, _ text: String) throws(RE2Error) {
        isAnchored = Self.isAnchored(node)
        guard node.size <= RE2Pattern.Limit.instructions else { throw RE2Error(code: .large, part: text) }
        emit(node)
        code.append(.match)
    }

    private static func isAnchored(_ node: RE2Node) -> Bool {
        switch node {
        case .assertion(.beginText): true
        case .concatenation(let parts): parts.first.map(isAnchored) ?? false
        case .alternation(let parts): parts.allSatisfy(isAnchored)
        case .repetition(let inner, let least, _): least > 0 && isAnchored(inner)
        case .empty, .set, .assertion: false
        }
    }

    private mutating func emit(_ node: RE2Node) {
        switch node {
        case .empty: break
        case .set(let set): code.append(.character(set))
        case .assertion(let kind): code.append(.assertion(kind))
        case .concatenation(let parts): for part in parts { emit(part) }
        case .alternation(let parts): emit(alternatives: parts)
        case .repetition(let inner, let least, let most): emit(inner, least, most)
        }
    }

    private mutating func emit(alternatives parts: [RE2Node]) {
        var ends: [Int] = []
        for part in parts.dropLast() {
            let fork = code.count
            code.append(.jump(0))
            emit(part)
            ends.append(code.count)
            code.append(.jump(0))
            code[fork] = .fork(fork + 1, code.count)
        }
        if let last = parts.last { emit(last) }
        for end in ends { code[end] = .jump(code.count) }
    }

    private mutating func emit(_ inner: RE2Node, _ least: Int, _ most: Int?) {
        for _ in 0..<least { emit(inner) }
        guard let most else {
            let fork = code.count
            code.append(.jump(0))
            emit(inner)
            code.append(.jump(fork))
            code[fork] = .fork(fork + 1, code.count)
            return
        }
        var forks: [Int] = []
        for _ in least..<most {
            forks.append(code.count)
            code.append(.jump(0))
            emit(inner)
        }
        for fork in forks { code[fork] = .fork(fork + 1, code.count) }
    }

    func matches(_ subject: String, steps: Int) -> Bool {
        var run = Run(instructions: code.count)
        var previous: UInt32?
        var scalars = subject.unicodeScalars.makeIterator()
        var current = scalars.next()?.value
        while true {
            let place = Place(before: previous, after: current)
            if previous == nil || !isAnchored, add(0, place, &run) { return true }
            let passed = run.waiting
            for thread in passed where add(thread, place, &run) { return true }
            guard let character = current, run.steps <= steps else { return false }
            run.waiting.removeAll(keepingCapacity: true)
            for thread in run.active {
                if case .character(let set) = code[thread], set.contains(character) { run.waiting.append(thread + 1) }
            }
            run.steps += run.active.count
            run.endCharacter()
            if isAnchored, run.waiting.isEmpty { return false }
            previous = character
            current = scalars.next()?.value
        }
    }

    private struct Place {
        /// Nil: the text's beginning or end.
        let before: UInt32?, after: UInt32?

        func holds(_ kind: RE2Node.Assertion) -> Bool {
            switch kind {
            case .beginText: before == nil
            case .endText: after == nil
            case .beginLine: before == nil || before == 0x0A
            case .endLine: after == nil || after == 0x0A
            case .wordBoundary: Self.isWord(before) != Self.isWord(after)
            case .noWordBoundary: Self.isWord(before) == Self.isWord(after)
            }
        }

        private static func isWord(_ value: UInt32?) -> Bool {
            guard let value, value < 0x80 else { return false }
            return value == 0x5F || (0x30...0x39).contains(value) || (0x41...0x5A).contains(value & ~0x20)
        }
    }

    private struct Run {
        /// Threads that passed the last character, and those that wait for the next.
        var waiting: [Int] = []
        var active: [Int] = []
        var steps = 0
        private var seen: [UInt32]
        private var generation: UInt32 = 1
        var stack: [Int] = []

        init(instructions: Int) { seen = [UInt32](repeating: 0, count: instructions) }

        /// Whether the instruction is new at this character.
        mutating func visit(_ instruction: Int) -> Bool {
            guard seen[instruction] != generation else { return false }
            seen[instruction] = generation
            return true
        }

        mutating func endCharacter() {
            active.removeAll(keepingCapacity: true)
            generation &+= 1
        }
    }

    /// Follows a thread to the characters it waits for; true when it reaches the end of the pattern.
    private func add(_ start: Int, _ place: Place, _ run: inout Run) -> Bool {
        run.stack.append(start)
        while let at = run.stack.popLast() {
            guard run.visit(at) else { continue }
            run.steps += 1
            switch code[at] {
            case .character: run.active.append(at)
            case .assertion(let kind): if place.holds(kind) { run.stack.append(at + 1) }
            case .jump(let to): run.stack.append(to)
            case .fork(let first, let second):
                run.stack.append(second)
                run.stack.append(first)
            case .match:
                run.stack.removeAll()
                return true
            }
        }
        return false
    }
}
