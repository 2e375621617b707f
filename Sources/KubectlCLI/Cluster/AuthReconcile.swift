import CommandLine
import JSON
import KubeClient
import KubeModel
import NIOHTTP1

struct ReconcileOptions: Sendable {
    var files = FileOptions(), printing = PrintOptions(), dryRun = "none", removesRules = false,
        removesSubjects = false
}

extension VerbTree {
    static func reconcile() -> Verb {
        Verb(
            "reconcile",
            "Reconciles rules for RBAC role, role binding, cluster role, and cluster role binding objects",
            usage: "auth reconcile -f FILENAME [options]",
            examples: "# Roles and bindings, merged with what is there\nkubectl auth reconcile -f rbac.yaml",
            options: ReconcileOptions(),
            flags: FileOptions.flags(\.files, "to reconcile") + PrintOptions.flags(\.printing) + [
                DryRun.flag(\.dryRun),
                .toggle("remove-extra-permissions", \.removesRules, "Take away rules that the files don't have"),
                .toggle("remove-extra-subjects", \.removesSubjects, "Take away subjects that the files don't have"),
            ]
        ) { options, parsed, session in
            guard !options.files.isEmpty else { throw Refusal("must specify one of -f and -k") }
            guard parsed.arguments.isEmpty else { throw Refusal("no arguments are allowed") }
            let dryRun = try DryRun(options.dryRun)
            if dryRun == .server {
                throw Refusal("--dry-run=server for command reconcile is not supported yet")
            }
            let printer = try ObjectPrinter(session, options.printing)
            let reconciling = Reconciling(options: options, session: session, isDry: dryRun == .client)
            let selected = try await session.select(options.files.selection())
            var errors = selected.errors
            for item in selected.items {
                do { try await reconciling.run(item, printer) } catch { errors.append(error) }
            }
            try Failures.throwing(errors)
        }
    }
}

/// Brings one role or binding of the server to what a file says.
struct Reconciling: Sendable {
    let options: ReconcileOptions
    let session: Session
    let isDry: Bool

    private static let group = "rbac.authorization.k8s.io"
    private static let kinds: Set<String> = ["Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"]
    /// How often is begun anew when others change the object at the same time.
    private static let attempts = 3

    func run(_ item: Item, _ printer: ObjectPrinter) async throws {
        let resource = item.resource
        guard resource.group == Self.group, Self.kinds.contains(resource.kind) else { return }
        guard resource.version == "v1" else {
            throw Refusal("only rbac.authorization.k8s.io/v1 is supported: not *\(resource.version).\(resource.kind)")
        }
        let (done, result) = try await reconciled(item, attempt: 1)
        try printer.print(done, "reconciled\(isDry ? " (dry run)" : "")")
        tell(result)
    }

    private func reconciled(_ item: Item, attempt: Int) async throws -> (Item, RoleReconciliation) {
        guard attempt <= Self.attempts else { throw Refusal("exceeded maximum attempts") }
        var existing: JSON?
        do { existing = try await session.fetch(item) } catch let status as APIStatus where status.reason == "NotFound"
        {
        }
        let isRole = ["Role", "ClusterRole"].contains(item.resource.kind)
        let result = RoleReconciliation(
            wanted: item.object, existing: existing,
            removesExtra: isRole ? options.removesRules : options.removesSubjects)
        var done = item
        done.object = result.object
        if isDry || result.isProtected { return (done, result) }
        do {
            switch result.operation {
            case .none: break
            case .create: done.take(try await create(done))
            case .update: done.take(try await session.send(.PUT, done.path, [], result.object))
            case .recreate:
                try await delete(done, uid: existing?["metadata"]["uid"] ?? .null)
                done.take(try await create(done))
            }
        } catch let status as APIStatus where Self.means(status, othersActedBefore: result.operation) {
            return try await reconciled(item, attempt: attempt + 1)
        }
        return (done, result)
    }

    private static func means(_ status: APIStatus, othersActedBefore operation: RoleReconciliation.Operation) -> Bool {
        switch operation {
        case .none: false
        case .create: status.reason == "AlreadyExists"
        case .update: status.reason == "NotFound" || status.reason == "Conflict"
        case .recreate: status.reason == "AlreadyExists" || status.reason == "Conflict"
        }
    }

    private func delete(_ item: Item, uid: JSON) async throws {
        do {
            _ = try await session.send(
                .DELETE, item.path, [],
                ["kind": "DeleteOptions", "apiVersion": "v1", "preconditions": ["uid": uid]])
        } catch let status as APIStatus where status.reason == "NotFound" {}
    }

    /// With the namespace where that isn't there yet.
    private func create(_ item: Item) async throws -> JSON {
        if item.resource.isNamespaced {
            let namespace = Item(resource: Known.namespaces, namespace: "", name: item.namespace)
            do { _ = try await session.fetch(namespace) } catch let status as APIStatus
                where status.reason == "NotFound"
            {
                _ = try await session.send(
                    .POST, namespace.folder, [],
                    ["kind": "Namespace", "apiVersion": "v1", "metadata": ["name": .string(item.namespace)]])
            }
        }
        return try await session.send(.POST, item.folder, [], item.object)
    }

    private func tell(_ result: RoleReconciliation) {
        let caveat =
            result.isProtected ? ", but object opted out (\(RoleReconciliation.autoUpdate): false)" : ""
        switch result.operation {
        case .none: return
        case .create: session.err.line("\treconciliation required create\(caveat)")
        case .update: session.err.line("\treconciliation required update\(caveat)")
        case .recreate: session.err.line("\treconciliation required recreate\(caveat)")
        }
        list("missing subjects added", result.missingSubjects.map(GoStruct.subject))
        list("extra subjects removed", result.extraSubjects.map(GoStruct.subject))
        list("missing rules added", result.missingRules.map(GoStruct.rule))
        list("extra rules removed", result.extraRules.map(GoStruct.rule))
    }

    private func list(_ title: String, _ lines: [String]) {
        guard !lines.isEmpty else { return }
        session.err.line("\t\(title):")
        for line in lines { session.err.line("\t\t\(line)") }
    }
}

/// Structures as Go's `%+v` shows them.
private enum GoStruct {
    static func subject(_ subject: JSON) -> String {
        func text(_ member: String) -> String { subject[member].string ?? "" }
        return "{Kind:\(text("kind")) APIGroup:\(text("apiGroup")) Name:\(text("name")) Namespace:\(text("namespace"))}"
    }

    static func rule(_ rule: PolicyRule) -> String {
        "{Verbs:\(ModelText.list(rule.verbs)) APIGroups:\(ModelText.list(rule.groups)) Resources:\(ModelText.list(rule.resources)) "
            + "ResourceNames:\(ModelText.list(rule.names)) NonResourceURLs:\(ModelText.list(rule.urls))}"
    }
}
