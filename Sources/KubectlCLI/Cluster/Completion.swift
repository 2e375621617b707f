import CommandLine
import JSON
import KubeClient
import KubeModel

extension VerbTree {
    static func completion() -> Verb {
        Verb(
            "completion", group: .settings,
            "Output shell completion code for the specified shell (bash, zsh, fish, or powershell)",
            usage: "completion SHELL [options]", options: 0
        ) { _, parsed, session in
            guard let shell = parsed.arguments.first else { throw session.misuse("Shell not specified.") }
            guard parsed.arguments.count == 1 else {
                throw session.misuse("Too many arguments. Expected only the shell type.")
            }
            guard let script = CompletionScript("kubectl", endsFlags: true).text(for: shell) else {
                throw session.misuse("Unsupported shell type \(shell.quoted).")
            }
            session.out.write(script)
        }
    }

    /// What the scripts call: the words typed so far, the last of which is to be completed. Prints a suggestion a line,
    /// with its description after a tab, and a last line that tells the shell what to do about files (4: no files).
    static func complete() -> Verb {
        Verb(
            "__complete", group: .hidden, "Complete a command line", usage: "__complete", options: 0,
            interspersed: false
        ) {
            _, parsed, session in
            let (found, files) = await Completer(session: session).suggestions(parsed.arguments)
            for suggestion in found { session.out.line(suggestion) }
            session.out.line(files ? ":0" : ":4")
            if !files { session.err.line("Completion ended with directive: ShellCompDirectiveNoFileComp") }
        }
    }
}

struct Completer: Sendable {
    let session: Session

    /// Verbs whose first word is a pod.
    private static let podVerbs: Set<String> = ["logs", "exec", "attach", "port-forward", "cp"]
    /// Verbs whose first word is a node.
    private static let nodeVerbs: Set<String> = ["cordon", "uncordon", "drain"]

    func suggestions(_ words: [String]) async -> ([String], files: Bool) {
        var rest = words[...]
        let last = rest.popLast() ?? ""
        guard let word = rest.first(where: { !$0.hasPrefix("-") }), var verb = VerbTree.verb(word) else {
            let all =
                last.hasPrefix("-")
                ? GlobalOptions.flags.map(\.shape).suggestions
                : VerbTree.all().filter { $0.group != .hidden }.map { "\($0.name)\t\($0.summary)" }.sorted()
            return (all.filter { $0.hasPrefix(last) }, false)
        }
        rest = rest.drop { $0 != word }.dropFirst()
        while let next = rest.first, let sub = verb.subverb(next) {
            verb = sub
            rest = rest.dropFirst()
        }
        let flags = verb.flags + GlobalOptions.flags.map(\.shape)
        if let before = rest.last, let flag = flags.taking(before) { return await values(flag, last) }
        if last.hasPrefix("-") { return (flags.suggestions.filter { $0.hasPrefix(last) }, false) }
        if !verb.subverbs.isEmpty {
            return (verb.subverbs.map { "\($0.name)\t\($0.summary)" }.filter { $0.hasPrefix(last) }, false)
        }
        return (await objects(verb.name, Self.positional(rest, flags), last), false)
    }

    private static func positional(_ words: ArraySlice<String>, _ flags: [FlagShape]) -> [String] {
        var all: [String] = [], skips = false
        for word in words {
            if skips {
                skips = false
            } else if word.hasPrefix("-") {
                skips = flags.taking(word) != nil
            } else {
                all.append(word)
            }
        }
        return all
    }

    private func values(_ flag: FlagShape, _ start: String) async -> ([String], files: Bool) {
        switch flag.name {
        case "namespace": return (await names(.namespaces, "").filter { $0.hasPrefix(start) }, false)
        case "context": return (((try? session.config.names(.contexts)) ?? []).filter { $0.hasPrefix(start) }, false)
        case "cluster": return (((try? session.config.names(.clusters)) ?? []).filter { $0.hasPrefix(start) }, false)
        case "user": return (((try? session.config.names(.users)) ?? []).filter { $0.hasPrefix(start) }, false)
        case "output":
            return (
                [
                    "json", "yaml", "kyaml", "name", "go-template", "go-template-file", "template", "templatefile",
                    "jsonpath", "jsonpath-as-json", "jsonpath-file", "custom-columns", "custom-columns-file", "wide",
                ].filter { $0.hasPrefix(start) }, false
            )
        default: return ([], true)
        }
    }

    private func objects(_ verb: String, _ words: [String], _ start: String) async -> [String] {
        if verb == "use-context" || verb == "delete-context" {
            return ((try? session.config.names(.contexts)) ?? []).filter { $0.hasPrefix(start) }
        }
        let namespace = (try? session.namespace) ?? "default"
        if Self.podVerbs.contains(verb) {
            return words.isEmpty ? await names(.pods, namespace).filter { $0.hasPrefix(start) } : []
        }
        if Self.nodeVerbs.contains(verb) { return await names(.nodes, "").filter { $0.hasPrefix(start) } }
        guard let served = try? await session.resources() else { return [] }
        if let (type, name) = start.cut("/") {
            guard let resource = ResourceNames(served).find(type) else { return [] }
            return await names(resource.id, resource.isNamespaced ? namespace : "").filter { $0.hasPrefix(name) }.map {
                "\(type)/\($0)"
            }
        }
        guard let type = words.first else {
            let types = served.all.sorted { ($0.group, $0.name) < ($1.group, $1.name) }
            return types.map(\.qualifiedName).filter { $0.hasPrefix(start) }
        }
        guard let resource = ResourceNames(served).find(type) else { return [] }
        return await names(resource.id, resource.isNamespaced ? namespace : "").filter {
            $0.hasPrefix(start) && !words.contains($0)
        }
    }

    /// Nothing when no server answers.
    private func names(_ resource: ResourceID, _ namespace: String) async -> [String] {
        let list = try? await session.get(resource.path(namespace: namespace))
        return (list?["items"].array ?? []).map { $0["metadata"]["name"].plain }
    }
}
