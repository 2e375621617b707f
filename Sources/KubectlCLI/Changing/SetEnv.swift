import CommandLine
import JSON
import KubeClient
import KubeModel

extension VerbTree {
    static func setEnv() -> Verb {
        Verb(
            "env", "Update environment variables on a pod template",
            usage: "set env RESOURCE/NAME KEY_1=VAL_1 ... KEY_N=VAL_N [options]", options: SetOptions(),
            flags: SetOptions.flags([
                .text("containers", short: "c", \.containers, default: "*", "Containers to change; * is a wildcard"),
                .texts("env", short: "e", \.variables, "NAME=VALUE to set"),
                .text("from", \.from, "Set the keys of this configmap or secret: configmap/NAME"),
                .text("prefix", \.prefix, "Before the names of --from"),
                .strings("keys", \.keys, "Only these keys of --from"),
                .toggle("list", \.lists, "Show what is set"),
                .toggle("resolve", \.resolves, "With --list: show the values behind references"),
                .toggle("overwrite", \.overwrites, default: true, "Change variables that are set already"),
            ])
        ) { options, parsed, session in
            try await EnvironmentEditing(options: options, session: session).run(parsed.arguments)
        }
    }
}

struct EnvironmentEditing: Sendable {
    let options: SetOptions
    let session: Session

    func run(_ arguments: [String]) async throws {
        var resources: [String] = [], words: [String] = []
        for argument in arguments {
            let isPair = argument.contains("=") || argument.hasSuffix("-")
            if isPair {
                words.append(argument)
            } else if words.isEmpty {
                resources.append(argument)
            } else {
                throw Refusal(
                    "all resources must be specified before environment changes: \(arguments.joined(separator: " "))")
            }
        }
        if resources.isEmpty, options.files.isEmpty {
            throw Refusal("one or more resources must be specified as <resource> <name> or <resource>/<name>")
        }
        if options.lists, !options.printing.output.isEmpty {
            throw Refusal("--list and --output may not be specified together")
        }
        if !options.keys.isEmpty, options.from.isEmpty {
            throw Refusal("when specifying --keys, a configmap or secret must be provided with --from")
        }
        var (added, removed) = try await changes(options.variables + words)
        if !options.from.isEmpty { added += try await references() }
        let entries = added, gone = removed
        if options.lists { return try await list(resources, entries, gone) }
        var editing = TemplateEditing(
            options, session, "env updated", failure: "failed to patch env update to pod template:")
        editing.needsFiles = Session.nothingSelected
        try await editing.run(resources) { spec in
            try edit(&spec, entries, gone) ? [] : [UnmatchedContainers(pattern: options.containers)]
        }
    }

    /// `NAME=VALUE` to set, `NAME-` to take away, `-`: such lines from standard input.
    private func changes(_ words: [String]) async throws -> (added: [(String, JSON)], removed: [String]) {
        var added: [(String, JSON)] = [], removed: [String] = []
        func add(_ name: String, _ value: String) {
            added.append((name, .members([("name", .string(name)), ("value", .some(value))])))
        }
        for word in words {
            if word == "-" {
                for line in String(decoding: try await session.read("-"), as: UTF8.self).parts("\n") {
                    if let (name, value) = (line.cut("#")?.0 ?? line).cut("=") { add(name, value) }
                }
            } else if let (name, value) = word.cut("=") {
                let faults = Names.envVarName(name)
                if !faults.isEmpty {
                    throw Refusal("\(name.quoted) is not a valid key name: \(faults.joined(separator: ";"))")
                }
                add(name, value)
            } else {
                removed.append(String(word.dropLast()))
            }
        }
        if removed.contains(where: { name in added.contains { $0.0 == name } }) {
            throw Refusal("can not both modify and remove the same environment variable in the same command")
        }
        return (added, removed)
    }

    /// - Returns: whether one of the containers is meant.
    private func edit(_ spec: inout JSON, _ added: [(String, JSON)], _ removed: [String]) throws -> Bool {
        var isFound = false
        for member in ["containers", "initContainers"] {
            guard let list = spec[member].array else { continue }
            spec[member] = .array(
                try list.map { container in
                    guard ContainerPattern.fits(options.containers, container["name"].string ?? "") else {
                        return container
                    }
                    isFound = true
                    var copy = container
                    var variables = container["env"].array ?? []
                    for (name, entry) in added {
                        if let at = variables.firstIndex(where: { $0["name"].string == name }) {
                            if !options.overwrites {
                                throw Refusal(
                                    "'\(name)' already has a value (\(variables[at]["value"].string ?? "")), and --overwrite is false"
                                )
                            }
                            variables[at] = entry
                        } else {
                            variables.append(entry)
                        }
                    }
                    variables.removeAll { removed.contains($0["name"].string ?? "") }
                    if variables.isEmpty { copy.remove("env") } else { copy["env"] = .array(variables) }
                    return copy
                })
        }
        return isFound
    }

    private func references() async throws -> [(String, JSON)] {
        var selection = Selection()
        selection.arguments = [options.from]
        var all: [(String, JSON)] = []
        for item in try await session.select(selection).all() {
            let member: String
            switch item.resource.kind {
            case "Secret": member = "secretKeyRef"
            case "ConfigMap": member = "configMapKeyRef"
            default: throw Refusal("unsupported resource specified in --from")
            }
            for key in (item.object["data"].object?.names ?? []).sorted()
            where options.keys.isEmpty || options.keys.contains(key) {
                let plain = key.uppercased().map { $0.isLetter || $0.isNumber || $0 == "_" ? $0 : "_" }
                if String(plain) != key { session.err.line("Warning: key \(key) transferred to \(String(plain))") }
                let name = options.prefix + String(plain)
                all.append(
                    (
                        name,
                        [
                            "name": .string(name),
                            "valueFrom": [member: ["key": .string(key), "name": .string(item.name)]],
                        ]
                    ))
            }
        }
        return all
    }

    // MARK: --list

    /// What there would be with the changes.
    private func list(_ resources: [String], _ added: [(String, JSON)], _ removed: [String]) async throws {
        var selection = options.files.selection(resources)
        selection.labels = options.labels
        selection.takesAll = options.all
        selection.latest = !options.local
        selection.isLocal = options.local
        for item in try await session.select(selection).all() {
            guard let place = TemplateEditing.place(item.resource.kind) else { continue }
            var spec = place.reduce(item.object) { $0[$1] }
            _ = try edit(&spec, added, removed)
            for container in (spec["containers"].array ?? []) + (spec["initContainers"].array ?? [])
            where ContainerPattern.fits(options.containers, container["name"].string ?? "") {
                session.out.line("# \(item.resource.kind) \(item.name), container \(container["name"].string ?? "")")
                for variable in container["env"].array ?? [] { try await show(variable, item) }
            }
        }
    }

    private func show(_ variable: JSON, _ item: Item) async throws {
        let name = variable["name"].string ?? "", source = variable["valueFrom"]
        guard !source.isNull else { return session.out.line("\(name)=\(variable["value"].string ?? "")") }
        if options.resolves, let value = try await value(source, item) { return session.out.line("\(name)=\(value)") }
        session.out.line("# \(name) from \(Self.reference(source))")
    }

    private func value(_ source: JSON, _ item: Item) async throws -> String? {
        let map = source["configMapKeyRef"], secret = source["secretKeyRef"]
        if !map.isNull {
            let object = try await session.get(
                ResourceID.configMaps.path(namespace: item.namespace, name: map["name"].string ?? ""))
            return object["data"][map["key"].string ?? ""].string
        }
        if let path = source["fieldRef"]["fieldPath"].string { return Self.field(path, item.object["metadata"]) }
        guard !secret.isNull else { return nil }
        let object = try await session.get(
            ResourceID.secrets.path(namespace: item.namespace, name: secret["name"].string ?? ""))
        return object["data"][secret["key"].string ?? ""].string.flatMap(decodeBase64).map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    /// What a field of the object itself says; nil: it isn't one that can be looked up here.
    private static func field(_ path: String, _ metadata: JSON) -> String? {
        switch path {
        case "metadata.name", "metadata.namespace", "metadata.uid": return metadata[String(path.dropFirst(9))].plain
        case "metadata.labels", "metadata.annotations":
            return metadata[String(path.dropFirst(9))].stringMap.sorted { $0.key < $1.key }
                .map { "\($0.key)=\($0.value.quoted)" }.joined(separator: "\n")
        default:
            guard let match = path.wholeMatch(of: #/metadata\.(labels|annotations)\['([^']+)'\]/#) else { return nil }
            return metadata[String(match.1)][String(match.2)].plain
        }
    }

    static func reference(_ source: JSON) -> String {
        let map = source["configMapKeyRef"], secret = source["secretKeyRef"], field = source["fieldRef"]
        if !map.isNull { return "configmap \(map["name"].string ?? ""), key \(map["key"].string ?? "")" }
        if !secret.isNull { return "secret \(secret["name"].string ?? ""), key \(secret["key"].string ?? "")" }
        if !field.isNull { return "field path \(field["fieldPath"].string ?? "")" }
        let resource = source["resourceFieldRef"]
        if !resource.isNull {
            let container = resource["containerName"].string ?? ""
            return "resource field \(container.isEmpty ? "" : "\(container)/")\(resource["resource"].string ?? "")"
        }
        return "invalid valueFrom"
    }
}
