import Fault
import JSON

/// The forms that instructions' arguments have, before variables are replaced.
enum Words {
    /// Splits at blanks outside quotes; quotes and escapes stay.
    static func split(_ text: Substring, escape: Character) -> [String] {
        var words: [String] = []
        var word = ""
        var quote: Character?
        var isEscaped = false
        for character in text {
            if isEscaped {
                word.append(character)
                isEscaped = false
                continue
            }
            if character == escape, quote != "'" {
                isEscaped = true
            } else if character == quote {
                quote = nil
            } else if quote == nil, character == "\"" || character == "'" {
                quote = character
            } else if quote == nil, character.isBlank {
                if !word.isEmpty { words.append(word) }
                word = ""
                continue
            }
            word.append(character)
        }
        if !word.isEmpty { words.append(word) }
        return words
    }

    /// A JSON array of strings; nil: the text is something else, and then stands for the shell's form.
    static func list(_ text: Substring) -> [String]? {
        guard text.hasPrefix("["), let array = try? JSON(parsing: String(text)).array,
            array.allSatisfy({ $0.string != nil })
        else { return nil }
        return array.compactMap(\.string)
    }

    static func command(_ text: Substring) -> CommandForm { list(text).map(CommandForm.list) ?? .shell(String(text)) }

    /// `a=b "c d"=e`, or the old form `key the rest`.
    static func pairs(_ text: Substring, _ keyword: String, escape: Character) throws(Fault) -> [KeyValue] {
        let words = split(text, escape: escape)
        guard let first = words.first else { return [] }
        if !first.contains("=") {
            let value = text.drop { !$0.isBlank }.trimmed
            guard !value.isEmpty else { throw Fault(.invalid, "\(keyword) must have two arguments") }
            return [KeyValue(key: first, value: String(value))]
        }
        return try words.map { (word) throws(Fault) in
            guard let cut = word.firstIndex(of: "=") else {
                throw Fault(
                    .invalid,
                    "Syntax error - can't find = in \(JSON(word).text). Must be of the form: name=value")
            }
            guard cut != word.startIndex else { throw Fault(.invalid, "\(keyword) names can not be blank") }
            return KeyValue(key: String(word[..<cut]), value: String(word[word.index(after: cut)...]))
        }
    }
}
