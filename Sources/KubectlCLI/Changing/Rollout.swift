import CommandLine
import JSON
import KubeClient
import KubeModel
import NIOHTTP1

struct RolloutOptions: Sendable {
    var files = FileOptions(), printing = PrintOptions()
    var labels: String?, manager = "kubectl-rollout", revision = 0, watch = true, timeout: Int64 = 0, dryRun = "none"

    static func flags(_ purpose: String, _ own: [Flag<RolloutOptions>]) -> [Flag<RolloutOptions>] {
        FileOptions.flags(\.files, purpose) + own + [
            .optionalText("selector", short: "l", \.labels, "Select by labels")
        ]
    }

    static var manager: Flag<RolloutOptions> {
        .text("field-manager", \.manager, default: "kubectl-rollout", "Name under which the fields are owned")
    }
}

extension VerbTree {
    static func rollout() -> Verb {
        Verb(
            "rollout", group: .deploy, "Manage the rollout of a resource", usage: "rollout SUBCOMMAND [options]",
            alone: .output,
            subverbs: [
                rolloutHistory(), rolloutPause(), rolloutRestart(), rolloutResume(), rolloutStatus(), rolloutUndo(),
            ])
    }

    /// What `rollout` works on.
    static func rolloutItems(_ options: RolloutOptions, _ parsed: Parsed, _ session: Session) async throws -> Selected {
        guard !parsed.arguments.isEmpty || !options.files.isEmpty else {
            throw Refusal("required resource not specified")
        }
        var selection = options.files.selection(parsed.arguments)
        selection.labels = options.labels
        selection.emptySelectsAll = true
        selection.latest = true
        return try await session.select(selection)
    }

    private static func tellNothing(_ session: Session) throws {
        session.err.line("No resources found in \(try session.namespace) namespace.")
    }

    private static func rolloutPause() -> Verb {
        changing(
            "pause", "Mark the provided resource as paused", usage: "rollout pause RESOURCE [options]",
            operation: "paused"
        ) { object, resource in
            guard resource.kind == "Deployment" else { throw Refusal("pausing is not supported") }
            if object["spec"]["paused"].bool == true { throw Refusal("is already paused") }
            return ["spec": ["paused": true]]
        }
    }

    private static func rolloutResume() -> Verb {
        changing(
            "resume", "Resume a paused resource", usage: "rollout resume RESOURCE [options]", operation: "resumed"
        ) { object, resource in
            guard resource.kind == "Deployment" else { throw Refusal("resuming is not supported") }
            if object["spec"]["paused"].bool != true { throw Refusal("is not paused") }
            return ["spec": ["paused": nil]]
        }
    }

    private static func rolloutRestart() -> Verb {
        changing(
            "restart", "Restart a resource", usage: "rollout restart RESOURCE [options]", operation: "restarted"
        ) { object, resource in
            guard ["Deployment", "DaemonSet", "StatefulSet"].contains(resource.kind) else {
                throw Refusal("restarting is not supported")
            }
            if object["spec"]["paused"].bool == true {
                throw Refusal("can't restart paused deployment (run rollout resume first)")
            }
            let mark = "kubectl.kubernetes.io/restartedAt", now = Clock.now.localRFC3339
            if object["spec"]["template"]["metadata"]["annotations"][mark].string == now {
                throw PlainRefusal(
                    text:
                        "error: failed to create patch for \(object["metadata"]["name"].plain): if restart has already "
                        + "been triggered within the past second, please wait before attempting to trigger another")
            }
            return ["spec": ["template": ["metadata": ["annotations": [mark: .string(now)]]]]]
        }
    }

    private static func changing(
        _ name: String, _ summary: String, usage: String, operation: String,
        _ patch: @escaping @Sendable (JSON, ServedResource) throws -> JSON
    ) -> Verb {
        Verb(
            name, summary, usage: usage, options: RolloutOptions(),
            flags: RolloutOptions.flags("to \(name)", PrintOptions.flags(\.printing) + [RolloutOptions.manager])
        ) { options, parsed, session in
            let printer = try ObjectPrinter(session, options.printing)
            let selected = try await rolloutItems(options, parsed, session)
            var errors = selected.errors
            if selected.items.isEmpty, errors.isEmpty { return try tellNothing(session) }
            for item in selected.items {
                do {
                    let change = try patch(item.object, item.resource)
                    var after = item
                    after.take(
                        try await session.send(
                            .PATCH, item.path, [("fieldManager", options.manager)], change,
                            contentType: "application/strategic-merge-patch+json"))
                    try printer.print(after, operation)
                } catch let refusal as Refusal {
                    errors.append(Refusal("error: \(item.resource.qualifiedName) \(item.name.quoted) \(refusal)"))
                } catch let status as APIStatus {
                    errors.append(Refusal("failed to patch: \(status.message)"))
                } catch let refusal as PlainRefusal { errors.append(refusal) }
            }
            try Failures.throwing(errors)
        }
    }

    // MARK: status

    private static func rolloutStatus() -> Verb {
        Verb(
            "status", "Show the status of the rollout",
            usage: "rollout status (TYPE NAME | TYPE/NAME) [flags] [options]",
            options: RolloutOptions(),
            flags: RolloutOptions.flags(
                "to look at",
                [
                    .toggle("watch", short: "w", \.watch, default: true, "Wait until it is done"),
                    .int("revision", \.revision, "Only of this revision"),
                    .duration("timeout", \.timeout, "How long to wait; 0: forever"),
                ])
        ) { options, parsed, session in
            guard options.revision >= 0 else {
                throw Refusal("revision must be a positive integer: \(options.revision)")
            }
            let selected = try await rolloutItems(options, parsed, session)
            if selected.items.isEmpty, selected.errors.isEmpty { return try tellNothing(session) }
            for item in try selected.all() {
                guard ["Deployment", "DaemonSet", "StatefulSet"].contains(item.resource.kind) else {
                    throw Refusal("no status viewer has been implemented for \(item.resource.goKind)")
                }
                do {
                    _ = try await Following(session: session).until(
                        item, within: options.timeout > 0 ? Double(options.timeout) / 1e9 : nil
                    ) { state -> Bool? in
                        guard case .there(let object) = state else { throw Refusal("object has been deleted") }
                        let (text, isDone) = try RolloutProgress.of(
                            object, item.resource.kind, revision: options.revision)
                        session.out.line(text)
                        return isDone || !options.watch ? true : nil
                    }
                } catch is Following.OutOfTime {
                    throw Refusal("timed out waiting for the condition")
                }
            }
        }
    }
}

/// How far a rollout is.
enum RolloutProgress {
    static func of(_ object: JSON, _ kind: String, revision: Int = 0) throws -> (text: String, isDone: Bool) {
        switch kind {
        case "Deployment": try deployment(object, revision)
        case "DaemonSet": try daemonSet(object)
        default: try statefulSet(object)
        }
    }

    private static func deployment(_ object: JSON, _ revision: Int) throws -> (String, Bool) {
        let metadata = object["metadata"], spec = object["spec"], status = object["status"]
        let name = (metadata["name"].string ?? "").quoted
        if revision > 0 {
            let running = metadata["annotations"][RevisionHistory.annotation].string.flatMap { Int($0) } ?? 0
            if running != revision {
                throw Refusal("desired revision (\(revision)) is different from the running revision (\(running))")
            }
        }
        guard (metadata["generation"].int ?? 0) <= (status["observedGeneration"].int ?? 0) else {
            return ("Waiting for deployment spec update to be observed...", false)
        }
        let progressing = (status["conditions"].array ?? []).first { $0["type"].string == "Progressing" }
        if progressing?["reason"].string == "ProgressDeadlineExceeded" {
            throw Refusal("deployment \(name) exceeded its progress deadline")
        }
        let updated = status["updatedReplicas"].int ?? 0, all = status["replicas"].int ?? 0
        let available = status["availableReplicas"].int ?? 0
        if let wanted = spec["replicas"].int, updated < wanted {
            return (
                "Waiting for deployment \(name) rollout to finish: \(updated) out of \(wanted) new replicas have been updated...",
                false
            )
        }
        if all > updated {
            return (
                "Waiting for deployment \(name) rollout to finish: \(all - updated) old replicas are pending termination...",
                false
            )
        }
        if available < updated {
            return (
                "Waiting for deployment \(name) rollout to finish: \(available) of \(updated) updated replicas are available...",
                false
            )
        }
        return ("deployment \(name) successfully rolled out", true)
    }

    private static func daemonSet(_ object: JSON) throws -> (String, Bool) {
        let metadata = object["metadata"], status = object["status"]
        let name = (metadata["name"].string ?? "").quoted
        guard object["spec"]["updateStrategy"]["type"].string == "RollingUpdate" else {
            throw Refusal("rollout status is only available for RollingUpdate strategy type")
        }
        guard (metadata["generation"].int ?? 0) <= (status["observedGeneration"].int ?? 0) else {
            return ("Waiting for daemon set spec update to be observed...", false)
        }
        let updated = status["updatedNumberScheduled"].int ?? 0, wanted = status["desiredNumberScheduled"].int ?? 0
        let available = status["numberAvailable"].int ?? 0
        if updated < wanted {
            return (
                "Waiting for daemon set \(name) rollout to finish: \(updated) out of \(wanted) new pods have been updated...",
                false
            )
        }
        if available < wanted {
            return (
                "Waiting for daemon set \(name) rollout to finish: \(available) of \(wanted) updated pods are available...",
                false
            )
        }
        return ("daemon set \(name) successfully rolled out", true)
    }

    private static func statefulSet(_ object: JSON) throws -> (String, Bool) {
        let metadata = object["metadata"], spec = object["spec"], status = object["status"]
        guard spec["updateStrategy"]["type"].string == "RollingUpdate" else {
            throw Refusal("rollout status is only available for RollingUpdate strategy type")
        }
        let observed = status["observedGeneration"].int ?? 0
        if observed == 0 || (metadata["generation"].int ?? 0) > observed {
            return ("Waiting for statefulset spec update to be observed...", false)
        }
        let updated = status["updatedReplicas"].int ?? 0
        if let wanted = spec["replicas"].int, (status["readyReplicas"].int ?? 0) < wanted {
            return ("Waiting for \(wanted - (status["readyReplicas"].int ?? 0)) pods to be ready...", false)
        }
        let rolling = spec["updateStrategy"]["rollingUpdate"]
        if !rolling.isNull {
            if let wanted = spec["replicas"].int, let partition = rolling["partition"].int, updated < wanted - partition
            {
                return (
                    "Waiting for partitioned roll out to finish: \(updated) out of \(wanted - partition) new pods have been updated...",
                    false
                )
            }
            return ("partitioned roll out complete: \(updated) new pods have been updated...", true)
        }
        let new = status["updateRevision"].string ?? "", old = status["currentRevision"].string ?? ""
        if new != old {
            return ("waiting for statefulset rolling update to complete \(updated) pods at revision \(new)...", false)
        }
        return (
            "statefulset rolling update complete \(status["currentReplicas"].int ?? 0) pods at revision \(old)...", true
        )
    }
}
