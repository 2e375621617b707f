import JSON
import KubeModel

/// What a service's pods offer: addresses and ports, as EndpointSlices and Endpoints have them.
enum ServiceEndpoints {
    static func selector(_ service: JSON) -> LabelSelector? {
        let selector = service["spec"]["selector"]
        return selector.object.map { _ in LabelSelector(equalTo: selector.stringMap) }
    }

    static func isHeadless(_ service: JSON) -> Bool {
        ["None", ""].contains(service["spec"].text("clusterIP"))
    }

    /// Whether a pod has an address that counts.
    static func isEndpoint(_ pod: JSON, includesTerminating: Bool) -> Bool {
        let status = pod["status"]
        guard !PodFacts.isFinished(pod), !status.text("podIP").isEmpty || !status.list("podIPs").isEmpty else {
            return false
        }
        return includesTerminating || !pod.isBeingDeleted
    }

    /// Addresses of one family, `IPv4` or `IPv6`.
    static func addresses(_ pod: JSON, _ family: String) -> [String] {
        pod["status"].list("podIPs").map { $0.text("ip") }.filter { $0.contains(":") == (family == "IPv6") }
    }

    /// The address families of a service, in its order.
    static func families(_ service: JSON) -> [String] {
        let families = service["spec"]["ipFamilies"].strings
        if !families.isEmpty { return families }
        let address = service["spec"].text("clusterIP")
        if address.isEmpty || address == "None" { return ["IPv4", "IPv6"] }
        return [address.contains(":") ? "IPv6" : "IPv4"]
    }

    static func hostname(_ pod: JSON, _ service: JSON) -> String? {
        let spec = pod["spec"]
        let name = spec.text("hostname")
        return !name.isEmpty && spec.text("subdomain") == service.objectName ? name : nil
    }

    static func target(_ pod: JSON) -> JSON {
        [
            "kind": "Pod", "namespace": pod["metadata"]["namespace"], "name": pod["metadata"]["name"],
            "uid": pod["metadata"]["uid"],
        ]
    }

    /// The number of a service's port on that pod; nil when the pod has no port of that name.
    static func number(_ port: JSON, on pod: JSON) -> Int? {
        guard let name = port["targetPort"].string else { return port["targetPort"].int }
        let spec = pod["spec"]
        let containers = spec.list("containers") + spec.list("initContainers").filter(PodFacts.isSidecar)
        for container in containers {
            for own in container.list("ports")
            where own.text("name") == name && own.text("protocol") == port.text("protocol") {
                return own["containerPort"].int
            }
        }
        return nil
    }
}
