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
        return DockerCommand(
            "completion", group: .hidden, "Generate the autocompletion script for the specified shell",
            subcommands: [
                shell("bash", CompletionScript.bash), shell("fish", CompletionScript.fish),
                shell("zsh", CompletionScript.zsh),
            ])
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
            guard let flag = Self.flag(first, among: global) else { continue }
            if rest.popFirst() == nil { return await values(of: flag, last) }
        }
        guard let word = rest.popFirst() else {
            if last.hasPrefix("-") { return (matching(last, Self.lines(global)), false) }
            let commands = CommandTree.all().filter { $0.group != .hidden }
            return (matching(last, commands.map { "\($0.name)\t\($0.summary)" }), false)
        }
        guard var command = CommandTree.command(word) else { return ([], false) }
        while let next = rest.first, let sub = command.subcommand(next) {
            command = sub
            rest = rest.dropFirst()
        }
        if let before = rest.last, let flag = Self.flag(before, among: command.flags) {
            return await values(of: flag, last)
        }
        if last.hasPrefix("-") { return (matching(last, Self.lines(command.flags)), false) }
        if !command.subcommands.isEmpty {
            return (matching(last, command.subcommands.map { "\($0.name)\t\($0.summary)" }), false)
        }
        if case .files = command.completes { return ([], true) }
        return (matching(last, await objects(command.completes)), false)
    }

    private static func lines(_ flags: [FlagShape]) -> [String] {
        flags.filter { !$0.isHidden && $0.name != "help" }.map { "--\($0.name)\t\($0.help.prefix { $0 != "\n" })" }
            + ["--help\tShow this help"]
    }

    /// The flag whose value the next word is; nil: none.
    private static func flag(_ word: String, among flags: [FlagShape]) -> FlagShape? {
        guard word.hasPrefix("-"), word != "-", word != "--", !word.contains("=") else { return nil }
        let found =
            word.hasPrefix("--")
            ? flags.first { $0.name == word.dropFirst(2) } : flags.first { $0.short != nil && $0.short == word.last }
        return found?.value == nil ? nil : found
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

/// What the shells read: each hands the words to `docker __complete` and shows the answer.
enum CompletionScript {
    static let bash = """
        _docker_complete() {
            local answer directive line
            answer=$("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null) || return
            directive=${answer##*:}
            COMPREPLY=()
            while IFS= read -r line; do
                [[ $line == :* || -z $line ]] || COMPREPLY+=("${line%%$'\\t'*}")
            done <<< "$answer"
            if [[ $directive == 0 ]]; then
                compopt -o default 2>/dev/null
            fi
        }
        complete -F _docker_complete docker

        """

    static let zsh = """
        #compdef docker
        _docker() {
            local -a found
            local line answer
            answer=$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)
            while IFS= read -r line; do
                [[ $line == :* || -z $line ]] && continue
                found+=("${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}")
            done <<< "$answer"
            if [[ ${answer##*:} == 0 ]]; then _files; else _describe docker found; fi
        }
        compdef _docker docker

        """

    static let fish = """
        function __docker_complete
            set -l words (commandline -opc) (commandline -ct)
            $words[1] __complete $words[2..-1] 2>/dev/null | string match -v ':*'
        end
        complete -c docker -f -a '(__docker_complete)'

        """
}
