import Dockerfile
import Fault
import JSON

/// The Dockerfile instructions that `commit --change` and `import --change` take, applied to a container's config.
enum ImageChange {
    enum Limit {
        /// Longest instruction, in bytes.
        static let bytes = 64 << 10
    }

    static func apply(_ changes: [String], to config: JSON) throws(Fault) -> JSON {
        var settings = ImageSettings(config)
        var setsCommand = false
        let parser = InstructionParser()
        for change in changes {
            guard change.utf8.count <= Limit.bytes else {
                throw Fault(.invalid, "change is longer than \(Limit.bytes) bytes")
            }
            let text = change.trimmed
            let instruction = try parser.parse(LogicalLine(text: text, lines: 1...1))
            let known = settings.environment
            let words = ShellWords(escape: "\\") { name in known.last { $0.name == name }?.value }
            guard try settings.apply(instruction.kind, words, setsCommand: &setsCommand) else {
                let word = text.prefix { !$0.isWhitespace }.lowercased()
                throw Fault(.invalid, "\(word) is not a valid change command")
            }
        }
        return settings.json
    }
}

extension String {
    var trimmed: String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
