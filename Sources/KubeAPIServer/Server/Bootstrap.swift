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
            await make(
                groupVersion.group, resource.plural, object["metadata"]["namespace"].string ?? "", object)
        }
        for entry in BootstrapPolicy.entries + [BootstrapPolicy.administratorBinding] { await reconcile(entry) }
    }

    private var isLocal: Bool {
        fresh.address.hasPrefix("127.") || fresh.address == "::1" || fresh.address == "localhost"
    }

    private func verbs(_ group: String, _ resource: String, _ namespace: String, _ name: String = "") -> ObjectVerbs? {
        let served = parts.table.all.first { $0.groupVersion.group == group && $0.resource.plural == resource }
        guard let served else { return nil }
        return ObjectVerbs(
            parts: parts, request: .internal(served, namespace: namespace, name: name, manager: "kube-apiserver"))
    }

    /// Creates the object unless it is there.
    private func make(_ group: String, _ resource: String, _ namespace: String, _ object: JSON) async {
        let name = object["metadata"]["name"].string ?? ""
        guard parts.reader.object(group: group, resource: resource, namespace: namespace, name: name) == nil,
            let verbs = verbs(group, resource, namespace)
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
