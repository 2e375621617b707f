import CommandLine
import JSON
import KubeClient
import KubeModel
import NIOHTTP1

struct SetOptions: Sendable {
    var files = FileOptions(), printing = PrintOptions()
    var all = false, labels: String?, local = false, dryRun = "none", manager = "kubectl-set", records = false
    var containers = "*", limits = "", requests = "", version = ""
    var variables: [String] = [], from = "", prefix = "", keys: [String] = [], lists = false, resolves = false
    var overwrites = true
    var users: [String] = [], groups: [String] = [], accounts: [String] = []

    /// - Parameter absent: flags of the others that this verb hasn't got.
    static func flags(
        _ own: [Flag<SetOptions>], without absent: Set<String> = [], isRecursive: Bool = false
    ) -> [Flag<SetOptions>] {
        all(own, isRecursive).filter { !absent.contains($0.name) }
    }

    private static func all(_ own: [Flag<SetOptions>], _ isRecursive: Bool) -> [Flag<SetOptions>] {
        FileOptions.flags(\.files, "to change", isRecursive: isRecursive) + PrintOptions.flags(\.printing) + own + [
            .toggle("all", \.all, "All objects of the types, in the namespace"),
            .optionalText("selector", short: "l", \.labels, "Select by labels"),
            .toggle("local", \.local, "Ask no server: show what would be sent"), DryRun.flag(\.dryRun),
            .text("field-manager", \.manager, default: "kubectl-set", "Name under which the fields are owned"),
            .toggle("record", \.records, "Taken for compatibility").hidden,
        ]
    }
}

extension VerbTree {
    static func set() -> Verb {
        Verb(
            "set", group: .basicBeginner, "Set specific features on objects", usage: "set SUBCOMMAND [options]",
            subverbs: [setEnv(), setImage(), setResources(), setSelector(), setServiceAccount(), setSubject()])
    }

    private static func setImage() -> Verb {
        Verb(
            "image", "Update the image of a pod template",
            usage:
                "set image (-f FILENAME | TYPE NAME) CONTAINER_NAME_1=CONTAINER_IMAGE_1 ... CONTAINER_NAME_N=CONTAINER_IMAGE_N [options]",
            options: SetOptions(), flags: SetOptions.flags([])
        ) { options, parsed, session in
            let (resources, words) = try Pairs.split(parsed.arguments, "image")
            let images = words.compactMap { $0.cut("=") }
            let editing = TemplateEditing(
                options, session, "image updated", failure: "failed to patch image update to pod template:")
            let items = try await editing.items(resources)
            var faults: [any Error] = []
            if options.all, options.labels != nil {
                faults.append(Refusal("cannot set --all and --selector at the same time"))
            }
            if images.isEmpty { faults.append(Refusal("at least one image update is required")) }
            if images.count > 1, images.contains(where: { $0.0 == "*" }) {
                faults.append(
                    Refusal(
                        "all containers are already specified by *, but saw more than one container_name=container_image pairs"
                    ))
            }
            try Failures.throwing(faults)
            try await editing.run(items) { spec in
                var missing: [any Error] = []
                for (name, image) in images.sorted(by: { $0.0 < $1.0 }) {
                    var isFound = false
                    for member in ["initContainers", "containers"] {
                        guard let list = spec[member].array else { continue }
                        spec[member] = .array(
                            list.map { container in
                                guard name == "*" || container["name"].string == name else { return container }
                                isFound = true
                                var copy = container
                                copy["image"] = .string(image)
                                return copy
                            })
                    }
                    if !isFound { missing.append(Refusal("error: unable to find container named \(name.quoted)")) }
                }
                return missing
            }
        }
    }

    private static func setResources() -> Verb {
        Verb(
            "resources", "Update resource requests/limits on objects with pod templates",
            usage: "set resources (-f FILENAME | TYPE NAME)  ([--limits=LIMITS & --requests=REQUESTS] [options]",
            options: SetOptions(),
            flags: SetOptions.flags([
                .text("containers", short: "c", \.containers, default: "*", "Containers to change; * is a wildcard"),
                .text("limits", \.limits, "Limits: cpu=100m,memory=256Mi"),
                .text("requests", \.requests, "Requests: cpu=100m,memory=256Mi"),
            ])
        ) { options, parsed, session in
            if options.all, options.labels != nil { throw Refusal("cannot set --all and --selector at the same time") }
            guard !options.limits.isEmpty || !options.requests.isEmpty else {
                throw Refusal("you must specify an update to requests or limits (in the form of --requests/--limits)")
            }
            let limits = try amounts(options.limits), requests = try amounts(options.requests)
            try await TemplateEditing(
                options, session, "resource requirements updated",
                failure: "failed to patch resources update to pod template"
            ).run(parsed.arguments) { spec in
                var isFound = false
                spec["containers"] = .array(
                    (spec["containers"].array ?? []).map { container in
                        guard ContainerPattern.fits(options.containers, container["name"].string ?? "") else {
                            return container
                        }
                        isFound = true
                        var copy = container
                        for (name, value) in limits { copy["resources", "limits", name] = value }
                        for (name, value) in requests { copy["resources", "requests", name] = value }
                        return copy
                    })
                return isFound ? [] : [Refusal("error: unable to find container named \(options.containers)")]
            }
        }
    }

    private static func amounts(_ text: String) throws -> JSONObject {
        var all = JSONObject()
        for part in text.isEmpty ? [] : text.parts(",") {
            guard let (name, value) = part.cut("="), !value.contains("=") else {
                throw Refusal("invalid argument syntax \(part), expected <resource>=<value>")
            }
            do { all[name] = .string("\(try Quantity(parsing: value))") } catch { throw Refusal("\(error)") }
        }
        return all
    }

    private static func setServiceAccount() -> Verb {
        Verb(
            "serviceaccount", aliases: ["sa"], "Update the service account of a resource",
            usage: "set serviceaccount (-f FILENAME | TYPE NAME) SERVICE_ACCOUNT [options]", options: SetOptions(),
            flags: SetOptions.flags([], without: ["selector"])
        ) { options, parsed, session in
            guard let account = parsed.arguments.last else { throw Refusal("serviceaccount is required") }
            var editing = TemplateEditing(
                options, session, "serviceaccount updated", failure: "failed to patch ServiceAccountName")
            editing.needsFiles = Session.nothingSelected
            editing.tellsUnchanged = true
            try await editing.run(Array(parsed.arguments.dropLast())) { spec in
                spec["serviceAccountName"] = .string(account)
                return []
            }
        }
    }

    private static func setSelector() -> Verb {
        Verb(
            "selector", "Set the selector on a resource",
            usage: "set selector (-f FILENAME | TYPE NAME) EXPRESSIONS [--resource-version=version] [options]",
            options: SetOptions(files: FileOptions(recursive: true)),
            flags: SetOptions.flags(
                [.text("resource-version", \.version, "Only if the object has this version")],
                without: ["kustomize", "selector"], isRecursive: true)
        ) { options, parsed, session in
            // The last word is the selector, whatever it looks like.
            let selector = try LabelSelectorText.object(parsed.arguments.last ?? "")
            var editing = TemplateEditing(options, session, "selector updated", failure: "")
            editing.isPlain = true
            editing.tellsUnchanged = true
            let items = try await editing.items(Array(parsed.arguments.dropLast()))
            let expressions = selector["matchExpressions"].array ?? []
            if !expressions.isEmpty {
                let texts = expressions.map { term in
                    let values = (term["values"].array ?? []).map(\.plain).joined(separator: " ")
                    return "{\(term["key"].plain) \(term["operator"].plain) [\(values)]}"
                }
                throw Refusal(
                    "match expression [\(texts.joined(separator: " "))] not supported on this object")
            }
            try await editing.run(items) { object in
                guard object["kind"].string == "Service" else {
                    return [Refusal("setting a selector is only supported for Services")]
                }
                object["spec", "selector"] = selector["matchLabels"].isNull ? [:] : selector["matchLabels"]
                if !options.version.isEmpty { object["metadata", "resourceVersion"] = .string(options.version) }
                return []
            }
        }
    }

    private static func setSubject() -> Verb {
        Verb(
            "subject", "Update the user, group, or service account in a role binding or cluster role binding",
            usage:
                "set subject (-f FILENAME | TYPE NAME) [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none] [options]",
            options: SetOptions(),
            flags: SetOptions.flags([
                .texts("user", \.users, "User to bind"), .texts("group", \.groups, "Group to bind"),
                .texts("serviceaccount", \.accounts, "Service account to bind, as namespace:name"),
            ])
        ) { options, parsed, session in
            guard !options.users.isEmpty || !options.groups.isEmpty || !options.accounts.isEmpty else {
                throw Refusal("you must specify at least one value of user, group or serviceaccount")
            }
            var subjects: [JSON] = []
            for name in options.users {
                subjects.append(["kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": .string(name)])
            }
            for name in options.groups {
                subjects.append(["kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": .string(name)])
            }
            for text in options.accounts {
                guard let (namespace, name) = text.cut(":"), !name.contains(":") else {
                    throw Refusal("serviceaccount must be <namespace>:<name>")
                }
                guard !namespace.isEmpty else {
                    throw Refusal("serviceaccount must be <namespace>:<name>, namespace must be specified")
                }
                subjects.append(["kind": "ServiceAccount", "name": .string(name), "namespace": .string(namespace)])
            }
            let added = subjects
            var editing = TemplateEditing(
                options, session, "subjects updated", failure: "failed to patch subjects to rolebinding:")
            editing.isPlain = true
            try await editing.run(parsed.arguments) { object in
                guard ["RoleBinding", "ClusterRoleBinding"].contains(object["kind"].string ?? "") else {
                    throw Refusal("setting subjects is only supported for RoleBinding/ClusterRoleBinding")
                }
                let there = object["subjects"].array ?? []
                object["subjects"] = .array(there + added.filter { !there.contains($0) })
                return []
            }
        }
    }
}

enum ContainerPattern {
    /// `*` in the pattern stands for anything.
    static func fits(_ pattern: String, _ name: String) -> Bool {
        if pattern == "*" { return true }
        let parts = pattern.parts("*")
        guard parts.count > 1 else { return pattern == name }
        var rest = name[...]
        for (at, part) in parts.enumerated() {
            if part.isEmpty { continue }
            guard let found = rest.firstRange(of: part) else { return false }
            if at == 0, found.lowerBound != rest.startIndex { return false }
            rest = rest[found.upperBound...]
        }
        return parts.last?.isEmpty == true || rest.isEmpty
    }
}

/// No container of the object is meant: told as a warning.
struct UnmatchedContainers: Error { let pattern: String }

/// Changes objects that have a pod's specification in them, by a patch of what differs.
struct TemplateEditing: Sendable {
    private let options: SetOptions
    private let session: Session
    private let operation: String
    private let failure: String
    /// The whole object is changed, not its pod specification.
    var isPlain = false
    /// Objects that are so already are told of, too.
    var tellsUnchanged = false
    /// What is told when `--local` has no files; nil: the usual.
    var needsFiles: String?

    init(_ options: SetOptions, _ session: Session, _ operation: String, failure: String) {
        self.options = options
        self.session = session
        self.operation = operation
        self.failure = failure
    }

    /// Where a kind has its pod's specification; nil: nowhere.
    static func place(_ kind: String) -> [String]? {
        switch kind {
        case "Pod": ["spec"]
        case "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "ReplicationController":
            ["spec", "template", "spec"]
        case "CronJob": ["spec", "jobTemplate", "spec", "template", "spec"]
        default: nil
        }
    }

    /// What is to be changed, as it is.
    func items(_ resources: [String]) async throws -> [Item] {
        var selection = options.files.selection(resources)
        selection.labels = options.labels
        selection.takesAll = options.all
        selection.latest = !options.local
        selection.isLocal = options.local
        if let needsFiles { selection.needsFiles = needsFiles }
        return try await session.select(selection).all()
    }

    func run(_ resources: [String], _ edit: (inout JSON) throws -> [any Error]) async throws {
        if resources.isEmpty, options.files.isEmpty {
            throw Refusal("one or more resources must be specified as <resource> <name> or <resource>/<name>")
        }
        try await run(try await items(resources), edit)
    }

    func run(_ items: [Item], _ edit: (inout JSON) throws -> [any Error]) async throws {
        let dryRun = try DryRun(options.dryRun)
        let printer = try ObjectPrinter(session, options.printing)
        var errors: [any Error] = []
        for item in items {
            do {
                let before = item.object
                var after = before
                if isPlain {
                    let faults = try edit(&after)
                    guard faults.isEmpty else {
                        errors += faults
                        continue
                    }
                } else {
                    for fault in try Self.change(&after, item.resource, edit) {
                        guard let unmatched = fault as? UnmatchedContainers else {
                            errors.append(fault)
                            continue
                        }
                        session.err.line(
                            "Warning: \(item.resource.kind)/\(item.name) does not have any containers matching "
                                + unmatched.pattern.quoted)
                    }
                }
                let type = BuiltInType.of(before)
                let patch = ThreeWay.strategic(last: before, wanted: after, current: before, type: type)
                let isSame = patch.object?.isEmpty != false
                if isSame, !tellsUnchanged { continue }
                var changed = item
                changed.object = after
                if !isSame, !options.local, dryRun != .client { changed = try await send(patch, item, type, dryRun) }
                changed.object = TypedForm.of(changed.object)
                try printer.print(changed, operation + dryRun.suffix, isTyped: true)
            } catch let refusal as Refusal where !refusal.description.hasPrefix("error: ") && !isPatching(refusal) {
                errors.append(Refusal("\(item.resource.name)/\(item.name) \(refusal)"))
            } catch { errors.append(error) }
        }
        try Failures.throwing(errors)
    }

    private func isPatching(_ refusal: Refusal) -> Bool { !failure.isEmpty && refusal.description.hasPrefix(failure) }

    private static func change(
        _ object: inout JSON, _ resource: ServedResource, _ edit: (inout JSON) throws -> [any Error]
    ) throws -> [any Error] {
        guard let place = place(resource.kind) else {
            throw Refusal(
                "error: \(resource.name)/\(object["metadata"]["name"].string ?? "") the object is not a pod or does not have a pod template: \(resource.goType)\n"
            )
        }
        func descend(_ tree: inout JSON, _ path: ArraySlice<String>) throws -> [any Error] {
            guard let first = path.first else { return try edit(&tree) }
            var inner = tree[first]
            let faults = try descend(&inner, path.dropFirst())
            tree[first] = inner
            return faults
        }
        return try descend(&object, place[...])
    }

    private func send(_ patch: JSON, _ item: Item, _ type: SchemaType?, _ dryRun: DryRun) async throws -> Item {
        var query: KubeConnection.Query = [("fieldManager", options.manager)]
        if dryRun == .server { query.append(("dryRun", "All")) }
        var after = item
        do {
            after.take(
                try await session.send(
                    .PATCH, item.path, query, patch,
                    contentType: type == nil ? "application/merge-patch+json" : "application/strategic-merge-patch+json"
                ))
        } catch let status as APIStatus where !failure.isEmpty {
            throw Refusal("\(failure) \(status.message)")
        }
        return after
    }
}
