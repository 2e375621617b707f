import JSON
import KubeModel
import Logging

/// Writes the objects that every cluster has, at each start: what is missing is made, what people changed stays.
struct Bootstrap: Sendable {
    let parts: ServerParts
    let fresh: FreshCluster.Settings

    func run() async {
        for object in FreshCluster.objects(fresh, now: parts.now()) {
            guard let groupVersion = GroupVersion(apiVersion: object["apiVersion"].string ?? ""),
                let resource = Schema.builtIn.resource(groupVersion, kind: object["kind"].string ?? "")
            else { continue }
            // An address that only this machine reaches is no endpoint of a service.
            if isLocal, ["Endpoints", "EndpointSlice"].contains(resource.kind) { continue }
            let manager =
                groupVersion.group == "flowcontrol.apiserver.k8s.io"
                ? "api-priority-and-fairness-config-producer-v1" : "kube-apiserver"
            await make(
                groupVersion.group, resource.plural, object["metadata"]["namespace"].string ?? "", object, as: manager)
        }
        await tellServiceRange()
        await APIServiceObjects(parts: parts).makeOwn()
        for entry in BootstrapPolicy.entries + [BootstrapPolicy.administratorBinding] { await reconcile(entry) }
    }

    private func tellServiceRange() async {
        let group = "networking.k8s.io"
        guard let served = parts.table.find(group: group, version: "v1", resource: "servicecidrs"),
            let range = parts.reader.object(group: group, resource: "servicecidrs", namespace: "", name: "kubernetes"),
            (range["status"]["conditions"].array ?? []).isEmpty
        else { return }
        await report("servicecidrs kubernetes") { () throws(APIStatus) in
            let (status, manager) = FreshCluster.serviceRangeStatus(parts.now())
            try await OwnStatus(parts: parts).apply(status, to: "kubernetes", of: served, as: manager)
        }
    }

    private var isLocal: Bool {
        fresh.address.hasPrefix("127.") || fresh.address == "::1" || fresh.address == "localhost"
    }

    private func verbs(
        _ group: String, _ resource: String, _ namespace: String, _ name: String = "",
        as manager: String = "kube-apiserver"
    ) -> ObjectVerbs? {
        let served = parts.table.all.first { $0.groupVersion.group == group && $0.resource.plural == resource }
        guard let served else { return nil }
        return ObjectVerbs(
            parts: parts, request: .internal(served, namespace: namespace, name: name, manager: manager))
    }

    /// Creates the object unless it is there.
    private func make(
        _ group: String, _ resource: String, _ namespace: String, _ object: JSON,
        as manager: String = "kube-apiserver"
    ) async {
        let name = object["metadata"]["name"].string ?? ""
        guard parts.reader.object(group: group, resource: resource, namespace: namespace, name: name) == nil,
            let verbs = verbs(group, resource, namespace, as: manager)
        else { return }
        await report("\(resource) \(name)") { () throws(APIStatus) in
            var decoded = try verbs.decode(tree: verbs.typed(object))
            try verbs.settleNamespace(&decoded)
            _ = try await verbs.create(decoded)
        }
    }

    private func reconcile(_ entry: BootstrapPolicy.Entry) async {
        let group = BootstrapPolicy.group
        let existing = parts.reader.object(
            group: group, resource: entry.resource, namespace: entry.namespace, name: entry.name)
        switch PolicyReconciliation.step(entry, existing: existing) {
        case .none: return
        case .create(let object): await make(group, entry.resource, entry.namespace, object)
        case .update(let object):
            guard let verbs = verbs(group, entry.resource, entry.namespace, entry.name) else { return }
            await report("\(entry.resource) \(entry.name)") { () throws(APIStatus) in
                _ = try await verbs.change(verbs.changeRules()) { _ in object }
            }
        case .recreate(let object):
            guard let verbs = verbs(group, entry.resource, entry.namespace, entry.name) else { return }
            await report("\(entry.resource) \(entry.name)") { () throws(APIStatus) in
                _ = try await verbs.delete(entry.name, try DeletionOptions(.null, verbs.request.query))
            }
            await make(group, entry.resource, entry.namespace, object)
        }
    }

    private func report(_ what: String, _ work: () async throws(APIStatus) -> Void) async {
        do { try await work() } catch {
            parts.log.warning(
                "could not write an object of every cluster", metadata: ["object": "\(what)", "error": "\(error)"])
        }
    }
}
