import CommandLine
import JSON
import KubeClient
import KubeModel
import NIOHTTP1
import Wire

/// The pod, and the container in it, that a stream is for.
struct PodChoice: Sendable {
    let session: Session

    static let defaultContainer = "kubectl.kubernetes.io/default-container"

    /// `web`, `pod/web`, `deploy/web`: a pod, or the first one of a workload or service.
    /// - Parameters:
    ///   - seconds: how long to wait for a pod of a workload.
    ///   - tellsChoice: says on standard error that there were several.
    func pod(
        _ argument: String, within seconds: Double, tellsChoice: Bool = false, purpose: String = "attach to"
    ) async throws -> Item {
        var selection = Selection()
        selection.arguments = argument.contains("/") ? [argument] : ["pods", argument]
        let items = try await session.select(selection).all()
        guard let item = items.first, items.count == 1 else { throw Refusal("expected a resource") }
        return item.resource.kind == "Pod" && item.resource.group.isEmpty
            ? item : try await first(of: item, within: seconds, tellsChoice: tellsChoice, purpose)
    }

    private func first(
        of item: Item, within seconds: Double, tellsChoice: Bool, _ purpose: String
    ) async throws -> Item {
        let spec = item.object["spec"]
        let selector: String
        switch item.resource.kind {
        case "Service", "ReplicationController":
            let labels = spec["selector"].stringMap
            guard !labels.isEmpty else {
                throw Refusal(
                    "cannot \(purpose) \(item.resource.goType): "
                        + "invalid service '\(item.name)': Service is defined without a selector"
                )
            }
            selector = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
        case "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job":
            selector = SelectorText.query(spec["selector"])
        default:
            let type = item.resource.goType
            throw Refusal("cannot \(purpose) \(type): selector for \(type) not implemented")
        }
        let path = ResourceID.pods.path(namespace: item.namespace)
        let clock = ContinuousClock()
        let deadline = clock.now.advanced(by: .seconds(seconds))
        while true {
            let list = try await session.get(path, [("labelSelector", selector)])
            let pods = (list["items"].array ?? []).sorted(by: Self.isBefore)
            if let best = pods.first {
                var chosen = Item(resource: Known.pods, namespace: item.namespace, name: "")
                chosen.take(best)
                if pods.count > 1, tellsChoice {
                    session.err.line("Found \(pods.count) pods, using pod/\(chosen.name)")
                }
                return chosen
            }
            guard clock.now < deadline else { throw Refusal("timed out waiting for the condition") }
            try await nextChange(path, selector, list["metadata"]["resourceVersion"].string ?? "0", until: deadline)
        }
    }

    /// Until the first change, or the deadline.
    private func nextChange(
        _ path: String, _ selector: String, _ version: String, until deadline: ContinuousClock.Instant
    )
        async throws
    {
        let connection = try session.connection
        let answer = try await connection.accepted(
            try await connection.send(
                .GET, path, [("labelSelector", selector), ("watch", "true"), ("resourceVersion", version)],
                headers: [("Accept", "application/json")]))
        await withTaskGroup(of: Void.self) { group in
            group.addTask { _ = try? await answer.nextBodyPart() }
            group.addTask { try? await Task.sleep(until: deadline) }
            _ = await group.next()
            answer.cancel()
            group.cancelAll()
        }
    }

    /// Pods that do more come first: assigned, running, ready, and for longer.
    static func isBefore(_ a: JSON, _ b: JSON) -> Bool {
        func rank(_ pod: JSON) -> (Int, Int, Int) {
            let phase = ["Running": 0, "Unknown": 1, "Pending": 2][pod["status"]["phase"].string ?? ""] ?? 3
            let isReady = (pod["status"]["conditions"].array ?? []).contains {
                $0["type"].string == "Ready" && $0["status"].string == "True"
            }
            return (pod["spec"]["nodeName"].plain.isEmpty ? 1 : 0, phase, isReady ? 0 : 1)
        }
        let x = rank(a), y = rank(b)
        if x != y { return x < y }
        return a["metadata"]["creationTimestamp"].plain < b["metadata"]["creationTimestamp"].plain
    }

    // MARK: Containers

    static func names(_ pod: JSON) -> String {
        let spec = pod["spec"]
        func list(_ member: String, _ suffix: String) -> [String] {
            (spec[member].array ?? []).map { $0["name"].plain + suffix }
        }
        return (list("containers", "") + list("ephemeralContainers", " (ephem)") + list("initContainers", " (init)"))
            .joined(separator: ", ")
    }

    static func has(_ pod: JSON, _ name: String) -> Bool {
        ["containers", "ephemeralContainers", "initContainers"].contains { member in
            (pod["spec"][member].array ?? []).contains { $0["name"].string == name }
        }
    }

    /// The named container, the pod's annotated one, or its first.
    /// - Parameter output: where the choice is told; nil: standard error.
    func container(
        _ asked: String, in pod: Item, isQuiet: Bool = false, tells output: Output? = nil
    ) throws -> String {
        let wanted = asked.isEmpty ? pod.object["metadata"]["annotations"][Self.defaultContainer].plain : asked
        if !wanted.isEmpty {
            guard Self.has(pod.object, wanted) else {
                throw Refusal("container \(wanted) is not valid for pod \(pod.name) out of: \(Self.names(pod.object))")
            }
            return wanted
        }
        let first = pod.object["spec"]["containers"][0]["name"].plain
        if !isQuiet, Self.names(pod.object).contains(",") {
            (output ?? session.err).line("Defaulted container \(first.quoted) out of: \(Self.names(pod.object))")
        }
        return first
    }
}
