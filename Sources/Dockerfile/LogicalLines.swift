import Fault

/// One instruction's text: comments taken out, continued lines joined, with the here-documents that follow it.
package struct LogicalLine: Sendable, Equatable {
    /// Without white space around it.
    package var text: String
    /// The first and last line of the file that belong to it, from 1.
    package var lines: ClosedRange<Int>
    package var documents: [HereDocument] = []

    package init(text: String, lines: ClosedRange<Int>) {
        self.text = text
        self.lines = lines
    }
}

/// A Dockerfile's lines and what its parser directives say (Dockerfile reference, "Parser directives").
package struct LogicalLines: Sendable {
    enum Limit {
        /// Longest Dockerfile, in bytes.
        static let fileBytes = 4 << 20
    }

    package private(set) var lines: [LogicalLine] = []
    /// What ends a line that goes on, and escapes in words.
    package private(set) var escape: Character = "\\"
    /// The `syntax` directive; nil when there is none. Nothing is loaded for it: this is the one frontend here.
    package private(set) var syntax: String?

    package init(_ text: String) throws(Fault) {
        guard text.utf8.count <= Limit.fileBytes else {
            throw Fault(.invalid, "the Dockerfile is longer than \(Limit.fileBytes) bytes")
        }
        var reader = LineReader(text)
        try directives(&reader)
        while let first = reader.next() {
            if let line = try logicalLine(first, &reader) { lines.append(line) }
        }
    }

    /// `# name=value` lines at the very top; the first other line ends them.
    private mutating func directives(_ reader: inout LineReader) throws(Fault) {
        var seen: Set<String> = []
        while let line = reader.peek(), let (name, value) = Self.directive(line) {
            guard ["syntax", "escape", "check"].contains(name) else { return }
            guard seen.insert(name).inserted else {
                throw .dockerfile(line: reader.number + 1, "only one \(name) parser directive can be used")
            }
            if name == "syntax" { syntax = value }
            if name == "escape" {
                guard value == "\\" || value == "`" else {
                    throw .dockerfile(
                        line: reader.number + 1, "invalid escape token '\(value)' does not match ` or \\")
                }
                escape = Character(value)
            }
            _ = reader.next()
        }
    }

    private static func directive(_ line: Substring) -> (String, String)? {
        let text = line.trimmed
        guard text.hasPrefix("#"), let cut = text.firstIndex(of: "=") else { return nil }
        let name = text[text.index(after: text.startIndex)..<cut].trimmed
        let value = text[text.index(after: cut)...].trimmed
        guard let first = name.utf8.first, first.isLetter, name.utf8.allSatisfy({ $0.isLetter || $0.isDigit }),
            !value.isEmpty
        else { return nil }
        return (name.lowercased(), String(value))
    }

    private func logicalLine(_ first: Substring, _ reader: inout LineReader) throws(Fault) -> LogicalLine? {
        let start = reader.number
        let trimmed = first.drop(while: \.isBlank)
        if trimmed.hasPrefix("#") { return nil }
        var (text, goesOn) = continued(trimmed)
        while goesOn, let next = reader.next() {
            let bare = next.trimmed
            // Comments and empty lines inside a continued instruction are passed over.
            if bare.isEmpty || bare.hasPrefix("#") { continue }
            let (more, more2) = continued(next)
            text += more
            goesOn = more2
        }
        text = String(text[...].trimmed)
        guard !text.isEmpty else { return nil }
        var line = LogicalLine(text: text, lines: start...reader.number)
        try hereDocuments(&line, &reader)
        return line
    }

    /// The line without its continuation mark, and whether it had one.
    private func continued(_ line: Substring) -> (String, Bool) {
        var end = line
        while let last = end.last, last == " " || last == "\t" { end.removeLast() }
        guard end.last == escape else { return (String(line), false) }
        return (String(end.dropLast()), true)
    }

    private func hereDocuments(_ line: inout LogicalLine, _ reader: inout LineReader) throws(Fault) {
        let keyword = line.text.prefix { !$0.isBlank }.uppercased()
        guard ["RUN", "COPY", "ADD"].contains(keyword) else { return }
        for var document in HereDocument.markers(in: line.text, escape: escape) {
            var isEnded = false
            while let next = reader.next() {
                let body = document.stripsTabs ? next.drop { $0 == "\t" } : next
                if body == document.name {
                    isEnded = true
                    break
                }
                document.content += body + "\n"
            }
            guard isEnded else { throw .dockerfile(line: line.lines.lowerBound, "unterminated heredoc") }
            line.documents.append(document)
        }
        line.lines = line.lines.lowerBound...reader.number
    }
}

/// The file's lines without their ends; a carriage return before the end doesn't count.
private struct LineReader {
    private let lines: [Substring]
    /// Of the line that was given last, from 1.
    private(set) var number = 0

    init(_ text: String) {
        let bare = text.unicodeScalars.first == "\u{FEFF}" ? Substring(text.unicodeScalars.dropFirst()) : text[...]
        var lines = bare.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        if lines.last?.isEmpty == true { lines.removeLast() }
        self.lines = lines
    }

    func peek() -> Substring? { number < lines.count ? lines[number] : nil }

    mutating func next() -> Substring? {
        guard number < lines.count else { return nil }
        number += 1
        return lines[number - 1]
    }
}

extension UInt8 {
    var isLetter: Bool { (0x41...0x5A).contains(self & 0xDF) }
    var isDigit: Bool { (0x30...0x39).contains(self) }
}

extension Character {
    /// A blank of the Dockerfile's syntax; no other white space counts.
    var isBlank: Bool { self == " " || self == "\t" || self == "\r" || self == "\n" || self == "\r\n" }
}

extension Substring {
    var trimmed: Substring {
        var text = drop(while: \.isBlank)
        while let last = text.last, last.isBlank { text.removeLast() }
        return text
    }
}
