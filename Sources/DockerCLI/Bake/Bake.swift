import CommandLine
import Glibc
import JSON

struct BakeOptions: Sendable {
    var files: [String] = [], overrides: [String] = [], variables: [String] = [], allowed: [String] = []
    var builder = "", list = "", progress = "auto", call = "build", metadataFile = "", provenance = "", sbom = ""
    var prints = false, loads = false, pushes = false, ignoresCache = false, pulls = false, checks = false
}

extension CommandTree {
    /// `docker buildx bake`: builds that files describe.
    static func bake() -> DockerCommand {
        DockerCommand(
            "bake", aliases: ["f"], "Build what a file describes", usage: "[OPTIONS] [TARGET...]", count: .atLeast(0),
            options: BakeOptions(),
            flags: [
                .list("allow", \.allowed, value: "stringArray", "Accepted for the original's sake"),
                .text("builder", \.builder, "The builder that builds"),
                .text("call", \.call, default: "build", "What to do (\"build\", \"check\", \"targets\")"),
                .toggle("check", \.checks, "Shorthand for \"--call=check\""),
                .list("file", short: "f", \.files, value: "stringArray", "The file that describes what is built"),
                .text("list", \.list, "List the targets (\"targets\")"),
                .toggle("load", \.loads, "Shorthand for \"--set=*.output=type=docker\""),
                .text("metadata-file", \.metadataFile, hidden: true, "Has no effect"),
                .toggle("no-cache", \.ignoresCache, "Run every step anew"),
                .toggle("print", \.prints, "Show what would be built"),
                .text(
                    "progress", \.progress, default: "auto",
                    "How progress is shown (auto, none, plain, quiet, rawjson, tty)"),
                .text("provenance", \.provenance, "Accepted for the original's sake"),
                .toggle("pull", \.pulls, "Look for newer versions of the base images"),
                .toggle("push", \.pushes, "Shorthand for \"--set=*.output=type=registry\""),
                .text("sbom", \.sbom, "Accepted for the original's sake"),
                .list("set", \.overrides, value: "stringArray", "Change a target (\"TARGET.KEY=value\")"),
                .list("var", \.variables, value: "stringArray", "Set a variable (\"NAME=value\")"),
            ]
        ) { options, parsed, session in
            do {
                try Builders.check(options.builder, session)
                return try await Bake(options: options, session: session).run(parsed.arguments)
            } catch let failure as Failure where !failure.description.hasPrefix("ERROR: ") {
                throw Failure("ERROR: \(failure.description)", exitCode: failure.exitCode)
            }
        }
    }
}

struct Bake: Sendable {
    let options: BakeOptions
    let session: Session

    private enum Limit {
        /// Bytes of one file.
        static let file = 16 << 20
    }

    private static let standardNames = [
        "compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml", "docker-bake.json",
        "docker-bake.hcl", "docker-bake.override.json", "docker-bake.override.hcl",
    ]

    func run(_ names: [String]) async throws -> Int32 {
        let definition = try definition()
        if options.list == "targets" {
            session.out.write(listing(definition))
            return 0
        }
        let overrides = try BakeOverrides(options.overrides, definition, session.environment)
        var wanted: [String] = []
        for name in names.isEmpty ? ["default"] : names {
            for match in name.contains("*") ? try definition.matching(name) : [name] where !wanted.contains(match) {
                wanted.append(match)
            }
        }
        var asked: Set<String> = []
        for name in wanted { asked.formUnion(try definition.members(of: name).targets) }
        let (targets, groups) = try resolve(wanted, asked, definition, overrides)
        if options.prints {
            session.out.line(shown(targets, groups).pretty(indent: "  "))
            return 0
        }
        try await build(targets, asked: asked)
        return 0
    }

    // MARK: Files

    private func definition() throws -> BakeDefinition {
        let files = options.files.isEmpty ? Self.standardNames.filter { access($0, F_OK) == 0 } : options.files
        guard !files.isEmpty else { throw Failure("couldn't find a bake definition") }
        var definition = BakeDefinition()
        let compose = files.filter { $0.hasSuffix(".yml") || $0.hasSuffix(".yaml") }
        for file in compose where access(file, F_OK) != 0 {
            throw Failure("open \(file): \(WholeFile.message(errno))")
        }
        if !compose.isEmpty {
            let json: JSON
            do { json = try ComposeTargets.load(compose, session.environment) } catch { throw Failure("\(error)") }
            try definition.add(json, name: compose[0])
        }
        for file in files where !compose.contains(file) {
            guard access(file, F_OK) == 0 else { throw Failure("open \(file): \(WholeFile.message(errno))") }
            let bytes = try WholeFile.read(file, limit: Limit.file)
            if file.hasSuffix(".json") {
                let json: JSON
                do { json = try JSON(parsing: bytes) } catch { throw Failure("\(file): \(error)") }
                try definition.add(json, name: file)
            } else {
                try definition.add(try HCLText.parse(String(decoding: bytes, as: UTF8.self), name: file), name: file)
            }
        }
        var variables: [String: String] = [:]
        for text in options.variables {
            guard let (name, value) = text.cut("=") else {
                throw Failure("invalid variable \(text), expected name=value")
            }
            variables[name] = value
        }
        try definition.resolve(variables, session.environment)
        return definition
    }

    private func listing(_ definition: BakeDefinition) -> String {
        var rows = definition.targets.map { [$0.key, $0.value["description"].string ?? ""] }
        rows += definition.groups.map { [$0.key, $0.value["targets"].strings.joined(separator: ", ")] }
        return TabStops.text([["TARGET", "DESCRIPTION"]] + rows.sorted { $0[0] < $1[0] })
    }

    // MARK: Targets

    /// The targets behind the names, with those that they take from, and the groups on the way.
    private func resolve(
        _ names: [String], _ asked: Set<String>, _ definition: BakeDefinition, _ overrides: BakeOverrides
    ) throws -> (targets: [String: BakeTarget], groups: [String: [String]]) {
        var targets: [String: BakeTarget] = [:], groups: [String: [String]] = [:]
        var open: [String] = []
        for name in names {
            let (members, passed) = try definition.members(of: name)
            open += members
            for group in passed { groups[group] = (definition.groups[group] ?? .null)["targets"].strings }
        }
        if groups["default"] == nil || !names.contains("default") { groups["default"] = names }
        groups["default"] = groups["default"]?.sorted()
        while let name = open.popLast() {
            guard targets[name] == nil else { continue }
            var json = try overrides.apply(to: try definition.inherited(name), named: name)
            if options.ignoresCache { json["no-cache"] = true }
            if options.pulls { json["pull"] = true }
            if options.loads, json["output"].array?.isEmpty ?? true { json["output"] = ["type=docker"] }
            if options.pushes, !json["tags"].strings.isEmpty { json["output"] = ["type=image,push=true"] }
            // What only others take from goes nowhere.
            if !asked.contains(name), json["output"].array?.isEmpty ?? true { json["output"] = ["type=cacheonly"] }
            let target = BakeTarget(name, json)
            targets[name] = target
            open += target.needs.sorted()
        }
        return (targets, groups)
    }

    private func shown(_ targets: [String: BakeTarget], _ groups: [String: [String]]) -> JSON {
        func sorted(_ members: [(String, JSON)]) -> JSON { .object(JSONObject(members.sorted { $0.0 < $1.0 })) }
        return [
            "group": sorted(groups.map { ($0.key, ["targets": JSON($0.value)]) }),
            "target": sorted(targets.map { ($0.key, $0.value.json) }),
        ]
    }

    // MARK: Building

    private func build(_ targets: [String: BakeTarget], asked: Set<String>) async throws {
        // What only others take from is known by a name of its own, for as long as they build.
        let taken = Set(targets.values.flatMap(\.needs))
        var targets = targets, passing: [String] = []
        for name in taken where !asked.contains(name) || targets[name]?.tags.isEmpty == true {
            let image = "bake-\(UInt32.random(in: 0 ... .max)):\(name.lowercased())"
            targets[name] = targets[name]?.kept(as: image)
            if !asked.contains(name) { passing.append(image) }
        }
        let images = targets.mapValues { $0.tags.first ?? "" }
        let nothing = Output { _ in true }
        let items = try order(targets).map { target in
            var session = session.with(out: nothing)
            if let text = target.inline { session = session.with(input: Self.input(text)) }
            var words = target.words { images[$0] ?? "" }
            if options.checks {
                words.append("--check")
            } else if options.call != "build" {
                words += ["--call", options.call]
            }
            return BuildGroup.Item(name: target.name, words: words, needs: target.needs, session: session)
        }
        let result: Result<Void, any Error>
        do {
            try await BuildGroup(items, style: options.progress, titled: true).run(on: session.err)
            result = .success(())
        } catch { result = .failure(error) }
        for image in passing { _ = try? await session.with(out: nothing, err: nothing).docker(["rmi", image]) }
        try result.get()
    }

    /// Each behind those that it needs.
    private func order(_ targets: [String: BakeTarget]) throws -> [BakeTarget] {
        var done: [BakeTarget] = [], isOpen: Set<String> = []
        func add(_ name: String) throws {
            guard let target = targets[name], !done.contains(where: { $0.name == name }) else { return }
            guard isOpen.insert(name).inserted else { throw Failure("infinite loop from target \(GoText.quote(name))") }
            for other in target.needs.sorted() { try add(other) }
            done.append(target)
        }
        for name in targets.keys.sorted() { try add(name) }
        return done
    }

    /// One reading of a text.
    private static func input(_ text: String) -> Input {
        let rest = ReadOnce(Array(text.utf8))
        return Input(isTerminal: false, read: { rest.take($0) })
    }
}
