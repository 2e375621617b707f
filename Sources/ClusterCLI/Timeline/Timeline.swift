import Fault
import JSON
import KubeClient
import KubeModel
import Logging

/// `hako timeline [KIND/NAME]`: the loop made visible: what is desired, what is observed, and which component did what
/// and why, as it happens.
package struct Timeline: Sendable {
    package struct Options: Sendable {
        /// "" for all.
        package var namespace = "default"
        /// "" for text, else `json`: an object a line.
        package var output = ""
        /// Whether to go on after what has happened already.
        package var isFollowing = true
        package init() {}
    }

    /// Changes that wait to be shown; a reader that is slower loses the oldest.
    private static let waiting = 10_000

    private static let kinds: [(kind: String, resource: ResourceID)] = [
        ("Node", .nodes), ("Deployment", .deployments), ("StatefulSet", .statefulSets), ("DaemonSet", .daemonSets),
        ("Job", .jobs), ("ReplicaSet", .replicaSets), ("Service", .services), ("EndpointSlice", .endpointSlices),
        ("PodDisruptionBudget", .podDisruptionBudgets), ("Pod", .pods), ("Event", .events),
    ]

    private let api: any ObjectAPI
    private let now: @Sendable () -> Double
    private let log: Logger
    private let write: @Sendable (String) -> Void

    /// - Parameter now: seconds since 1970.
    package init(
        _ api: any ObjectAPI, log: Logger, now: @escaping @Sendable () -> Double,
        write: @escaping @Sendable (String) -> Void
    ) {
        self.api = api
        self.log = log
        self.now = now
        self.write = write
    }

    /// Until its task is cancelled, when it follows.
    /// - Parameter target: `deployment/web`; nil for everything.
    package func run(_ target: String?, _ options: Options) async throws(Fault) {
        let asked = try parse(target)
        if let (asked, name) = asked { try await check(asked, name, options.namespace) }
        let informers = Self.kinds.map { kind, resource in
            (
                kind: kind,
                informer: Informer(
                    api, resource, namespace: kind == "Node" ? "" : options.namespace, log: log)
            )
        }
        let changes = AsyncStream<(String, ObjectChange)>.makeStream(bufferingPolicy: .bufferingNewest(Self.waiting))
        await withTaskGroup(of: Void.self) { group in
            for (_, informer) in informers { group.addTask { await informer.run() } }
            for (_, informer) in informers { await informer.synced() }
            if !Task.isCancelled {
                let begun = informers.map { ($0.kind, $0.informer.objects) }
                for (kind, informer) in informers {
                    informer.observe { change in changes.continuation.yield((kind, change)) }
                }
                await show(begun, changes.stream, asked.map { ($0.0.kind, $0.1) }, options)
            }
            group.cancelAll()
        }
    }

    private func show(
        _ begun: [(kind: String, objects: [JSON])], _ changes: AsyncStream<(String, ObjectChange)>,
        _ target: (kind: String, name: String)?, _ options: Options
    ) async {
        var model = TimelineModel(target: target)
        for (kind, all) in begun { model.begin(kind, all) }
        let events = begun.first { $0.kind == "Event" }?.objects ?? []
        for entry in model.history(begun.filter { $0.kind != "Event" }, events: events) { put(entry, options) }
        guard options.isFollowing else { return }
        for await (kind, change) in changes {
            for entry in model.take(kind, old: change.old, new: change.new, now: now()) { put(entry, options) }
        }
    }

    private func put(_ entry: TimelineEntry, _ options: Options) {
        write(
            options.output == "json"
                ? entry.json.text + "\n" : entry.line(showsNamespace: options.namespace.isEmpty) + "\n")
    }

    // MARK: Arguments

    private func parse(_ target: String?) throws(Fault) -> (Asked, String)? {
        guard let target else { return nil }
        let parts = target.split(separator: "/", maxSplits: 1).map(String.init)
        guard parts.count == 2, let asked = Asked.named(parts[0]) else {
            let known = Asked.allCases.map { $0.rawValue.lowercased() }.joined(separator: ", ")
            throw Fault(.invalid, "\"\(target)\" can't be followed; these can: \(known), as KIND/NAME")
        }
        return (asked, parts[1])
    }

    private func check(_ asked: Asked, _ name: String, _ namespace: String) async throws(Fault) {
        guard !namespace.isEmpty || !asked.isNamespaced else { return }
        do throws(APIStatus) {
            _ = try await api.get(asked.resource, asked.isNamespaced ? namespace : "", name)
        } catch {
            throw Fault(error.code == 404 ? .notFound : .unavailable, error.message)
        }
    }
}
