import JSON
import KubeClient
import KubeModel
import Logging

/// Shows hand-made Endpoints of services without a selector as EndpointSlices.
final class EndpointMirrorController: Controller {
    private let loop: ReconcileLoop<ObjectKey>

    init(_ context: ControllerContext) {
        let account = "endpointslicemirroring-controller"
        let turn = EndpointMirrorTurn(
            api: context.api(account), services: context.informers[.services],
            endpoints: context.informers[.endpoints], slices: context.informers[.endpointSlices],
            deletions: PendingDeletions())
        turn.deletions.follow(turn.slices)
        loop = ReconcileLoop(account, log: context.log) { try await turn.reconcile($0) }
        turn.endpoints.observe { [loop] change in
            // Those of services with a selector are nobody's hand-work.
            guard change.object.labels.text(EndpointsPlan.managedBy) != EndpointsPlan.controller else { return }
            loop.enqueue(change.key)
        }
        turn.services.observe { [loop] change in
            if change.old?["spec"]["selector"] != change.new?["spec"]["selector"] || change.old == nil {
                loop.enqueue(change.key)
            }
        }
        turn.slices.observe { [loop] change in
            let labels = change.object.labels
            guard labels.text(EndpointSlicePlan.managedBy) == EndpointMirrorPlan.controller else { return }
            loop.enqueue(ObjectKey(change.object.objectNamespace, labels.text(EndpointSlicePlan.serviceName)))
        }
    }

    func run() async { await loop.run() }
}

private struct EndpointMirrorTurn: Sendable {
    let api: any ObjectAPI
    let services: Informer
    let endpoints: Informer
    let slices: Informer
    let deletions: PendingDeletions

    func reconcile(_ key: ObjectKey) async throws -> Next {
        let own = slices.objects(by: InformerIndex.service, key.description).filter {
            $0.labels.text(EndpointSlicePlan.managedBy) == EndpointMirrorPlan.controller && !deletions.contains($0)
                && !$0.isBeingDeleted
        }
        guard let current = endpoints.object(key), EndpointMirrorPlan.mirrors(current, service: services.object(key))
        else {
            for slice in own { try await delete(slice) }
            return .settled
        }
        let plan = EndpointMirrorPlan(current, slices: own)
        do {
            for slice in plan.create { await slices.reached(try await api.create(.endpointSlices, slice)) }
            for slice in plan.update { await slices.reached(try await api.update(.endpointSlices, slice)) }
            for slice in plan.delete { try await delete(slice) }
        } catch let error as APIStatus {
            if error.isNamespaceTerminating { return .settled }
            throw error
        }
        return .settled
    }

    private func delete(_ slice: JSON) async throws {
        deletions.insert(slice)
        do throws(APIStatus) {
            try await api.deleteIfThere(.endpointSlices, slice.objectNamespace, slice.objectName)
        } catch {
            deletions.remove(slice)
            throw error
        }
    }
}
