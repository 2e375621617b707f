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
            let shell = parsed.arguments[0]
            guard let script = CompletionScript(session.name).text(for: shell) else {
                throw Reason.usage.failure("Sorry, completion support is not yet implemented for \(shell)")
            }
            session.out.write(script)
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
        let last = words.last ?? "", before = words.dropLast()
        guard !before.isEmpty else {
            var all = ClusterProgram.commands.filter { $0.group != .hidden }.map { "\($0.name)\t\($0.summary)" }
            all.append("kubectl\tRun a kubectl binary matching the cluster version")
            if session.name == "hako" { all += Self.otherWords }
            return (all.filter { $0.hasPrefix(last) }, false)
        }
        let found: [String]
        switch CompletionStep(before, last, in: ClusterProgram.commands) {
        case .unknown: found = []
        case .value(let flag): found = values(of: flag)
        case .words(let words): found = words
        case .argument(_, let path) where path == ["cp"] || path == ["image", "load"]: return ([], true)
        case .argument(_, let path): found = await objects(path)
        }
        return (found.filter { $0.hasPrefix(last) }, false)
    }

    private static let otherWords = [
        "docker\tThe docker command line", "daemon\tRun the engine", "runtime\tThe OCI runtime command line",
        "apiserver\tServe the Kubernetes API", "snapshot\tSave a cluster's state to a file, or make it anew from one",
        "install\tHave systemd run the engine", "version\tPrint the version",
    ]

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
