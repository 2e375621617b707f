/// `$(NAME)` in the values of variables, commands, arguments and `subPathExpr`.
package enum VariableExpansion {
    /// References that `value` has no answer for stay as they are; `$$` becomes `$`.
    package static func expand(_ text: String, _ value: (String) -> String?) -> String {
        let input = Array(text.utf8)
        let dollar = UInt8(ascii: "$")
        var out: [UInt8] = []
        var at = 0
        while at < input.count {
            guard input[at] == dollar, at + 1 < input.count else {
                out.append(input[at])
                at += 1
                continue
            }
            let next = input[at + 1]
            if next == UInt8(ascii: "("), let end = input[(at + 2)...].firstIndex(of: UInt8(ascii: ")")) {
                let name = String(decoding: input[(at + 2)..<end], as: UTF8.self)
                out.append(contentsOf: (value(name) ?? "$(\(name))").utf8)
                at = end + 1
            } else {
                out.append(dollar)
                if next != dollar { out.append(next) }
                at += 2
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// A container's command or arguments.
    /// - Parameter environment: `NAME=value` lines.
    package static func expand(_ words: [String], environment: [String]) -> [String] {
        guard words.contains(where: { $0.utf8.contains(UInt8(ascii: "$")) }) else { return words }
        let values = map(environment)
        return words.map { expand($0) { values[$0] } }
    }

    static func map(_ environment: [String]) -> [String: String] {
        var values: [String: String] = [:]
        for line in environment {
            let end = line.firstIndex(of: "=") ?? line.endIndex
            values[String(line[..<end])] = end < line.endIndex ? String(line[line.index(after: end)...]) : ""
        }
        return values
    }
}
