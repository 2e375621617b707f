import CommandLine
import JSON

extension CommandTree {
    static func completion() -> DockerCommand {
        func shell(_ name: String, _ script: String) -> DockerCommand {
            DockerCommand(name, "Generate the autocompletion script for \(name)", count: .none, options: 0) {
                _, _, session in
                session.out.write(script)
                return 0
            }
        }
        let scripts = CompletionScript("docker")
        return DockerCommand(
            "completion", group: .hidden, "Generate the autocompletion script for the specified shell",
            subcommands: [shell("bash", scripts.bash), shell("fish", scripts.fish), shell("zsh", scripts.zsh)])
    }

    /// What the scripts call: the words typed so far, the last of which is to be completed. Prints a suggestion a line,
    /// with its description after a tab, and a last line that tells the shell what to do about files (4: no files).
    static func complete() -> DockerCommand {
        DockerCommand(
            "__complete", group: .hidden, "Complete a command line", count: .atLeast(0), interspersed: false, options: 0
        ) {
            _, parsed, session in
            let (suggestions, files) = await Completer(session: session).suggestions(parsed.arguments)
            for suggestion in suggestions { session.out.line(suggestion) }
            session.out.line(files ? ":0" : ":4")
            return 0
        }
    }
}

struct Completer: Sendable {
    let session: Session

    func suggestions(_ words: [String]) async -> ([String], files: Bool) {
        var rest = words[...]
        let last = rest.popLast() ?? ""
        let global = GlobalOptions.flags(folder: "").map(\.shape)
        while let first = rest.first, first.hasPrefix("-") {
            rest = rest.dropFirst()
            guard let flag = global.taking(first) else { continue }
            if rest.popFirst() == nil { return await values(of: flag, last) }
        }
        guard !rest.isEmpty else {
            if last.hasPrefix("-") {
                return (matching(last, global.suggestions + ["--help\tShow this help"]), false)
            }
            let commands = CommandTree.all().filter { $0.group != .hidden } + session.plugins.map { $0.make() }
            return (matching(last, commands.map { "\($0.name)\t\($0.summary)" }), false)
        }
        switch CompletionStep(rest, last, in: CommandTree.all()) {
        case .unknown: return ([], false)
        case .value(let flag): return await values(of: flag, last)
        case .words(let words): return (matching(last, words), false)
        case .argument(let command, _):
            if case .files = command.completes { return ([], true) }
            return (matching(last, await objects(command.completes)), false)
        }
    }

    /// Names of what is there for the flags that take such; files for those that take paths.
    private func values(of flag: FlagShape, _ start: String) async -> ([String], files: Bool) {
        switch flag.name {
        case "network": return (matching(start, await objects(.networks)), false)
        case "volumes-from", "link": return (matching(start, await objects(.containers(all: true))), false)
        case "context": return (matching(start, await objects(.contexts)), false)
        case "volume", "env-file", "label-file", "cidfile", "input", "output", "config", "tlscacert", "tlscert",
            "tlskey":
            return ([], true)
        default: return ([], false)
        }
    }

    private func matching(_ start: String, _ suggestions: [String]) -> [String] {
        suggestions.filter { $0.hasPrefix(start) }
    }

    /// Names of what is there; nothing when no daemon answers.
    private func objects(_ kind: DockerCommand.Completes) async -> [String] {
        switch kind {
        case .nothing, .files: return []
        case .containers(let all):
            let list = await get("/containers/json", all ? [("all", "1")] : [])
            return (list.array ?? []).flatMap { $0["Names"].strings.map { String($0.dropFirst()) } }
        case .images:
            let list = await get("/images/json")
            return (list.array ?? []).flatMap { $0["RepoTags"].strings }.filter { $0 != "<none>:<none>" }
        case .networks: return (await get("/networks").array ?? []).compactMap { $0["Name"].string }
        case .volumes: return (await get("/volumes")["Volumes"].array ?? []).compactMap { $0["Name"].string }
        case .contexts: return ["default"] + session.contexts.list().map(\.name)
        }
    }

    private func get(_ path: String, _ query: Query = []) async -> JSON {
        (try? await session.client.get(path, query)) ?? .null
    }
}
