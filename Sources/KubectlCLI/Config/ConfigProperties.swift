import CommandLine
import Fault
import Glibc
import JSON
import KubeClient
import KubeModel

enum WorkingFolder {
    static var path: String {
        guard let name = getcwd(nil, 0) else { return "." }
        defer { free(name) }
        return String(cString: name)
    }
}

/// `clusters.NAME.server`, `current-context`: a place in the configuration. Names may have dots in them, so the
/// known members tell where a name ends.
private struct PropertyPath {
    let section: Kubeconfig.Section?
    let name: String
    /// Empty: the whole entry.
    let members: [String]

    private static let known: [Kubeconfig.Section: Set<String>] = [
        .clusters: [
            "server", "tls-server-name", "insecure-skip-tls-verify", "certificate-authority",
            "certificate-authority-data", "proxy-url", "disable-compression", "extensions",
        ],
        .contexts: ["cluster", "user", "namespace", "extensions"],
        .users: [
            "client-certificate", "client-certificate-data", "client-key", "client-key-data", "token", "tokenFile",
            "as",
            "as-uid", "as-groups", "as-user-extra", "username", "password", "auth-provider", "exec", "extensions",
        ],
    ]

    init(_ text: String) throws {
        let parts = text.parts(".")
        guard let section = Kubeconfig.Section(rawValue: parts[0]) else {
            guard text == "current-context" || parts[0] == "preferences" else {
                throw Refusal("unable to parse \(text) after [] at api.Config")
            }
            (self.section, name, members) = (nil, parts[0], Array(parts.dropFirst()))
            return
        }
        self.section = section
        let rest = Array(parts.dropFirst())
        let members = Self.known[section] ?? []
        let end = rest.dropFirst().firstIndex { members.contains($0) } ?? rest.endIndex
        name = rest[..<end].joined(separator: ".")
        self.members = Array(rest[end...])
    }
}

extension VerbTree {
    private static let switches: Set<String> = ["insecure-skip-tls-verify", "disable-compression"]
    private static let bytes: Set<String> = [
        "certificate-authority-data", "client-certificate-data", "client-key-data",
    ]

    struct SetProperty: Sendable { var isRaw = false }

    static func configSet() -> Verb {
        Verb(
            "set", "Set an individual value in a kubeconfig file",
            usage: "config set PROPERTY_NAME PROPERTY_VALUE [options]", options: SetProperty(),
            flags: [.toggle("set-raw-bytes", \.isRaw, "The value of a …-data property isn't base64 yet")]
        ) { options, parsed, session in
            guard parsed.arguments.count == 2 else { throw unexpected(parsed, session) }
            let (property, value) = (parsed.arguments[0], parsed.arguments[1])
            guard !value.isEmpty else { throw Refusal("you cannot use set to unset a property") }
            guard !property.isEmpty else { throw Refusal("you must specify a property") }
            let path = try PropertyPath(property)
            var config = try session.editedConfig
            if let section = path.section {
                guard let member = path.members.first else {
                    throw Refusal("can't set a map to a value: map[]")
                }
                var settings = config.entry(section, path.name) ?? [:]
                if section == .contexts, settings.object?.isEmpty != false { settings = ["cluster": "", "user": ""] }
                if section == .clusters, settings.object?.isEmpty != false { settings = ["server": ""] }
                settings = set(settings, path.members, try converted(value, member, isRaw: options.isRaw))
                config.set(section, path.name, settings)
            } else {
                config.setCurrentContext(value)
            }
            try config.save()
            session.out.line("Property \(property.quoted) set.")
        }
    }

    private static func set(_ tree: JSON, _ path: [String], _ value: JSON) -> JSON {
        guard let first = path.first else { return value }
        var copy = tree.object == nil ? JSON.object(JSONObject()) : tree
        copy[first] = set(copy[first], Array(path.dropFirst()), value)
        return copy
    }

    private static func converted(_ value: String, _ member: String, isRaw: Bool) throws -> JSON {
        if switches.contains(member) {
            do { return .bool(try GoValue.bool(value)) } catch { throw Refusal("\(error)") }
        }
        if bytes.contains(member) {
            if isRaw { return .string(encodeBase64(Array(value.utf8))) }
            guard let decoded = decodeBase64(value) else {
                throw Refusal("error decoding input value: illegal base64 data at input byte 0")
            }
            return .string(encodeBase64(decoded))
        }
        return .string(value)
    }

    static func configUnset() -> Verb {
        Verb(
            "unset", "Unset an individual value in a kubeconfig file", usage: "config unset PROPERTY_NAME [options]",
            options: 0
        ) { _, parsed, session in
            guard parsed.arguments.count == 1 else { throw unexpected(parsed, session) }
            let property = parsed.arguments[0]
            let path = try PropertyPath(property)
            var config = try session.editedConfig
            if let section = path.section {
                if path.name.isEmpty {
                    for name in config.names(section) { config.remove(section, name) }
                } else if path.members.isEmpty {
                    config.remove(section, path.name)
                } else {
                    guard let settings = config.entry(section, path.name) else {
                        throw Refusal("current map key `\(path.name)` is invalid")
                    }
                    config.set(section, path.name, removed(settings, path.members))
                }
            } else {
                config.setCurrentContext("")
            }
            try config.save()
            session.out.line("Property \(property.quoted) unset.")
        }
    }

    private static func removed(_ tree: JSON, _ path: [String]) -> JSON {
        guard let first = path.first else { return tree }
        var copy = tree
        if path.count == 1 {
            if ["server", "cluster", "user"].contains(first) { copy[first] = "" } else { copy.remove(first) }
        } else if !copy[first].isNull {
            copy[first] = removed(copy[first], Array(path.dropFirst()))
        }
        return copy
    }

    struct ViewConfig: Sendable {
        var printing = PrintOptions()
        var raw = false, minify = false, flatten = false, merge = true
    }

    static func configView() -> Verb {
        Verb(
            "view", "Display merged kubeconfig settings or a specified kubeconfig file",
            usage: "config view [flags] [options]",
            options: ViewConfig(),
            flags: PrintOptions.flags(\.printing).map { $0.name == "output" ? $0.showing("'yaml'") : $0 } + [
                .toggle("raw", \.raw, "Show certificates and keys"),
                .toggle("minify", \.minify, "Leave out what the current context doesn't use"),
                .toggle("flatten", \.flatten, "Put the content of named files into the result"),
                .toggle("merge", \.merge, default: true, "Merge all kubeconfig files"),
            ]
        ) { options, parsed, session in
            guard parsed.arguments.isEmpty else {
                throw session.misuse("unexpected arguments: [\(parsed.arguments.joined(separator: " "))]")
            }
            var tree = try session.editedConfig.merged
            if options.minify { tree = try minified(tree, session) }
            if options.flatten { tree = try flattened(tree, session) }
            if !options.raw { tree = redacted(tree) }
            var printing = options.printing
            if printing.output.isEmpty, printing.template.isEmpty { printing.output = "yaml" }
            try ObjectPrinter(session, printing).show(ordered(tree), isTyped: true)
        }
    }

    /// Members in the original's order, which JSON keeps.
    private static func ordered(_ tree: JSON) -> JSON {
        let members = [
            "clusters": (
                "cluster",
                [
                    "server", "tls-server-name", "insecure-skip-tls-verify", "certificate-authority",
                    "certificate-authority-data", "proxy-url", "disable-compression",
                ]
            ),
            "users": (
                "user",
                [
                    "client-certificate", "client-certificate-data", "client-key", "client-key-data", "token",
                    "tokenFile", "as", "as-uid", "as-groups", "as-user-extra", "username", "password",
                ]
            ),
        ]
        var sorted = tree
        for (section, (member, order)) in members {
            guard let entries = tree[section].array else { continue }
            sorted[section] = .array(
                entries.map { entry in
                    guard let old = entry[member].object else { return entry }
                    let known = order.compactMap { name in old[name].map { (name, $0) } }
                    let others = old.filter { !order.contains($0.0) }.map { ($0.0, $0.1) }
                    var copy = entry
                    copy[member] = .object(JSONObject(known + others))
                    return copy
                })
        }
        return sorted
    }

    private static func minified(_ tree: JSON, _ session: Session) throws -> JSON {
        let overrides = session.options.overrides
        let name = overrides.context.isEmpty ? tree["current-context"].string ?? "" : overrides.context
        guard !name.isEmpty else {
            throw Refusal("current-context must exist in order to minify")
        }
        guard let context = (tree["contexts"].array ?? []).first(where: { $0["name"].string == name }) else {
            throw Refusal("cannot locate context \(name)")
        }
        var small = tree
        small["current-context"] = .string(name)
        small["contexts"] = [context]
        for (section, member) in [("clusters", "cluster"), ("users", "user")] {
            let kept = (tree[section].array ?? []).filter { $0["name"] == context["context"][member] }
            small[section] = kept.isEmpty ? .null : .array(kept)
        }
        return small
    }

    private static func flattened(_ tree: JSON, _ session: Session) throws -> JSON {
        var flat = tree
        let config = try session.editedConfig
        for (section, members) in [
            (Kubeconfig.Section.clusters, ["certificate-authority"]), (.users, ["client-certificate", "client-key"]),
        ] {
            let entries = (tree[section.rawValue].array ?? []).map { entry -> JSON in
                var copy = entry
                for member in members {
                    guard let path = entry[section.member][member].string, !path.isEmpty else { continue }
                    let file = config.origin(section, entry["name"].string ?? "") ?? ""
                    let folder = file.lastIndex(of: "/").map { String(file[..<$0]) } ?? "."
                    let whole = path.hasPrefix("/") ? path : "\(folder)/\(path)"
                    guard let bytes = try? WholeFile.read(whole, limit: 1 << 20) else { continue }
                    copy[section.member]["\(member)-data"] = .string(encodeBase64(bytes))
                    copy[section.member].remove(member)
                }
                return copy
            }
            flat[section.rawValue] = entries.isEmpty ? .null : .array(entries)
        }
        return flat
    }

    private static func redacted(_ tree: JSON) -> JSON {
        var shown = tree
        func replace(_ section: String, _ member: String, _ names: [(String, String)]) {
            guard let entries = tree[section].array else { return }
            shown[section] = .array(
                entries.map { entry in
                    var copy = entry
                    for (name, text) in names where entry[member][name].string?.isEmpty == false {
                        copy[member][name] = .string(text)
                    }
                    return copy
                })
        }
        replace("clusters", "cluster", [("certificate-authority-data", "DATA+OMITTED")])
        replace(
            "users", "user",
            [
                ("client-certificate-data", "DATA+OMITTED"), ("client-key-data", "DATA+OMITTED"), ("token", "REDACTED"),
                ("password", "REDACTED"),
            ])
        return shown
    }
}
