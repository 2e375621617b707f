import JSON
import Testing

@testable import KubeModel

@Suite struct FreshClusterTests {
    private static let settings = FreshCluster.Settings(
        address: "192.168.1.2", port: 6443, serviceAddress: "10.96.0.1", serviceRanges: ["10.96.0.0/12"], host: "h",
        leaseName: "apiserver-x", leaseHolder: "apiserver-x_1", clientAuthority: "PEM", frontProxy: [:])

    @Test("a fresh cluster holds its namespaces, service, classes, flow schemas and lease, each once")
    func objects() throws {
        let objects = FreshCluster.objects(Self.settings, now: 0)
        let names = objects.map {
            "\($0.text("kind"))/\($0["metadata"].text("namespace"))/\($0["metadata"].text("name"))"
        }
        #expect(Set(names).count == names.count)
        for name in [
            "Namespace//default", "Namespace//kube-node-lease", "Service/default/kubernetes",
            "Endpoints/default/kubernetes", "EndpointSlice/default/kubernetes", "PriorityClass//system-node-critical",
            "FlowSchema//catch-all", "PriorityLevelConfiguration//workload-low", "Lease/kube-system/apiserver-x",
            "ConfigMap/kube-system/extension-apiserver-authentication", "ServiceCIDR//kubernetes",
            "IPAddress//10.96.0.1",
        ] {
            #expect(names.contains(name), "\(name) is missing")
        }
        let levels = Set(
            objects.filter { $0.text("kind") == "PriorityLevelConfiguration" }.map { $0["metadata"].text("name") })
        let schemas = objects.filter { $0.text("kind") == "FlowSchema" }
        #expect(levels.count == 8 && schemas.count == 11)
        for schema in schemas { #expect(levels.contains(schema["spec", "priorityLevelConfiguration"].text("name"))) }
    }

    @Test("every object is of a built-in kind, has only fields of it, and passes its kind's own rules")
    func valid() throws {
        for object in FreshCluster.objects(Self.settings, now: 0) {
            let groupVersion = try #require(GroupVersion(apiVersion: object.text("apiVersion")))
            let kind = object.text("kind")
            let type = try #require(Schema.builtIn.type(groupVersion, kind: kind), "\(groupVersion) \(kind)")
            let (decoded, strict) = try StructuralDecoder.decode(object, as: type)
            #expect(strict.messages == [], "\(kind)")
            let faults = AllKinds.rules(group: groupVersion.group, kind: kind).validate(decoded).map(\.description)
            #expect(faults == [], "\(kind) \(object["metadata"].text("name"))")
        }
    }
}
