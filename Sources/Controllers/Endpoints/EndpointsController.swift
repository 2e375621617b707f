import JSON
import KubeClient
import KubeModel
import Logging

/// Keeps services' Endpoints objects.
final class EndpointsController: Controller {
    private let recorder: EventRecorder
    private let loop: ReconcileLoop<ObjectKey>

    init(_ context: ControllerContext) {
        let account = "endpoint-controller"
        let services = context.informers[.services], pods = context.informers[.pods]
        let endpoints = context.informers[.endpoints]
        recorder = context.recorder(account)
        let turn = EndpointsTurn(
            api: context.api(account), services: services, pods: pods, endpoints: endpoints, recorder: recorder)
        loop = ReconcileLoop(account, log: context.log) { try await turn.reconcile($0) }
        services.observe { [loop] in loop.enqueue($0.key) }
        let selecting = SelectingServices(services: services)
        pods.observe { [loop] change in for key in selecting.keys(change) { loop.enqueue(key) } }
        // One that somebody deleted is made anew; one whose service is gone goes too.
        endpoints.observe { [loop] change in
            if change.new == nil || change.old == nil { loop.enqueue(change.key) }
        }
    }

    func run() async { await runTogether([{ await self.loop.run() }, { await self.recorder.run() }]) }
}

private struct EndpointsTurn: Sendable {
    let api: any ObjectAPI
    let services: Informer
    let pods: Informer
    let endpoints: Informer
    let recorder: EventRecorder

    func reconcile(_ key: ObjectKey) async throws -> Next {
        let current = endpoints.object(key)
        guard let service = services.object(key) else {
            // Endpoints that others keep stay.
            if current?.labels.text(EndpointsPlan.managedBy) == EndpointsPlan.controller {
                try await api.deleteIfThere(.endpoints, key.namespace, key.name)
            }
            return .settled
        }
        guard service["spec"].text("type") != "ExternalName", let selector = ServiceEndpoints.selector(service),
            !service.isBeingDeleted
        else { return .settled }
        let selected = pods.objects(in: key.namespace).filter { selector.matches($0.labels) }
        guard let new = EndpointsPlan.change(service, pods: selected, current: current) else { return .settled }
        do throws(APIStatus) {
            let written =
                current == nil ? try await api.create(.endpoints, new) : try await api.update(.endpoints, new)
            await endpoints.reached(written)
        } catch {
            if error.isNamespaceTerminating { return .settled }
            let (reason, what) =
                current == nil
                ? ("FailedToCreateEndpoint", "create endpoint for service")
                : ("FailedToUpdateEndpoint", "update endpoint")
            recorder.record(.warning, about: new, reason: reason, "Failed to \(what) \(key): \(error)")
            throw error
        }
        return .settled
    }
}
