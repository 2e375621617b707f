import CommandLine
import JSON
import KubeClient
import KubeModel
import NIOHTTP1

struct RunOptions: Sendable {
    var printing = PrintOptions()
    var image = "", variables: [String] = [], port = "", labels = "", annotations: [String] = [], dryRun = "none"
    var stdin = false, tty = false, removes = false, attaches = false, attachGiven = false, leavesOpen = false
    var usesCommand = false, restart = "Always", pullPolicy = "", exposes = false, overrides = "",
        overrideType = "merge"
    var privileged = false, quiet = false, savesConfig = false, manager = "kubectl-run"
    var force = false, grace = -1, waits = false, timeout: Int64 = 60_000_000_000, detachKeys = ""
    var cascade = "background", deletionTime: Int64 = 0, files = FileOptions()
}

extension VerbTree {
    static func run() -> Verb {
        Verb(
            "run", group: .basicBeginner, "Run a particular image on the cluster",
            usage:
                "run NAME --image=image [--env=\"key=value\"] [--port=port] [--dry-run=server|client] [--overrides=inline-json] [--command] -- [COMMAND] [args...] [options]",
            options: RunOptions(),
            flags: PrintOptions.flags(\.printing) + [
                .text("image", \.image, "Image to run"),
                .texts("env", \.variables, "NAME=VALUE in the container's environment"),
                .text("port", \.port, "Port that the container exposes"),
                .text("labels", short: "l", \.labels, "Labels of the pod: a=b,c=d"),
                .texts("annotations", \.annotations, "Annotation of the pod: a=b"), DryRun.flag(\.dryRun),
                .toggle("stdin", short: "i", \.stdin, "Keep the container's standard input open"),
                .toggle("tty", short: "t", \.tty, "Give the container a terminal"),
                .toggle("rm", \.removes, "Delete the pod when it ends; attached only"),
                Flag("attach", value: nil, help: "Attach to the container once it runs; on with -i") {
                    $0.attaches = try GoValue.bool($1)
                    $0.attachGiven = true
                },
                .toggle("leave-stdin-open", \.leavesOpen, "Leave the input open after the first attach"),
                .toggle("command", \.usesCommand, "The arguments are the command, not its arguments"),
                .text("restart", \.restart, default: "Always", "Always, OnFailure or Never"),
                .text("image-pull-policy", \.pullPolicy, "When the image is pulled"),
                .toggle("expose", \.exposes, "Make a service for the pod; needs --port"),
                .text("overrides", \.overrides, "JSON that is merged into the pod"),
                .text("override-type", \.overrideType, default: "merge", "How: json, merge or strategic"),
                .toggle("privileged", \.privileged, "Run the container privileged"),
                .toggle("quiet", short: "q", \.quiet, "Print no prompt"),
                .toggle("save-config", \.savesConfig, "Keep the configuration in the object's annotation"),
                .text("field-manager", \.manager, default: "kubectl-run", "Name under which the fields are owned"),
                .toggle("force", \.force, "When the pod is deleted: don't wait for the node's word"),
                Flag("grace-period", value: "int", help: "Seconds in which to end gracefully", shownDefault: "-1") {
                    $0.grace = try GoValue.int($1)
                },
                .toggle("wait", \.waits, "Wait until the deleted pod is gone"),
                .duration("pod-running-timeout", \.timeout, "How long to wait until the pod runs").showing("1m0s"),
                .text("detach-keys", \.detachKeys, default: PodAttachment.usualKeys, "Keys that leave the container"),
                .optionalValue(
                    "cascade", \.cascade, bare: "background", default: "background",
                    "What becomes of the deleted pod's dependents"),
                .duration("timeout", \.deletionTime, "How long to wait for the deletion"),
                .text("kustomize", short: "k", \.files.kustomize, "Taken for compatibility"),
                .toggle("recursive", short: "R", \.files.recursive, "Taken for compatibility"),
            ]
        ) { options, parsed, session in
            try await Running(options: options, session: session).run(parsed)
        }
    }
}

struct Running: Sendable {
    let options: RunOptions
    let session: Session

    func run(_ parsed: Parsed) async throws {
        try VerbTree.required(parsed, ["image"])
        guard !parsed.arguments.isEmpty, parsed.dashAt != 0 else { throw session.misuse("NAME is required for run") }
        guard ["Always", "OnFailure", "Never", ""].contains(options.restart) else {
            throw Refusal(
                "invalid restart policy: \(options.restart), valid values are: Always, OnFailure, Never")
        }
        guard ImageNameCheck.isReference(options.image) else {
            throw Refusal("invalid image name \(options.image.quoted): invalid reference format")
        }
        guard ["", "Always", "IfNotPresent", "Never"].contains(options.pullPolicy) else {
            throw Refusal(
                "invalid image pull policy: \(options.pullPolicy), valid values are: Always, IfNotPresent, Never")
        }
        let attaches = options.attachGiven ? options.attaches : options.stdin
        let dryRun = try DryRun(options.dryRun)
        if options.removes, !attaches { throw Refusal("--rm should only be used for attached containers") }
        if attaches, dryRun != .none {
            throw Refusal(
                "--dry-run=[server|client] can't be used with attached containers options (--attach, --stdin, or --tty)"
            )
        }
        if options.tty, !options.stdin { throw Refusal("-i/--stdin is required for containers with -t/--tty=true") }
        if options.exposes, options.port.isEmpty { throw Refusal("--port must be set when exposing a service") }
        let name = parsed.arguments[0]
        let pod = try self.pod(name, Array(parsed.arguments.dropFirst()), attaches: attaches)
        let printer = try ObjectPrinter(session, options.printing)
        var item = Item(resource: Known.pods, namespace: try session.namespace, name: name, object: pod)
        item = try await create(item, dryRun)
        if attaches {
            let container = (item.object["spec"]["containers"][0]["name"].string ?? "")
            return try await attach(item, container)
        }
        try printer.print(item, "created\(dryRun.suffix)", isTyped: true)
        if options.exposes { try await expose(item, printer, dryRun) }
    }

    private func create(_ item: Item, _ dryRun: DryRun) async throws -> Item {
        var made = item
        if options.savesConfig { made.object = LastApplied.annotated(made.object) }
        guard dryRun != .client else { return made }
        var query: KubeConnection.Query = [("fieldManager", options.manager)]
        if dryRun == .server { query.append(("dryRun", "All")) }
        made.take(try await session.send(.POST, made.folder, query, made.object))
        return made
    }

    private func pod(_ name: String, _ words: [String], attaches: Bool) throws -> JSON {
        var labels = JSONObject([("run", .string(name))])
        if !options.labels.isEmpty {
            labels = JSONObject()
            for part in options.labels.parts(",") {
                guard let (key, value) = part.cut("=") else { throw Refusal("unexpected label spec: \(part)") }
                labels[key] = .string(value)
            }
        }
        var annotations = JSONObject()
        for text in options.annotations {
            guard let (key, value) = text.cut("=") else { throw Refusal("invalid annotation: \(text)") }
            annotations[key] = .string(value)
        }
        let variables = try options.variables.map { text -> JSON in
            guard let (key, value) = text.cut("="), !key.isEmpty else { throw Refusal("invalid env: \(text)") }
            return .members([("name", .string(key)), ("value", .some(value))])
        }
        var port: JSON?
        if !options.port.isEmpty {
            guard let number = Int(options.port) else {
                throw Refusal("strconv.ParseInt: parsing \(options.port.quoted): invalid syntax")
            }
            port = [["containerPort": .init(number)]]
        }
        let container = JSON.members([
            ("name", .string(name)), ("image", .string(options.image)),
            ("command", options.usesCommand ? .some(words) : nil), ("args", options.usesCommand ? nil : .some(words)),
            ("ports", port), ("env", variables.isEmpty ? nil : .array(variables)), ("resources", [:]),
            ("imagePullPolicy", .some(options.pullPolicy)),
            ("securityContext", options.privileged ? ["privileged": true] : nil),
            ("stdin", options.stdin ? true : nil), ("stdinOnce", options.stdin && !options.leavesOpen ? true : nil),
            ("tty", options.tty ? true : nil),
        ])
        var metadata: [(String, JSON?)] = [("name", .string(name))]
        if session.options.namespaceGiven { metadata.append(("namespace", .string(try session.namespace))) }
        metadata.append(("labels", .object(labels.sortedByKey())))
        metadata.append(("annotations", annotations.isEmpty ? nil : .object(annotations.sortedByKey())))
        let pod: JSON = [
            "kind": "Pod", "apiVersion": "v1", "metadata": .members(metadata),
            "spec": .members([
                ("containers", [container]),
                ("restartPolicy", .string(options.restart.isEmpty ? "Always" : options.restart)),
                ("dnsPolicy", "ClusterFirst"),
            ]), "status": [:],
        ]
        return try Overrides.apply(options.overrides, options.overrideType, to: pod)
    }

    private func expose(_ item: Item, _ printer: ObjectPrinter, _ dryRun: DryRun) async throws {
        guard let port = Int(options.port) else { return }
        var metadata: [(String, JSON?)] = [("name", .string(item.name))]
        if session.options.namespaceGiven { metadata.append(("namespace", .string(item.namespace))) }
        let service: JSON = [
            "kind": "Service", "apiVersion": "v1", "metadata": .members(metadata),
            "spec": [
                "ports": [["protocol": "TCP", "port": .init(port), "targetPort": .init(port)]],
                "selector": item.object["metadata"]["labels"],
            ], "status": ["loadBalancer": [:]],
        ]
        let made = try await create(
            Item(resource: Known.services, namespace: item.namespace, name: item.name, object: service), dryRun)
        try printer.print(made, "created\(dryRun.suffix)", isTyped: true)
    }

    private func attach(_ item: Item, _ container: String) async throws {
        let attachment = PodAttachment(
            session: session, item: item, container: container, takesInput: options.stdin, wantsTerminal: options.tty,
            isQuiet: options.quiet, timeout: options.timeout, detachKeys: options.detachKeys)
        var failure: (any Error)?
        do { try await attachment.runFromStart() } catch { failure = error }
        if options.removes {
            var body: JSON = [
                "kind": "DeleteOptions", "apiVersion": "v1",
                "propagationPolicy": .string(
                    ["foreground": "Foreground", "orphan": "Orphan"][options.cascade] ?? "Background"),
            ]
            if options.grace >= 0 { body["gracePeriodSeconds"] = .init(options.grace) }
            _ = try await session.send(.DELETE, item.path, [], body)
            session.out.line("\(item.quotedLabel) deleted from \(item.namespace) namespace")
        }
        if let failure { throw failure }
    }
}

/// `--overrides`.
enum Overrides {
    static func apply(_ text: String, _ type: String, to object: JSON) throws -> JSON {
        guard !text.isEmpty else { return object }
        let patch: JSON
        do { patch = try JSON(parsing: text) } catch { throw Refusal("Invalid JSON Patch") }
        do {
            switch type {
            case "merge": return try MergePatch.apply(patch, to: object)
            case "strategic":
                let type = GroupVersion(apiVersion: object["apiVersion"].string ?? "").flatMap {
                    Schema.builtIn.type($0, kind: object["kind"].string ?? "")
                }
                return try StrategicMergePatch.apply(patch, to: object, type: type)
            case "json": return try JSONPatch(patch).apply(to: object)
            default: throw Refusal("invalid override type: \(type)")
            }
        } catch let status as APIStatus { throw Refusal(status.message) }
    }
}
