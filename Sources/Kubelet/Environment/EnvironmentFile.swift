/// `fileKeyRef`: a file of `NAME='value'` lines, a strict part of the shell's grammar.
enum EnvironmentFile {
    /// The value, "" when the file has none of that name or an empty one.
    static func value(of key: String, in text: String) throws(PodConfigError) -> String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
        var number = 0
        func fault(_ why: String) -> PodConfigError {
            PodConfigError("invalid environment variable format at line \(number): \(why)")
        }
        while let line = lines.popFirst() {
            number += 1
            let trimmed = line.drop(while: isBlank)
            if trimmed.isEmpty || trimmed.hasPrefix("#") { continue }
            guard let sign = trimmed.firstIndex(of: "=") else { throw fault("missing '='") }
            let name = trimmed[..<sign]
            if name.allSatisfy(isBlank) { throw fault("empty variable name") }
            if name.last.map(isBlank) == true { throw fault("whitespace before '=' is not allowed") }
            var rest = trimmed[trimmed.index(after: sign)...]
            if rest.first.map(isBlank) == true {
                if name == key { return "" }
                continue
            }
            guard rest.hasPrefix("'") else { throw fault("value must be enclosed in single quotes") }
            rest = rest.dropFirst()
            var value = ""
            let start = number
            while true {
                if let end = rest.firstIndex(of: "'") {
                    value += rest[..<end]
                    let after = rest[rest.index(after: end)...].drop(while: isBlank)
                    guard after.isEmpty || after.hasPrefix("#") else {
                        throw fault("unexpected content after closing quote")
                    }
                    break
                }
                value += rest + "\n"
                guard let next = lines.popFirst() else {
                    throw PodConfigError(
                        "invalid environment variable format starting at line \(start): unclosed single quote")
                }
                number += 1
                rest = next
            }
            if name == key { return value }
        }
        return ""
    }

    private static func isBlank(_ character: Character) -> Bool { character == " " || character == "\t" }
}
