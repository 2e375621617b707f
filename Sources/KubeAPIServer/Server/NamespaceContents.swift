import JSON
import KubeModel
import Logging

/// Keeps in every namespace what pods there count on: the service account `default`, and the cluster's authority in the
/// ConfigMap `kube-root-ca.crt`.
final class NamespaceContents: Sendable {
    private let parts: ServerParts
    private let authorityPEM: String

    static let watched = ["namespaces", "serviceaccounts", "configmaps"].map { GroupResource("", $0) }

    init(_ parts: ServerParts, authorityPEM: String) {
        self.parts = parts
        self.authorityPEM = authorityPEM
    }

    func reconcileAll() async {
        for namespace in parts.reader.objects(group: "", resource: "namespaces", namespace: "") {
            guard namespace["metadata"]["deletionTimestamp"].isNull else { continue }
            await reconcile(namespace["metadata"]["name"].string ?? "")
        }
    }

    private func reconcile(_ namespace: String) async {
        if parts.reader.object(group: "", resource: "serviceaccounts", namespace: namespace, name: "default") == nil {
            await create("serviceaccounts", namespace, ["metadata": ["name": "default"]])
        }
        let name = "kube-root-ca.crt"
        let existing = parts.reader.object(group: "", resource: "configmaps", namespace: namespace, name: name)
        let data: JSON = ["ca.crt": .string(authorityPEM)]
        guard let existing else {
            let note =
                "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as "
                + "the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions "
                + "of Kubernetes clusters."
            return await create(
                "configmaps", namespace,
                [
                    "metadata": ["name": .string(name), "annotations": ["kubernetes.io/description": .string(note)]],
                    "data": data,
                ])
        }
        guard existing["data"] != data, let verbs = verbs("configmaps", namespace, name) else { return }
        _ = try? await verbs.change(verbs.changeRules()) { old in
            var new = old
            new["data"] = data
            return new
        }
    }

    private func verbs(_ resource: String, _ namespace: String, _ name: String = "") -> ObjectVerbs? {
        guard let served = parts.table.find(group: "", version: "v1", resource: resource) else { return nil }
        return ObjectVerbs(
            parts: parts,
            request: .internal(served, namespace: namespace, name: name, manager: "kube-controller-manager"))
    }

    /// A namespace that goes meanwhile, or an object that somebody else made first, is no fault.
    private func create(_ resource: String, _ namespace: String, _ object: JSON) async {
        guard let verbs = verbs(resource, namespace) else { return }
        do {
            var decoded = try verbs.decode(tree: verbs.typed(object))
            try verbs.settleNamespace(&decoded)
            _ = try await verbs.create(decoded)
        } catch  where error.code != 409 && error.code != 403 && error.code != 404 {
            parts.log.warning(
                "could not write what a namespace needs",
                metadata: ["namespace": "\(namespace)", "object": "\(resource)", "error": "\(error)"])
        } catch {}
    }
}
