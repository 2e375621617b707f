import JSON
import KubeModel

/// The EndpointSlices that show what somebody wrote by hand into an Endpoints object: one for each set of ports and
/// kind of addresses.
struct EndpointMirrorPlan: Equatable {
    static let controller = "endpointslicemirroring-controller.k8s.io"
    /// Endpoints of a subset that are shown.
    private static let perSubset = 1_000
    private static let ownAnnotations: Set = [
        "endpoints.kubernetes.io/last-change-trigger-time", "kubectl.kubernetes.io/last-applied-configuration",
    ]

    private(set) var create: [JSON] = []
    private(set) var update: [JSON] = []
    private(set) var delete: [JSON] = []

    /// Whether an Endpoints object is to be shown at all; `service` is that of its name.
    static func mirrors(_ endpoints: JSON, service: JSON?) -> Bool {
        guard let service, service["spec"]["selector"].isNull else { return false }
        return endpoints.labels.text("endpointslice.kubernetes.io/skip-mirror") != "true"
            && endpoints.annotation("control-plane.alpha.kubernetes.io/leader") == nil
    }

    /// - Parameter slices: the mirrors there are.
    init(_ endpoints: JSON, slices: [JSON]) {
        var rest = slices
        for wanted in Self.slices(endpoints) {
            let at = rest.firstIndex {
                $0["addressType"] == wanted["addressType"] && $0["ports"].isAlike(wanted["ports"])
            }
            guard let at else {
                create.append(wanted)
                continue
            }
            var slice = rest.remove(at: at)
            let old = slice
            slice["endpoints"] = wanted["endpoints"]
            slice["metadata", "labels"] = wanted.labels
            slice["metadata", "annotations"] = wanted["metadata"]["annotations"]
            if !slice.isAlike(old) { update.append(slice) }
        }
        delete = rest
    }

    static func slices(_ endpoints: JSON) -> [JSON] {
        var slices: [JSON] = []
        for subset in endpoints.list("subsets") {
            let all =
                subset.list("addresses").map { endpoint($0, ready: true) }
                + subset.list("notReadyAddresses").map { endpoint($0, ready: false) }
            let ports: [JSON] = subset.list("ports").map { port in
                var own: JSON = [
                    "name": .string(port.text("name")), "protocol": port["protocol"], "port": port["port"],
                ]
                if port.has("appProtocol") { own["appProtocol"] = port["appProtocol"] }
                return own
            }
            for family in ["IPv4", "IPv6"] {
                let own = all.prefix(perSubset).filter {
                    ($0["addresses"].strings.first ?? "").contains(":") == (family == "IPv6")
                }
                if !own.isEmpty { slices.append(slice(endpoints, family, ports, own)) }
            }
        }
        return slices
    }

    private static func endpoint(_ address: JSON, ready: Bool) -> JSON {
        var endpoint: JSON = ["addresses": [address["ip"]], "conditions": ["ready": .bool(ready)]]
        for name in ["hostname", "targetRef", "nodeName"] where address.has(name) { endpoint[name] = address[name] }
        return endpoint
    }

    private static func slice(_ endpoints: JSON, _ family: String, _ ports: [JSON], _ own: [JSON]) -> JSON {
        var labels: JSON = endpoints.labels.isNull ? [:] : endpoints.labels
        labels[EndpointSlicePlan.serviceName] = .string(endpoints.objectName)
        labels[EndpointSlicePlan.managedBy] = .string(controller)
        let annotations = endpoints["metadata"].map("annotations").filter { !ownAnnotations.contains($0.key) }
        return [
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
            "metadata": [
                "generateName": .string(PodControl.prefix(endpoints.objectName)),
                "namespace": endpoints["metadata"]["namespace"], "labels": labels, "annotations": .object(annotations),
                "ownerReferences": [OwnerReferences.make(to: endpoints, isController: true)],
            ],
            "addressType": .string(family), "endpoints": .array(own), "ports": .array(ports),
        ]
    }
}
