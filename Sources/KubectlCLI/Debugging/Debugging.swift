import CommandLine
import Fault
import JSON
import KubeClient
import KubeModel
import NIOHTTP1

/// Makes debugging containers and attaches to them.
struct Debugging: Sendable {
    private let options: DebugOptions
    private let session: Session

    init(_ options: DebugOptions, _ session: Session) {
        self.options = options
        self.session = session
    }

    func run(_ names: [String]) async throws {
        _ = try DebugProfile(options.profile, options.kept)
        let custom = try custom()
        try options.check(names)
        if !options.target.isEmpty, !options.quiet {
            session.out.line(
                "Targeting container \(options.target.quoted). If you don't see processes from this container it may be because the container runtime doesn't support this feature."
            )
        }
        if options.tty, !options.stdin { throw Refusal("-i/--stdin is required for containers with -t/--tty=true") }
        let plan = try DebugPlan(options, custom: custom)
        if plan.profile.name == .legacy {
            session.err.line(
                "--profile=legacy is deprecated and planned to be removed in v1.39. It is recommended to specify other profile, for example \"--profile=general\"."
            )
        }
        if !options.files.isEmpty {
            var selection = Selection()
            selection.filenames = options.files
            selection.arguments = names
            for item in try await session.select(selection).all() { try await debug(item, plan) }
            return
        }
        for name in names {
            var selection = Selection()
            selection.arguments = [name.contains("/") ? name : "pods/\(name)"]
            for item in try await session.select(selection).all() { try await debug(item, plan) }
        }
    }

    private func custom() throws -> JSON? {
        guard !options.custom.isEmpty else { return nil }
        let bytes: [UInt8]
        do { bytes = try WholeFile.read(options.custom, limit: 4 << 20) } catch {
            throw Refusal("must pass a container spec json file for custom profile: \(sentence(error))")
        }
        do { return try YAML.parse(bytes).value } catch {
            throw Refusal("\(options.custom) does not contain a valid container spec: \(error)")
        }
    }

    private func debug(_ item: Item, _ plan: DebugPlan) async throws {
        let pod: Item, container: String
        switch (item.resource.group, item.resource.kind) {
        case ("", "Node"): (pod, container) = try await onNode(item, plan)
        case ("", "Pod") where !options.copyTo.isEmpty: (pod, container) = try await inCopy(item, plan)
        case ("", "Pod"): (pod, container) = try await inPod(item, plan)
        default:
            let version = item.resource.group.isEmpty ? "/\(item.resource.version)" : item.resource.apiVersion
            throw Refusal("\"\(version), Kind=\(item.resource.kind)\" not supported by debug")
        }
        if options.attaches, !container.isEmpty { try await attach(pod, container) }
    }

    // MARK: Where the container runs

    private func inPod(_ item: Item, _ plan: DebugPlan) async throws -> (Item, String) {
        let name = newName(item.object)
        let wanted = try plan.withContainer(name, in: item.object)
        warn(name, wanted)
        let patch = ThreeWay.strategic(
            last: item.object, wanted: wanted, current: item.object, type: BuiltInType.of(item.object))
        var changed = item
        changed.subresource = "ephemeralcontainers"
        do {
            changed.take(
                try await session.send(
                    .PATCH, changed.path, [], patch, contentType: "application/strategic-merge-patch+json"))
        } catch let status as APIStatus where status.reason == "NotFound" && status.details["name"].plain.isEmpty {
            throw Refusal(
                "ephemeral containers are disabled for this cluster (error from server: \(status.message.quoted))")
        }
        changed.subresource = ""
        return (changed, name)
    }

    private func inCopy(_ item: Item, _ plan: DebugPlan) async throws -> (Item, String) {
        let (object, container) = try plan.copy(item.object, newName: newName)
        warn(container, object)
        var copy = Item(resource: item.resource, namespace: item.namespace, name: options.copyTo, object: object)
        copy.take(try await session.send(.POST, copy.folder, [], object))
        if options.replaces {
            _ = try await session.send(
                .DELETE, item.path, [], ["kind": "DeleteOptions", "apiVersion": "v1", "gracePeriodSeconds": 0])
        }
        return (copy, container)
    }

    private func onNode(_ item: Item, _ plan: DebugPlan) async throws -> (Item, String) {
        let container = options.container.isEmpty ? "debugger" : options.container
        let name = "node-debugger-\(item.name)-\(RandomName.suffix())"
        if !options.quiet {
            session.out.line("Creating debugging pod \(name) with container \(container) on node \(item.name).")
        }
        let object = try plan.pod(name, container: container, on: item.name)
        var pod = Item(resource: Known.pods, namespace: try session.namespace, name: name, object: object)
        pod.take(try await session.send(.POST, pod.folder, [], object))
        return (pod, container)
    }

    /// A name that no container of the pod has.
    private func newName(_ pod: JSON) -> String {
        if !options.container.isEmpty { return options.container }
        var name: String
        repeat { name = "debugger-\(RandomName.suffix())" } while PodChoice.has(pod, name)
        if !options.quiet { session.out.line("Defaulting debug container name to \(name).") }
        return name
    }

    private func warn(_ container: String, _ pod: JSON) {
        guard DebugPlan.lacksRoot(container, in: pod) else { return }
        session.err.line(
            "Warning: Non-root user is configured for the entire target Pod, and some capabilities granted by debug profile may not work. Please consider using \"--custom\" with a custom profile that specifies \"securityContext.runAsUser: 0\"."
        )
    }

    // MARK: Attaching

    private func attach(_ item: Item, _ container: String) async throws {
        var pod = item
        pod.take(try await started(item, container))
        let attachment = PodAttachment(
            session: session, item: pod, container: container, takesInput: options.stdin,
            wantsTerminal: options.tty, isQuiet: options.quiet)
        if Self.state(pod.object, container)["terminated"].isNull {
            try await attachment.attachOrLog()
        } else {
            try await attachment.log()
        }
    }

    /// The pod once the container runs or has ended.
    private func started(_ item: Item, _ container: String) async throws -> JSON {
        let session = session, isQuiet = options.quiet
        return try await Following(session: session).until(item, within: nil) { state in
            guard case .there(let pod) = state else {
                throw APIStatus(code: 404, reason: "NotFound", message: "pods \"\" not found")
            }
            let own = Self.state(pod, container)
            if !own["running"].isNull || !own["terminated"].isNull { return pod }
            let message = own["waiting"]["message"].plain
            if !isQuiet, !message.isEmpty { session.err.line("Warning: container \(container): \(message)") }
            return nil
        }
    }

    private static func state(_ pod: JSON, _ container: String) -> JSON {
        ["initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"]
            .flatMap { pod["status"][$0].array ?? [] }
            .first { $0["name"].string == container }?["state"] ?? .null
    }
}

enum RandomName {
    /// No vowels, and nothing that looks like another letter: as the API server's names end.
    private static let letters = Array("bcdfghjklmnpqrstvwxz2456789")

    static func suffix(_ count: Int = 5) -> String {
        String((0..<count).map { _ in letters[Int.random(in: 0..<letters.count)] })
    }
}
