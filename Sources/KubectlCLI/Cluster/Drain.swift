import CommandLine
import Fault
import JSON
import KubeClient
import KubeModel
import NIOHTTP1

/// Which pods of a node have to go: the decision alone.
struct DrainPlan: Sendable {
    var pods: [JSON] = []
    /// Told before; "" for nothing.
    var warning = ""
    /// Why the node can't be drained as asked; empty: it can.
    var refusals: [String] = []

    private static let daemonSet = (
        "DaemonSet-managed Pods (use --ignore-daemonsets to ignore)", "ignoring DaemonSet-managed Pods"
    )
    private static let local = "Pods with local storage (use --delete-emptydir-data to override)"
    private static let unmanaged = (
        "Pods that declare no controller (use --force to override)", "deleting Pods that declare no controller"
    )

    /// - Parameter hasDaemonSet: whether the daemon set of that name is still there.
    init(
        _ all: [JSON], _ options: DrainOptions, now: Double, hasDaemonSet: (_ namespace: String, _ name: String) -> Bool
    ) {
        var warnings: [String: [String]] = [:], fatal: [String: [String]] = [:]
        for pod in all {
            let metadata = pod["metadata"], label = "\(metadata["namespace"].plain)/\(metadata["name"].plain)"
            if options.skipWait > 0, let text = metadata["deletionTimestamp"].string,
                let time = try? ModelTime(parsing: text),
                now - time.time > Double(options.skipWait)
            {
                continue
            }
            let owner = (metadata["ownerReferences"].array ?? []).first { $0["controller"].bool == true }
            let isFinished = ["Succeeded", "Failed"].contains(pod["status"]["phase"].plain)
            if owner?["kind"].string == "DaemonSet", !isFinished {
                let isThere = hasDaemonSet(metadata["namespace"].plain, owner?["name"].plain ?? "")
                if !isThere {
                    if options.force { pods.append(pod) } else { fatal[Self.unmanaged.0, default: []].append(label) }
                } else if options.ignoresDaemonSets {
                    warnings[Self.daemonSet.1, default: []].append(label)
                } else {
                    fatal[Self.daemonSet.0, default: []].append(label)
                }
                continue
            }
            if metadata["annotations"]["kubernetes.io/config.mirror"].string != nil { continue }
            let hasLocal = (pod["spec"]["volumes"].array ?? []).contains { !$0["emptyDir"].isNull }
            if hasLocal, !isFinished {
                guard options.deletesEmptyDirs else {
                    fatal[Self.local, default: []].append(label)
                    continue
                }
            }
            if owner == nil, !isFinished {
                guard options.force else {
                    fatal[Self.unmanaged.0, default: []].append(label)
                    continue
                }
                warnings[Self.unmanaged.1, default: []].append(label)
            }
            pods.append(pod)
        }
        warning = warnings.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.joined(separator: ", "))" }.joined(
            separator: "; ")
        refusals = fatal.sorted { $0.key < $1.key }.map {
            "cannot delete \($0.key): \($0.value.joined(separator: ", "))"
        }
    }
}

struct Draining: Sendable {
    private let cordoning: Cordoning
    private var options: DrainOptions { cordoning.options }
    private var session: Session { cordoning.session }

    /// Between two tries to evict a pod that a disruption budget holds back, in seconds.
    private static let retrySeconds = 5

    init(_ cordoning: Cordoning) { self.cordoning = cordoning }

    func run() async throws {
        var failures: [any Error] = [], remaining: [String] = []
        let printer = try ObjectPrinter(session, PrintOptions())
        for node in cordoning.nodes {
            do {
                try await drain(node)
                try printer.print(node, "drained\(cordoning.dryRun.suffix)")
            } catch {
                let text = ((error as? Failures)?.errors ?? [error]).map(Self.sentence)
                let whole = text.count == 1 ? text[0] : "[\(text.joined(separator: ", "))]"
                session.err.line(
                    "error: unable to drain node \(node.name.quoted) due to error: \(whole), continuing command...")
                failures += ((error as? Failures)?.errors ?? [error]).map(Self.bare)
                remaining.append(node.name)
            }
        }
        if !remaining.isEmpty {
            session.err.line("There are pending nodes to be drained:")
            for name in remaining { session.err.line(" \(name)") }
        }
        try Failures.throwing(failures)
    }

    /// As the original tells several errors at once: without a word in front.
    private static func bare(_ error: any Error) -> any Error {
        (error as? Refusal).map { PlainRefusal(text: $0.description) } ?? error
    }

    private static func sentence(_ error: any Error) -> String {
        let text = ErrorText.message(error)
        return text.hasPrefix("error: ") ? String(text.dropFirst("error: ".count)) : text
    }

    private func drain(_ node: Item) async throws {
        var query: KubeConnection.Query = [("fieldSelector", "spec.nodeName=\(node.name)")]
        if !options.podLabels.isEmpty { query.append(("labelSelector", options.podLabels)) }
        let pods = try await session.get(ResourceID.pods.path(), query)["items"].array ?? []
        var sets = Set<String>()
        if pods.contains(where: { pod in
            (pod["metadata"]["ownerReferences"].array ?? []).contains { $0["kind"].string == "DaemonSet" }
        }) {
            for set in try await session.get(ResourceID.daemonSets.path())["items"].array ?? [] {
                sets.insert("\(set["metadata"]["namespace"].plain)/\(set["metadata"]["name"].plain)")
            }
        }
        let known = sets
        let plan = DrainPlan(pods, options, now: ModelTime.now) { known.contains("\($0)/\($1)") }
        try Failures.throwing(plan.refusals.map { Refusal($0) })
        if !plan.warning.isEmpty { session.err.line("Warning: \(plan.warning)") }
        let items = plan.pods.map { pod in
            var item = Item(resource: Known.pods, namespace: "", name: "")
            item.take(pod)
            return item
        }
        if cordoning.dryRun == .client {
            for item in items { session.out.line("evicting pod \(item.namespace)/\(item.name) (dry run)") }
            return
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for item in items { group.addTask { try await remove(item) } }
            try await group.waitForAll()
        }
    }

    private func remove(_ pod: Item) async throws {
        let isServer = cordoning.dryRun == .server
        let verb = options.disablesEviction ? "deleted" : "evicted"
        let clock = ContinuousClock(), start = clock.now
        while true {
            if !options.disablesEviction {
                session.out.line("evicting pod \(pod.namespace)/\(pod.name)\(isServer ? " (server dry run)" : "")")
            }
            do {
                try await request(pod)
                break
            } catch let status as APIStatus where status.reason == "NotFound" { return } catch let status as APIStatus
                where status.reason == "TooManyRequests" && !options.disablesEviction
            {
                session.err.line(
                    "error when evicting pods/\(pod.name.quoted) -n \(pod.namespace.quoted) (will retry after \(Self.retrySeconds)s): \(status.message)"
                )
            } catch let status as APIStatus where !options.disablesEviction {
                throw Refusal(
                    "error when evicting pods/\(pod.name.quoted) -n \(pod.namespace.quoted): \(status.message)")
            }
            if options.timeout > 0, clock.now - start > .nanoseconds(options.timeout) {
                throw Refusal(
                    "error when evicting pods/\(pod.name.quoted) -n \(pod.namespace.quoted): global timeout reached: \(GoDuration.format(options.timeout))"
                )
            }
            try await Task.sleep(for: .seconds(Self.retrySeconds))
        }
        if isServer { return }
        do { try await Waiting.gone([pod], session, timeout: options.timeout) } catch let refusal as Refusal {
            throw Refusal(
                "error when waiting for pod \(pod.name.quoted) in namespace \(pod.namespace.quoted) to terminate: \(refusal)"
            )
        }
        session.out.line("pod/\(pod.name) \(verb)")
    }

    private func request(_ pod: Item) async throws {
        var body: JSON = [:]
        if options.grace >= 0 { body["gracePeriodSeconds"] = .init(options.grace) }
        if cordoning.dryRun == .server { body["dryRun"] = ["All"] }
        if options.disablesEviction {
            _ = try await session.send(
                .DELETE, pod.path, [], JSON.members([("kind", "DeleteOptions"), ("apiVersion", "v1")]).merging(body))
            return
        }
        _ = try await session.send(
            .POST, "\(pod.path)/eviction", [],
            [
                "kind": "Eviction", "apiVersion": "policy/v1",
                "metadata": ["name": .string(pod.name), "namespace": .string(pod.namespace)], "deleteOptions": body,
            ])
    }
}

extension JSON {
    /// With the other's members too.
    func merging(_ other: JSON) -> JSON {
        var copy = self
        for (name, value) in other.object ?? JSONObject() { copy[name] = value }
        return copy
    }
}
