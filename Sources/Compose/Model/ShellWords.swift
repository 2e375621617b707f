import CommandLine

/// Splits a command into words as the original does: quotes and backslashes, no expansion. A word that begins an
/// operator of a shell (`;`, `&`, `|`, `<`, `>`) ends the command.
package enum ShellWords {
    package static func split(_ text: String) throws(FlagValueError) -> [String] {
        var words: [String] = []
        var word = ""
        var isWord = false
        var quote: Character?
        var isEscaped = false
        scan: for character in text {
            if isEscaped {
                word.append(character)
                (isEscaped, isWord) = (false, true)
                continue
            }
            switch character {
            case "\\" where quote != "'": isEscaped = true
            case let mark where mark == quote: quote = nil
            case "\"" where quote == nil, "'" where quote == nil: (quote, isWord) = (character, true)
            case let space where quote == nil && space.isWhitespace:
                if isWord { words.append(word) }
                (word, isWord) = ("", false)
            case ";" where quote == nil, "&" where quote == nil, "|" where quote == nil, "<" where quote == nil,
                ">" where quote == nil:
                break scan
            default:
                word.append(character)
                isWord = true
            }
        }
        guard quote == nil, !isEscaped else { throw FlagValueError("invalid command line string") }
        if isWord { words.append(word) }
        return words
    }
}
