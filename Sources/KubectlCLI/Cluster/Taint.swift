import CommandLine
import JSON
import KubeClient
import KubeModel
import NIOHTTP1

struct TaintOptions: Sendable {
    var printing = PrintOptions(), all = false, labels: String?, dryRun = "none", overwrites = false,
        validate = "strict"
    var manager = "kubectl-taint"
}

extension VerbTree {
    static func taint() -> Verb {
        Verb(
            "taint", group: .cluster, "Update the taints on one or more nodes",
            usage: "taint NODE NAME KEY_1=VAL_1:TAINT_EFFECT_1 ... KEY_N=VAL_N:TAINT_EFFECT_N [options]",
            options: TaintOptions(),
            flags: PrintOptions.flags(\.printing) + [
                .toggle("all", \.all, "All nodes"), .optionalText("selector", short: "l", \.labels, "Select by labels"),
                DryRun.flag(\.dryRun), Validation.flag(\.validate),
                .toggle("overwrite", \.overwrites, "Change taints that are there already"),
                .text("field-manager", \.manager, default: "kubectl-taint", "Name under which the fields are owned"),
            ]
        ) { options, parsed, session in
            try await Tainting(options: options, session: session).run(parsed.arguments)
        }
    }
}

struct Tainting: Sendable {
    let options: TaintOptions
    let session: Session

    struct Taint: Sendable, Equatable {
        var key: String, value = "", effect = ""

        var json: JSON {
            .members([("effect", .string(effect)), ("key", .string(key)), ("value", .some(value))])
        }
    }

    private static let effects: Set<String> = ["NoSchedule", "PreferNoSchedule", "NoExecute"]

    static func parse(_ text: String) throws -> Taint {
        let parts = text.parts(":")
        guard parts.count <= 2 else { throw Refusal("invalid taint spec: \(text)") }
        var taint = Taint(key: parts[0])
        if parts.count == 2 {
            guard effects.contains(parts[1]) else {
                throw Refusal("invalid taint effect: \(parts[1]), unsupported taint effect")
            }
            let pair = parts[0].parts("=")
            guard pair.count <= 2 else { throw Refusal("invalid taint spec: \(text)") }
            taint = Taint(key: pair[0], value: pair.count == 2 ? pair[1] : "", effect: parts[1])
            if let fault = LabelValue.fault(taint.value) { throw Refusal("invalid taint spec: \(text), \(fault)") }
        }
        let faults = Names.qualifiedName(taint.key)
        if !faults.isEmpty { throw Refusal("invalid taint spec: \(text), \(faults.joined(separator: "; "))") }
        return taint
    }

    func run(_ arguments: [String]) async throws {
        var resources: [String] = [], words: [String] = []
        for argument in arguments {
            let isTaint = argument.contains("=") || argument.contains(":") || argument.hasSuffix("-")
            if isTaint {
                words.append(argument)
            } else if words.isEmpty {
                resources.append(argument)
            } else {
                throw Refusal("all resources must be specified before taint changes: \(argument)")
            }
        }
        guard !resources.isEmpty else { throw Refusal("one or more resources must be specified as <resource> <name>") }
        guard !words.isEmpty else { throw Refusal("at least one taint update is required") }
        let dryRun = try DryRun(options.dryRun)
        let (added, removed) = try changes(words)
        let names = ResourceNames(try await session.resources())
        guard let type = names.find(resources[0]) else { throw ResourceNames.mapperComplaint(resources[0]) }
        guard type.kind == "Node" else {
            throw Refusal("invalid resource type \(resources[0].lowercased()), only node types are supported")
        }
        let both = removed.filter { old in
            added.contains { $0.key == old.key && (old.effect.isEmpty || $0.effect == old.effect) }
        }
        if !both.isEmpty {
            throw Refusal(
                "can not both modify and remove the following taint(s) in the same command: \(both.map { "\($0.key)=\($0.effect)" }.joined(separator: ", "))"
            )
        }
        if options.all, options.labels != nil {
            throw Refusal("setting 'all' parameter with a non empty selector is prohibited")
        }
        if !options.all, options.labels == nil, resources.count < 2 {
            throw Refusal("at least one resource name must be specified since 'all' parameter is not set")
        }
        var selection = Selection()
        selection.arguments = options.all || options.labels != nil ? ["nodes"] : ["nodes"] + resources.dropFirst()
        selection.labels = options.labels
        selection.takesAll = options.all
        let selected = try await session.select(selection)
        let printer = try ObjectPrinter(session, options.printing)
        var errors = selected.errors
        for node in selected.items {
            do { try await edit(node, added, removed, printer, dryRun) } catch { errors.append(error) }
        }
        try Failures.throwing(errors)
    }

    private func changes(_ words: [String]) throws -> ([Taint], [Taint]) {
        var added: [Taint] = [], removed: [Taint] = []
        do {
            for word in words {
                if word.hasSuffix("-") {
                    removed.append(try Self.parse(String(word.dropLast())))
                    continue
                }
                let taint = try Self.parse(word)
                guard !taint.effect.isEmpty else { throw Refusal("invalid taint spec: \(word)") }
                if added.contains(where: { $0.key == taint.key && $0.effect == taint.effect }) {
                    throw Refusal(
                        "duplicated taints with the same key and effect: {\(taint.key) \(taint.value) \(taint.effect) <nil>}"
                    )
                }
                added.append(taint)
            }
        } catch let refusal as Refusal { throw session.misuse(refusal.description) }
        return (added, removed)
    }

    private func edit(_ node: Item, _ added: [Taint], _ removed: [Taint], _ printer: ObjectPrinter, _ dryRun: DryRun)
        async throws
    {
        let before = node.object["spec"]["taints"].array ?? []
        func isSame(_ entry: JSON, _ taint: Taint) -> Bool {
            entry["key"].string == taint.key && (taint.effect.isEmpty || entry["effect"].string == taint.effect)
        }
        if !options.overwrites {
            let taken = added.filter { new in before.contains { isSame($0, new) } }
            if !taken.isEmpty {
                throw Refusal(
                    "node \(node.name) already has \(taken.map { $0.key }.joined(separator: ",")) taint(s) with same effect(s) and --overwrite is false"
                )
            }
        }
        var after = added.map(\.json) + before.filter { entry in !added.contains { isSame(entry, $0) } }
        let isAdded = before.count != after.count
        var isRemoved = false
        var errors: [any Error] = []
        for taint in removed {
            let count = after.count
            after.removeAll { isSame($0, taint) }
            isRemoved = after.count != count
            if !isRemoved {
                let text = taint.effect.isEmpty ? taint.key : "\(taint.key):\(taint.effect)"
                errors.append(Refusal("taint \(text.quoted) not found"))
            }
        }
        let operation = isAdded && isRemoved || options.overwrites ? "modified" : isAdded ? "tainted" : "untainted"
        try Failures.throwing(errors)
        var changed = node
        changed.object["spec", "taints"] = .array(after)
        if dryRun != .client {
            var query: KubeConnection.Query = [
                ("fieldManager", options.manager), try Validation.query(options.validate),
            ]
            if dryRun == .server { query.append(("dryRun", "All")) }
            changed.take(
                try await session.send(
                    .PATCH, node.path, query, ["spec": ["taints": after.isEmpty ? .null : .array(after)]],
                    contentType: "application/strategic-merge-patch+json"))
        }
        try printer.print(changed, operation)
    }
}
