import JSON
import KubeClient
import KubeModel
import Testing

@testable import Controllers

@Suite struct EndpointMirrorTests {
    static let endpoints: JSON = [
        "apiVersion": "v1", "kind": "Endpoints",
        "metadata": ["name": "db", "namespace": "default", "uid": "e", "annotations": ["a": "b"]],
        "subsets": [
            [
                "addresses": [["ip": "192.0.2.1"], ["ip": "2001:db8::1"]], "notReadyAddresses": [["ip": "192.0.2.2"]],
                "ports": [["port": 5_432, "protocol": "TCP"]],
            ]
        ],
    ]

    @Test("each kind of addresses has a slice, and nothing changes twice")
    func slices() {
        let plan = EndpointMirrorPlan(Self.endpoints, slices: [])
        #expect(plan.create.map { $0["addressType"] } == ["IPv4", "IPv6"])
        #expect(plan.create[0].list("endpoints").map { $0["conditions"]["ready"] } == [true, false])
        #expect(plan.create[0].labels["kubernetes.io/service-name"] == "db")
        let again = EndpointMirrorPlan(Self.endpoints, slices: plan.create)
        #expect(again.create.isEmpty && again.update.isEmpty && again.delete.isEmpty)
        var fewer = Self.endpoints
        fewer["subsets"] = [["addresses": [["ip": "192.0.2.9"]], "ports": [["port": 5_432, "protocol": "TCP"]]]]
        let next = EndpointMirrorPlan(fewer, slices: plan.create)
        #expect(next.create.isEmpty && next.update.count == 1 && next.delete.count == 1)
    }

    @Test("only services without a selector have mirrors")
    func mirrors() {
        #expect(EndpointMirrorPlan.mirrors(Self.endpoints, service: ["spec": [:]]))
        #expect(!EndpointMirrorPlan.mirrors(Self.endpoints, service: ["spec": ["selector": ["a": "b"]]]))
        #expect(!EndpointMirrorPlan.mirrors(Self.endpoints, service: nil))
    }

    @Test("hand-made Endpoints are shown as a slice, and go with it")
    func follows() async throws {
        try await TestCluster.with { cluster in
            try await cluster.api.create(
                .services,
                [
                    "apiVersion": "v1", "kind": "Service", "metadata": ["name": "db", "namespace": "default"],
                    "spec": ["ports": [["port": 5_432]]],
                ])
            var endpoints = Self.endpoints
            endpoints["metadata"] = ["name": "db", "namespace": "default"]
            endpoints["subsets"] = [["addresses": [["ip": "192.0.2.1"]], "ports": [["port": 5_432]]]]
            try await cluster.api.create(.endpoints, endpoints)
            let labels = "kubernetes.io/service-name=db"
            try await cluster.until("mirrored", .endpointSlices, labels: labels) {
                $0.count == 1 && $0[0]["endpoints"][0]["addresses"] == ["192.0.2.1"]
            }
            try await cluster.api.delete(.endpoints, "default", "db", .null)
            try await cluster.until("gone", .endpointSlices, labels: labels) { $0.isEmpty }
        }
    }
}
