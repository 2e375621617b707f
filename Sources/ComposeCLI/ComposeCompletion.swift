import CommandLine
import Compose
import DockerCLI

/// What can follow the words of a compose command line that were typed so far.
struct ComposeCompletion: Sendable {
    /// The last of `words` is to be completed.
    static func suggestions(_ words: [String], _ context: ComposeContext) async -> (words: [String], files: Bool) {
        var rest = words[...]
        let last = rest.popLast() ?? ""
        var options = context.options
        let flags = ProjectOptions.flags.map(\.shape)
        while let first = rest.first, first.hasPrefix("-") {
            rest = rest.dropFirst()
            guard let flag = flags.taking(first) else { continue }
            guard let value = rest.popFirst() else {
                return ([], ["file", "env-file", "project-directory"].contains(flag.name))
            }
            try? ProjectOptions.flags.first { $0.name == flag.name }?.set(&options, value)
        }
        func matching(_ all: [String]) -> [String] { all.filter { $0.hasPrefix(last) } }
        guard !rest.isEmpty else {
            if last.hasPrefix("-") { return (matching(flags.suggestions + ["--help\tShow this help"]), false) }
            return (matching(ComposeTree.all().map { "\($0.name)\t\($0.summary)" }), false)
        }
        switch CompletionStep(rest, last, in: ComposeTree.all()) {
        case .unknown: return ([], false)
        case .value(let flag):
            return ([], ["output", "env-from-file", "file"].contains(flag.name))
        case .words(let all): return (matching(all), false)
        case .argument(let command, _):
            if command.name == "cp" { return ([], true) }
            let takesNone = ["down", "ls", "version", "config"].contains(command.name)
            let own = ComposeContext(session: context.session, options: options)
            return (takesNone && command.name != "config" ? [] : matching(await services(own)), false)
        }
    }

    private static func services(_ context: ComposeContext) async -> [String] {
        (try? await context.project())?.serviceNames ?? []
    }
}
