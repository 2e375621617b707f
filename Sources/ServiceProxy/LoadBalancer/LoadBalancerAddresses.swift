import JSON
import KubeClient
import KubeModel
import Linux
import Logging

/// Gives services of type LoadBalancer an address: a node's own, which every proxy then leads to the service's pods. Runs
/// once in a cluster.
package final class LoadBalancerAddresses: Sendable {
    /// TCP ports of the servers that nodes have themselves: SSH, etcd, API server, kubelet and proxy.
    package static let nodePorts: Set<UInt16> = [22, 2_379, 2_380, 6_443, 8_443, 10_249, 10_250, 10_256]

    private let api: any ObjectAPI
    private let services: Informer, nodes: Informer
    private let events: EventRecorder?
    private let reservedPorts: Set<UInt16>
    private let loop: ReconcileLoop<ObjectKey>

    /// - Parameters:
    ///   - api: of a user who may update services' status.
    ///   - informers: run by their owner, who makes this first.
    package init(
        api: any ObjectAPI, informers: InformerSet, events: EventRecorder? = nil,
        reservedPorts: Set<UInt16> = nodePorts, log: Logger
    ) {
        self.api = api
        self.events = events
        self.reservedPorts = reservedPorts
        let services = informers[.services], nodes = informers[.nodes]
        self.services = services
        self.nodes = nodes
        // One at a time, since they get addresses from one stock.
        loop = ReconcileLoop("service-lb", workers: 1, log: log) { key in
            try await Self.reconcile(
                key, api: api, services: services, nodes: nodes, events: events, reservedPorts: reservedPorts)
        }
        observe()
    }

    private func observe() {
        let (loop, services) = (loop, services)
        services.observe { change in
            loop.enqueue(change.key)
            // Ports that became free may be what others wait for.
            guard change.new.map({ LoadBalancerPlan.addresses($0).isEmpty }) ?? true,
                change.old.map({ !LoadBalancerPlan.addresses($0).isEmpty }) ?? false
            else { return }
            for service in services.objects where Self.isBalanced(service) { loop.enqueue(ObjectKey(service)) }
        }
        nodes.observe { change in
            let (old, new) = (change.old?["status"], change.new?["status"])
            if old?["addresses"] == new?["addresses"], Self.isReady(old) == Self.isReady(new) { return }
            for service in services.objects where Self.isBalanced(service) { loop.enqueue(ObjectKey(service)) }
        }
    }

    private static func isBalanced(_ service: JSON) -> Bool { service["spec"]["type"].string == "LoadBalancer" }

    private static func isReady(_ status: JSON?) -> Bool {
        (status?["conditions"].array ?? []).contains { $0["type"].string == "Ready" && $0["status"].string == "True" }
    }

    /// Until its task is cancelled.
    package func run() async {
        await services.synced()
        await nodes.synced()
        await loop.run()
    }

    private static func reconcile(
        _ key: ObjectKey, api: any ObjectAPI, services: Informer, nodes: Informer, events: EventRecorder?,
        reservedPorts: Set<UInt16>
    ) async throws -> Next {
        guard let service = services.object(key) else { return .settled }
        let plan = LoadBalancerPlan(nodes: nodes.objects, reservedPorts: reservedPorts)
        switch plan.decide(service, others: services.objects) {
        case .nothing: return .settled
        case .wait(let reason):
            events?.record(
                .warning, about: service, reason: "SyncLoadBalancerFailed",
                "Error syncing load balancer: failed to ensure load balancer: \(reason)")
            return .settled
        case .write(let addresses):
            if !addresses.isEmpty {
                events?.record(
                    .normal, about: service, reason: "EnsuringLoadBalancer", "Ensuring load balancer")
            }
            var new = service
            new["status"]["loadBalancer"] =
                addresses.isEmpty
                ? [:] : ["ingress": .array(addresses.map { ["ip": .string("\($0)"), "ipMode": "VIP"] })]
            do throws(APIStatus) {
                await services.reached(try await api.updateStatus(.services, new))
            } catch {
                if error.code == 404 { return .settled }
                throw error
            }
            if !addresses.isEmpty {
                events?.record(.normal, about: service, reason: "EnsuredLoadBalancer", "Ensured load balancer")
            }
            return .settled
        }
    }
}
