/// A here-document of RUN, COPY or ADD: `<<NAME`, `<<-NAME`, `<<"NAME"` (Dockerfile reference, "Here-Documents").
package struct HereDocument: Sendable, Equatable {
    package var name: String
    /// `<<-`: tabs that lines begin with don't count.
    package var stripsTabs: Bool
    /// Off for quoted names: variables stay as they are.
    package var expands: Bool
    package var content = ""
}

extension HereDocument {
    /// What the instruction's words announce, in order.
    static func markers(in text: String, escape: Character) -> [HereDocument] {
        var found: [HereDocument] = []
        var quote: Character?
        var isEscaped = false
        var rest = text[...]
        while let character = rest.first {
            if isEscaped {
                isEscaped = false
            } else if character == escape, quote != "'" {
                isEscaped = true
            } else if let open = quote {
                if character == open { quote = nil }
            } else if character == "\"" || character == "'" {
                quote = character
            } else if rest.hasPrefix("<<<") {
                rest = rest.dropFirst(3)
                continue
            } else if rest.hasPrefix("<<"), let (document, after) = marker(rest.dropFirst(2)) {
                found.append(document)
                rest = after
                continue
            }
            rest = rest.dropFirst()
        }
        return found
    }

    private static func marker(_ text: Substring) -> (HereDocument, Substring)? {
        let stripsTabs = text.first == "-"
        var rest = stripsTabs ? text.dropFirst() : text
        let quote = rest.first.flatMap { $0 == "\"" || $0 == "'" ? $0 : nil }
        if quote != nil { rest = rest.dropFirst() }
        let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "_.-".contains($0)) }
        guard let first = name.first, first != "-" else { return nil }
        rest = rest.dropFirst(name.count)
        if let quote {
            guard rest.first == quote else { return nil }
            rest = rest.dropFirst()
        }
        return (HereDocument(name: String(name), stripsTabs: stripsTabs, expands: quote == nil), rest)
    }

    /// The name when the word is nothing but a here-document's mark.
    package static func nameMarked(by word: String) -> String? {
        guard word.hasPrefix("<<"), let (document, rest) = marker(word.dropFirst(2)), rest.isEmpty else { return nil }
        return document.name
    }
}
