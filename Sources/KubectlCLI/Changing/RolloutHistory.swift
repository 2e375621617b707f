import CommandLine
import JSON
import KubeClient
import KubeModel
import NIOHTTP1

/// The revisions of a deployment (its replica sets) or of a stateful or daemon set (its controller revisions).
struct RevisionHistory: Sendable {
    static let annotation = "deployment.kubernetes.io/revision"
    static let changeCause = "kubernetes.io/change-cause"

    struct Revision: Sendable {
        let number: Int
        let cause: String
        let template: JSON
        /// The replica set or controller revision.
        let object: JSON
    }

    let session: Session
    let item: Item

    /// In order.
    func revisions() async throws -> [Revision] {
        switch item.resource.kind {
        case "Deployment": return try await replicaSets()
        case "DaemonSet", "StatefulSet": return try await controllerRevisions()
        default: throw Refusal("no history viewer has been implemented for \(Self.kindText(item).quoted)")
        }
    }

    static func kindText(_ item: Item) -> String {
        item.resource.group.isEmpty ? item.resource.kind : "\(item.resource.kind).\(item.resource.group)"
    }

    private func owned(_ resource: ResourceID) async throws -> [JSON] {
        let selector = try LabelSelector(item.object["spec"]["selector"]).description
        let list = try await session.get(
            resource.path(namespace: item.namespace), selector.isEmpty ? [] : [("labelSelector", selector)])
        let uid = item.object["metadata"]["uid"]
        return (list["items"].array ?? []).filter { object in
            (object["metadata"]["ownerReferences"].array ?? []).contains {
                $0["uid"] == uid && $0["controller"].bool == true
            }
        }
    }

    private func replicaSets() async throws -> [Revision] {
        try await owned(.replicaSets).compactMap { set -> Revision? in
            let annotations = set["metadata"]["annotations"]
            guard let number = annotations[Self.annotation].string.flatMap({ Int($0) }) else { return nil }
            return Revision(
                number: number, cause: annotations[Self.changeCause].string ?? "", template: set["spec"]["template"],
                object: set)
        }.sorted { $0.number < $1.number }
    }

    private func controllerRevisions() async throws -> [Revision] {
        try await owned(.controllerRevisions).map { revision in
            let data = revision["data"]["spec"]["template"]
            var template = data
            template.remove("$patch")
            return Revision(
                number: revision["revision"].int ?? 0,
                cause: revision["metadata"]["annotations"][Self.changeCause].string ?? "", template: template,
                object: revision)
        }.sorted { $0.number < $1.number }
    }
}

extension VerbTree {
    static func rolloutHistory() -> Verb {
        Verb(
            "history", "View rollout history", usage: "rollout history (TYPE NAME | TYPE/NAME) [flags] [options]",
            options: RolloutOptions(),
            flags: RolloutOptions.flags(
                "to look at",
                PrintOptions.flags(\.printing) + [.int("revision", \.revision, "Details of this revision")])
        ) { options, parsed, session in
            guard options.revision >= 0 else {
                throw Refusal("revision must be a positive integer: \(options.revision)")
            }
            let items = try await rolloutItems(options, parsed, session).all()
            for item in items {
                let revisions = try await RevisionHistory(session: session, item: item).revisions()
                if !options.printing.output.isEmpty || !options.printing.template.isEmpty {
                    let printer = try ObjectPrinter(session, options.printing)
                    let shown = options.revision > 0 ? revisions.filter { $0.number == options.revision } : revisions
                    guard options.revision == 0 || !shown.isEmpty else {
                        throw Refusal("unable to find the specified revision")
                    }
                    for revision in shown { try printer.show(revision.object, isTyped: true) }
                } else {
                    try showHistory(item, revisions, options.revision, session)
                }
            }
        }
    }

    private static func showHistory(
        _ item: Item, _ revisions: [RevisionHistory.Revision], _ wanted: Int, _ session: Session
    )
        throws
    {
        let title = item.label
        if revisions.isEmpty {
            return session.out.write(
                "\(title) \(wanted > 0 ? "with revision #\(wanted)" : "")\nNo rollout history found.\n")
        }
        if wanted > 0 {
            guard let revision = revisions.first(where: { $0.number == wanted }) else {
                throw Refusal("unable to find the specified revision")
            }
            var text = DescribedText()
            var template = revision.template
            if !revision.cause.isEmpty {
                template["metadata", "annotations", RevisionHistory.changeCause] = .string(revision.cause)
            }
            PodTemplateText.describe(template, into: &text)
            session.out.write("\(title) with revision #\(wanted)\n\(text.flush())\n")
            return
        }
        var table = TabWriter.kubectl
        table.write("REVISION\tCHANGE-CAUSE\n")
        for revision in revisions {
            table.write("\(revision.number)\t\(revision.cause.isEmpty ? "<none>" : revision.cause)\n")
        }
        session.out.write("\(title) \n\(table.flush())\n")
    }

    static func rolloutUndo() -> Verb {
        Verb(
            "undo", "Undo a previous rollout", usage: "rollout undo (TYPE NAME | TYPE/NAME) [flags] [options]",
            options: RolloutOptions(),
            flags: RolloutOptions.flags(
                "to undo",
                PrintOptions.flags(\.printing) + [
                    .int("to-revision", \.revision, "Revision to go back to; 0: the one before"), DryRun.flag(\.dryRun),
                ])
        ) { options, parsed, session in
            let dryRun = try DryRun(options.dryRun)
            let printer = try ObjectPrinter(session, options.printing)
            for item in try await rolloutItems(options, parsed, session).all() {
                if !item.object["metadata"]["annotations"][LastApplied.annotation].isNull {
                    session.err.line(
                        "Warning: resource \(item.resource.name)/\(item.name) was previously managed with 'kubectl apply'. Rolling back will not update the \(LastApplied.annotation) annotation, which may cause unexpected behavior on future 'kubectl apply' operations. Consider using 'kubectl apply' with your previous configuration file instead."
                    )
                }
                let result = try await RollingBack(session: session, item: item, dryRun: dryRun).run(
                    to: options.revision)
                switch result {
                case .done(let object):
                    var after = item
                    after.take(object)
                    try printer.print(after, "rolled back\(dryRun.suffix)")
                case .skipped(let revision):
                    try printer.print(item, "skipped rollback (current template already matches revision \(revision))")
                case .template(let template):
                    var text = DescribedText()
                    PodTemplateText.describe(template, into: &text)
                    session.out.line("\(item.label) \(text.flush())")
                }
            }
        }
    }
}

struct RollingBack: Sendable {
    enum Outcome: Sendable { case done(JSON), skipped(Int), template(JSON) }

    let session: Session
    let item: Item
    let dryRun: DryRun

    func run(to wanted: Int) async throws -> Outcome {
        guard wanted >= 0 else { throw notFound(wanted) }
        let revisions = try await RevisionHistory(session: session, item: item).revisions()
        return item.resource.kind == "Deployment"
            ? try await deployment(revisions, wanted) : try await controllerRevision(revisions, wanted)
    }

    private func notFound(_ revision: Int) -> Refusal {
        Refusal("unable to find specified revision \(revision) in history")
    }

    private func deployment(_ revisions: [RevisionHistory.Revision], _ wanted: Int) async throws -> Outcome {
        let target: RevisionHistory.Revision
        if wanted > 0 {
            guard let found = revisions.first(where: { $0.number == wanted }) else { throw notFound(wanted) }
            target = found
        } else {
            guard revisions.count > 1 else {
                throw Refusal("no rollout history found for deployment \(item.name.quoted)")
            }
            target = revisions[revisions.count - 2]
        }
        if dryRun == .client { return .template(Self.plain(target.template)) }
        if item.object["spec"]["paused"].bool == true {
            throw Refusal(
                "you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again")
        }
        let template = Self.plain(target.template)
        if SemanticEquality.equal(template, Self.plain(item.object["spec"]["template"])) { return .skipped(wanted) }
        var annotations = target.object["metadata"]["annotations"].object ?? JSONObject()
        for name in Self.ownAnnotations { annotations[name] = item.object["metadata"]["annotations"].object?[name] }
        let patch: JSON = [
            ["op": "replace", "path": "/spec/template", "value": template],
            ["op": "replace", "path": "/metadata/annotations", "value": .object(annotations)],
        ]
        let query: KubeConnection.Query = dryRun == .server ? [("dryRun", "All")] : []
        do {
            return .done(
                try await session.send(.PATCH, item.path, query, patch, contentType: "application/json-patch+json"))
        } catch let status as APIStatus { throw Refusal("failed restoring revision \(wanted): \(status.message)") }
    }

    /// Annotations that a deployment doesn't take from its replica set.
    private static let ownAnnotations = [
        LastApplied.annotation, RevisionHistory.annotation, "deployment.kubernetes.io/revision-history",
        "deployment.kubernetes.io/desired-replicas", "deployment.kubernetes.io/max-replicas",
        "deprecated.deployment.rollback.to",
    ]

    /// Without the label that tells the replica sets of a deployment apart.
    private static func plain(_ template: JSON) -> JSON {
        var copy = template
        var labels = template["metadata"]["labels"]
        labels.remove("pod-template-hash")
        copy["metadata", "labels"] = labels
        return copy
    }

    private func controllerRevision(_ revisions: [RevisionHistory.Revision], _ wanted: Int) async throws -> Outcome {
        if wanted == 0, revisions.count <= 1 { throw Refusal("no last revision to roll back to") }
        let found = wanted == 0 ? revisions[revisions.count - 2] : revisions.first { $0.number == wanted }
        guard let target = found else { throw notFound(wanted) }
        if dryRun == .client { return .template(target.template) }
        let data = target.object["data"]
        if SemanticEquality.equal(target.template, item.object["spec"]["template"]) { return .skipped(target.number) }
        let query: KubeConnection.Query = dryRun == .server ? [("dryRun", "All")] : []
        do {
            return .done(
                try await session.send(
                    .PATCH, item.path, query, data, contentType: "application/strategic-merge-patch+json"))
        } catch let status as APIStatus { throw Refusal("failed restoring revision \(wanted): \(status.message)") }
    }
}
