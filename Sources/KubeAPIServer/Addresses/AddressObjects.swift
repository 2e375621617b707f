import JSON
import KubeModel
import Logging

/// Keeps an IPAddress object for each cluster address of a service, named as the address and told to whom it belongs:
/// made and gone with the service, before whose client is answered, and mended when somebody changed or removed it.
struct AddressObjects: Sendable {
    static let watched = [GroupResource("", "services"), GroupResource(group, "ipaddresses")]
    private static let group = "networking.k8s.io"
    private static let manager = "ipallocator.k8s.io"
    private static let managedBy = "ipaddress.kubernetes.io/managed-by"

    let parts: ServerParts

    func reconcileAll() async {
        let services = parts.reader.objects(group: "", resource: "services", namespace: "")
        let (made, gone) = Self.plan(
            services, parts.reader.objects(group: Self.group, resource: "ipaddresses", namespace: ""))
        for name in gone { await delete(name) }
        for object in made { await create(object) }
    }

    /// After a service's write: what it got new is written, what it lost is removed. What fails here the next turn mends.
    func follow(_ new: JSON?, after old: JSON?) async {
        let (has, had) = (new.map(Self.objects) ?? [:], old.map(Self.objects) ?? [:])
        for (address, _) in had where has[address] == nil { await delete(address) }
        for (address, object) in has where had[address] == nil { await create(object) }
    }

    private static func objects(_ service: JSON) -> [String: JSON] {
        let addresses = service["spec"]["clusterIPs"].strings.filter { IPAddress($0) != nil }
        return Dictionary(addresses.map { ($0, object($0, service)) }, uniquingKeysWith: { first, _ in first })
    }

    /// What is to be made, and the names of what is to be deleted; an object of the wrong owner is both.
    static func plan(_ services: [JSON], _ objects: [JSON]) -> (made: [JSON], gone: [String]) {
        var wanted: [String: JSON] = [:]
        for service in services {
            wanted.merge(Self.objects(service)) { first, _ in first }
        }
        var gone: [String] = []
        for object in objects {
            let name = object["metadata"]["name"].string ?? ""
            if let right = wanted[name] {
                if isSame(object["spec"]["parentRef"], right["spec"]["parentRef"]) {
                    wanted[name] = nil
                } else {
                    gone.append(name)
                }
            } else if object["metadata"]["labels"][managedBy].string == manager {
                gone.append(name)
            }
        }
        return (wanted.sorted { $0.key < $1.key }.map(\.value), gone)
    }

    private static func isSame(_ parent: JSON, _ other: JSON) -> Bool {
        ["group", "resource", "namespace", "name"].allSatisfy { (parent[$0].string ?? "") == (other[$0].string ?? "") }
    }

    private static func object(_ address: String, _ service: JSON) -> JSON {
        let isSix = address.utf8.contains(UInt8(ascii: ":"))
        return [
            "apiVersion": "networking.k8s.io/v1", "kind": "IPAddress",
            "metadata": [
                "name": .string(address),
                "labels": [
                    "ipaddress.kubernetes.io/ip-family": isSix ? "IPv6" : "IPv4", managedBy: .string(manager),
                ],
            ],
            "spec": [
                "parentRef": [
                    "resource": "services", "namespace": service["metadata"]["namespace"],
                    "name": service["metadata"]["name"],
                ]
            ],
        ]
    }

    private func verbs(_ name: String) -> ObjectVerbs? {
        guard let served = parts.table.find(group: Self.group, version: "v1", resource: "ipaddresses") else {
            return nil
        }
        return ObjectVerbs(
            parts: parts, request: .internal(served, namespace: "", name: name, manager: "kube-apiserver"))
    }

    /// What somebody else has made or removed meanwhile is no fault: the next turn sees it.
    private func create(_ object: JSON) async {
        guard let verbs = verbs("") else { return }
        do throws(APIStatus) {
            _ = try await verbs.create(try verbs.decode(tree: verbs.typed(object)))
        } catch  where error.code != 409 {
            parts.log.warning(
                "could not write a service's address",
                metadata: ["address": "\(object["metadata"]["name"].string ?? "")", "error": "\(error)"])
        } catch {}
    }

    private func delete(_ name: String) async {
        guard let verbs = verbs(name) else { return }
        _ = try? await verbs.delete(name, DeletionOptions(.null, verbs.request.query))
    }
}
