import Cluster
import CommandLine
import DockerCLI
import JSON
import KubeClient

extension Verbs {
    static func completion() -> ClusterCommand {
        ClusterCommand(
            "completion", "Generate command completion for a shell", usage: "SHELL", count: .atLeast(0),
            options: PlainOptions(), flags: [.profile]
        ) { _, parsed, session in
            guard parsed.arguments.count == 1 else {
                throw Reason.usage.failure("Usage: minikube completion SHELL")
            }
            let name = session.name
            switch parsed.arguments[0] {
            case "bash": session.out.write(CompletionScript.bash(name))
            case "zsh": session.out.write(CompletionScript.zsh(name))
            case "fish": session.out.write(CompletionScript.fish(name))
            case let other:
                throw Reason.usage.failure("Sorry, completion support is not yet implemented for \(other)")
            }
            return 0
        }
    }

    /// What the scripts call: the words typed so far, the last of which is to be completed. Prints a suggestion a line,
    /// with its description after a tab, and a last line that tells the shell what to do about files (4: no files).
    static func complete() -> ClusterCommand {
        ClusterCommand(
            "__complete", group: .hidden, "Complete a command line", count: .atLeast(0), interspersed: false,
            options: PlainOptions()
        ) { _, parsed, session in
            let words = parsed.arguments
            if let first = words.first, words.count > 1 {
                let rest = ["__complete"] + words.dropFirst().filter { $0 != "--" }
                if first == "kubectl" { return await session.kubectl(rest) }
                if first == "docker", session.name == "hako" { return await session.docker(rest) }
            }
            let (found, files) = await ClusterCompleter(session: session).suggestions(words)
            for suggestion in found { session.out.line(suggestion) }
            session.out.line(files ? ":0" : ":4")
            return 0
        }
    }
}

struct ClusterCompleter: Sendable {
    let session: ClusterSession

    func suggestions(_ words: [String]) async -> ([String], files: Bool) {
        var rest = words[...]
        let last = rest.popLast() ?? ""
        guard let word = rest.popFirst() else {
            var all = ClusterProgram.commands.filter { $0.group != .hidden }.map { "\($0.name)\t\($0.summary)" }
            all.append("kubectl\tRun a kubectl binary matching the cluster version")
            if session.name == "hako" { all += Self.otherWords }
            return (all.filter { $0.hasPrefix(last) }, false)
        }
        guard var command = ClusterProgram.commands.first(where: { $0.name == word }) else { return ([], false) }
        var path = [word]
        while let next = rest.first, let sub = command.subcommand(next) {
            command = sub
            path.append(next)
            rest = rest.dropFirst()
        }
        var found: [String]
        if let before = rest.last, let flag = Self.flag(before, command.flags) {
            found = values(of: flag)
        } else if last.hasPrefix("-") {
            found =
                command.flags.filter { !$0.isHidden }.map { "--\($0.name)\t\($0.help.prefix { $0 != "\n" })" }
                + ["--help\tShow this help"]
        } else if !command.subcommands.isEmpty {
            found = command.subcommands.map { "\($0.name)\t\($0.summary)" }
        } else if path == ["cp"] || path == ["image", "load"] {
            return ([], true)
        } else {
            found = await objects(path)
        }
        return (found.filter { $0.hasPrefix(last) }, false)
    }

    private static let otherWords = [
        "docker\tThe docker command line", "daemon\tRun the engine", "runtime\tThe OCI runtime command line",
        "apiserver\tServe the Kubernetes API", "snapshot\tSave a cluster's state to a file, or make it anew from one",
        "install\tHave systemd run the engine", "version\tPrint the version",
    ]

    /// The flag whose value the next word is; nil: none.
    private static func flag(_ word: String, _ flags: [FlagShape]) -> FlagShape? {
        guard word.hasPrefix("-"), word != "-", word != "--", !word.contains("=") else { return nil }
        let found =
            word.hasPrefix("--")
            ? flags.first { $0.name == word.dropFirst(2) } : flags.first { $0.short != nil && $0.short == word.last }
        return found?.value == nil ? nil : found
    }

    private func values(of flag: FlagShape) -> [String] {
        switch flag.name {
        case "profile": session.home.profileNames()
        case "node": nodes
        case "driver": ["docker"]
        case "container-runtime": ["hako"]
        case "kubernetes-version": [ClusterVersions.kubernetes]
        case "wait": ["all", "none"] + StartGoal.allCases.map(\.rawValue)
        case "addons": Addon.all.map(\.name)
        case "output": ["json"]
        default: []
        }
    }

    private var nodes: [String] {
        let name = (try? session.profileName("")) ?? Profile.standardName
        let profile = try? session.home.profile(name)
        return (profile ?? nil)?.nodes.map(\.name) ?? []
    }

    /// Names that a command's positional argument may be.
    private func objects(_ path: [String]) async -> [String] {
        switch path {
        case ["profile"]: session.home.profileNames() + ["list"]
        case ["service"]: await services() + ["list"]
        case ["node", "start"], ["node", "stop"], ["node", "delete"]: nodes
        case ["config", "get"], ["config", "set"], ["config", "unset"], ["config", "defaults"]:
            Setting.all.map(\.name)
        case ["addons", "enable"], ["addons", "disable"]: Addon.all.map(\.name)
        case ["completion"]: ["bash", "zsh", "fish"]
        default: []
        }
    }

    /// Nothing when no cluster answers.
    private func services() async -> [String] {
        guard let profile = try? session.existing(""), let api = try? session.api(of: profile),
            let found = try? await api.list(.services, "default", ObjectSelection())
        else { return [] }
        return found.items.compactMap { $0["metadata"]["name"].string }
    }
}

/// What the shells read: each hands the words to `PROGRAM __complete` and shows the answer.
enum CompletionScript {
    static func bash(_ program: String) -> String {
        """
        _\(program)_complete() {
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
        complete -F _\(program)_complete \(program)

        """
    }

    static func zsh(_ program: String) -> String {
        """
        #compdef \(program)
        _\(program)() {
            local -a found
            local line answer
            answer=$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)
            while IFS= read -r line; do
                [[ $line == :* || -z $line ]] && continue
                found+=("${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}")
            done <<< "$answer"
            if [[ ${answer##*:} == 0 ]]; then _files; else _describe \(program) found; fi
        }
        compdef _\(program) \(program)

        """
    }

    static func fish(_ program: String) -> String {
        """
        function __\(program)_complete
            set -l words (commandline -opc) (commandline -ct)
            $words[1] __complete $words[2..-1] 2>/dev/null | string match -v ':*'
        end
        complete -c \(program) -f -a '(__\(program)_complete)'

        """
    }
}
