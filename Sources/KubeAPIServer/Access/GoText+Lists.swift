import KubeModel

extension GoText {
    /// `%q` of a list of strings: `["a" "b"]`.
    static func quoted(_ list: [String]) -> String { "[\(list.map { quoted($0) }.joined(separator: " "))]" }

    /// `utilerrors.NewAggregate(…).Error()`: one sentence bare, several in brackets, none twice.
    static func aggregate(_ messages: [String]) -> String {
        var unique: [String] = []
        for message in messages where !unique.contains(message) { unique.append(message) }
        return unique.count == 1 ? unique[0] : "[\(unique.joined(separator: ", "))]"
    }
}
