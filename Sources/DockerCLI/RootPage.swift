import CommandLine

/// The program's own help page and complaints.
struct RootPage {
    let flags: [FlagShape]
    var plugins: [DockerPlugin] = []

    private static let columns = 80

    var help: String {
        let commands = CommandTree.all() + plugins.map { $0.make() }
        let width = 11
        let sections: [(DockerCommand.Group, String)] = [
            (.common, "Common Commands"), (.management, "Management Commands"), (.other, "Commands"),
        ]
        var text = "Usage:  docker [OPTIONS] COMMAND\n\nA self-sufficient runtime for containers\n"
        for (group, title) in sections {
            text += "\n\(title):\n"
            let members = commands.filter { $0.group == group }
            for member in group == .common ? members : members.sorted(by: { $0.name < $1.name }) {
                let gap = String(repeating: " ", count: max(1, width + 1 - member.name.count))
                text += "  \(member.name)\(gap)\(member.summary)\n"
            }
        }
        text += "\nGlobal Options:\n" + HelpPage.flags(flags, columns: Self.columns) + "\n"
        text += "\nRun 'docker COMMAND --help' for more information on a command.\n"
        return text
    }

    func flagComplaint(_ message: String) -> String {
        "\(message)\n\nUsage:  docker [OPTIONS] COMMAND [ARG...]\n\nRun 'docker --help' for more information"
    }

    /// Edits between a word and the command that may be meant.
    private static let nearEnough = 2

    /// The original says no more than that the word is unknown; the name nearly meant helps more.
    func unknown(_ word: String, _ names: [String]) -> Misuse {
        let near = names.map { ($0, EditDistance.between(word, $0)) }
            .filter { $0.1 <= Self.nearEnough || ($0.0.hasPrefix(word) && word.count > 1) }
            .sorted { ($0.1, $0.0) < ($1.1, $1.0) }.prefix(3).map { "  docker \($0.0)" }
        let hint = near.isEmpty ? "" : "\n\nDid you mean:\n" + near.joined(separator: "\n")
        return Misuse(
            message: "docker: unknown command: docker \(word)\(hint)\n\nRun 'docker --help' for more information",
            exitCode: 1)
    }
}
