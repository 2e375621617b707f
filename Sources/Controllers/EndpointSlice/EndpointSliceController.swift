import JSON
import KubeClient
import KubeModel
import Logging

/// Keeps services' EndpointSlices.
final class EndpointSliceController: Controller {
    private let recorder: EventRecorder
    private let loop: ReconcileLoop<ObjectKey>

    init(_ context: ControllerContext) {
        let account = "endpointslice-controller"
        let services = context.informers[.services], pods = context.informers[.pods]
        let nodes = context.informers[.nodes], slices = context.informers[.endpointSlices]
        recorder = context.recorder(account)
        let turn = EndpointSliceTurn(
            api: context.api(account), services: services, pods: pods, nodes: nodes, slices: slices,
            recorder: recorder, deletions: PendingDeletions())
        turn.deletions.follow(slices)
        loop = ReconcileLoop(account, log: context.log) { try await turn.reconcile($0) }
        services.observe { [loop] in loop.enqueue($0.key) }
        let selecting = SelectingServices(services: services)
        pods.observe { [loop] change in for key in selecting.keys(change) { loop.enqueue(key) } }
        // Somebody else's hand in a slice; this controller's own writes find nothing to do.
        slices.observe { [loop] change in
            let labels = change.object.labels
            guard labels.text(EndpointSlicePlan.managedBy) == EndpointSlicePlan.controller else { return }
            loop.enqueue(ObjectKey(change.object.objectNamespace, labels.text(EndpointSlicePlan.serviceName)))
        }
        // A pod may be seen before its node.
        nodes.observe { [loop] change in
            guard change.old == nil || change.new == nil || change.old?.labels != change.new?.labels else { return }
            for pod in pods.objects(by: InformerIndex.node, change.object.objectName) {
                for key in selecting.keys(of: pod) { loop.enqueue(key) }
            }
        }
    }

    func run() async { await runTogether([{ await self.loop.run() }, { await self.recorder.run() }]) }
}

/// The services that a pod belongs to.
struct SelectingServices: Sendable {
    let services: Informer

    /// Of a pod that is new, gone, or has changed in what endpoints show.
    func keys(_ change: ObjectChange) -> Set<ObjectKey> {
        if let old = change.old, let new = change.new {
            if Self.isSame(old, new) {
                guard old.labels != new.labels else { return [] }
                // Only services that no longer select it, or do so now.
                return Set(keys(of: old)).symmetricDifference(keys(of: new))
            }
            return Set(keys(of: old)).union(keys(of: new))
        }
        return Set(keys(of: change.object))
    }

    func keys(of pod: JSON) -> [ObjectKey] {
        services.objects(in: pod.objectNamespace).filter { service in
            guard let selector = ServiceEndpoints.selector(service) else { return false }
            return selector.matches(pod.labels)
        }.map { ObjectKey($0) }
    }

    private static func isSame(_ old: JSON, _ new: JSON) -> Bool {
        let (a, b) = (old["status"], new["status"])
        return a["podIPs"] == b["podIPs"] && a["podIP"] == b["podIP"] && PodFacts.isReady(old) == PodFacts.isReady(new)
            && PodFacts.isFinished(old) == PodFacts.isFinished(new) && old.isBeingDeleted == new.isBeingDeleted
            && old["spec"]["nodeName"] == new["spec"]["nodeName"] && old["spec"]["hostname"] == new["spec"]["hostname"]
    }
}

private struct EndpointSliceTurn: Sendable {
    let api: any ObjectAPI
    let services: Informer
    let pods: Informer
    let nodes: Informer
    let slices: Informer
    let recorder: EventRecorder
    let deletions: PendingDeletions

    func reconcile(_ key: ObjectKey) async throws -> Next {
        guard let service = services.object(key), service["spec"].text("type") != "ExternalName",
            let selector = ServiceEndpoints.selector(service)
        else { return .settled }
        let own = slices.objects(by: InformerIndex.service, key.description).filter {
            $0.labels.text(EndpointSlicePlan.managedBy) == EndpointSlicePlan.controller && !deletions.contains($0)
                && !$0.isBeingDeleted
        }
        let selected = pods.objects(in: key.namespace).filter { selector.matches($0.labels) }
        let plan = EndpointSlicePlan(service, pods: selected, slices: own) { nodes.object("", $0) }
        do {
            try await carryOut(plan, service)
        } catch let error as APIStatus {
            if error.isNamespaceTerminating { return .settled }
            if !error.isConflict, !error.isNotFound {
                recorder.record(
                    .warning, about: service, reason: "FailedToUpdateEndpointSlices",
                    "Error updating Endpoint Slices for Service \(key): \(error)")
            }
            throw error
        }
        return .settled
    }

    private func carryOut(_ plan: EndpointSlicePlan, _ service: JSON) async throws {
        if !service.isBeingDeleted {
            for slice in plan.create { await slices.reached(try await api.create(.endpointSlices, slice)) }
        }
        for slice in plan.update { await slices.reached(try await api.update(.endpointSlices, slice)) }
        for slice in plan.delete {
            deletions.insert(slice)
            do throws(APIStatus) {
                try await api.deleteIfThere(.endpointSlices, slice.objectNamespace, slice.objectName)
            } catch {
                deletions.remove(slice)
                throw error
            }
        }
    }
}
