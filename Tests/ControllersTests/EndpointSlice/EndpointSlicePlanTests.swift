import JSON
import KubeClient
import KubeModel
import Testing

@testable import Controllers

@Suite struct EndpointSlicePlanTests {
    static let service: JSON = [
        "apiVersion": "v1", "kind": "Service",
        "metadata": ["name": "web", "namespace": "default", "uid": "s", "labels": ["app": "web"]],
        "spec": [
            "clusterIP": "10.96.0.5", "ipFamilies": ["IPv4"], "selector": ["app": "web"],
            "ports": [["name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP"]],
        ],
    ]

    static func pod(_ number: Int, ready: Bool = true, port: String? = nil) -> JSON {
        let address = "10.244.\(number / 200).\(number % 200 + 1)"
        return [
            "metadata": [
                "name": .string("p\(1000 + number)"), "namespace": "default", "uid": .string("u\(number)"),
                "labels": ["app": "web"],
            ],
            "spec": [
                "nodeName": "n1",
                "containers": [
                    ["ports": port.map { [["name": .string($0), "containerPort": 9, "protocol": "TCP"]] } ?? []]
                ],
            ],
            "status": [
                "phase": "Running", "podIP": .string(address), "podIPs": [["ip": .string(address)]],
                "conditions": [["type": "Ready", "status": .string(ready ? "True" : "False")]],
            ],
        ]
    }

    static func plan(_ pods: [JSON], _ slices: [JSON] = [], service: JSON = service) -> EndpointSlicePlan {
        EndpointSlicePlan(service, pods: pods, slices: slices) {
            $0 == "n1" ? ["metadata": ["name": "n1"]] : JSON?.none
        }
    }

    static func named(_ slices: [JSON]) -> [JSON] {
        slices.enumerated().map { at, slice in
            var slice = slice
            slice["metadata", "name"] = .string("web-\(at)")
            return slice
        }
    }

    @Test("a service without pods has one empty slice, and keeps it")
    func placeholder() {
        let first = Self.plan([])
        #expect(first.create.count == 1 && first.create[0].list("endpoints").isEmpty)
        #expect(first.create[0].labels["kubernetes.io/service-name"] == "web")
        #expect(first.create[0]["metadata"]["generateName"] == "web-")
        let second = Self.plan([], Self.named(first.create))
        #expect(second.create.isEmpty && second.update.isEmpty && second.delete.isEmpty)
    }

    @Test("the placeholder becomes the first endpoints' slice")
    func reused() {
        let plan = Self.plan([Self.pod(1)], Self.named(Self.plan([]).create))
        #expect(plan.create.isEmpty && plan.delete.isEmpty && plan.update.count == 1)
        #expect(plan.update[0]["metadata"]["name"] == "web-0")
        #expect(plan.update[0]["ports"] == [["name": "http", "protocol": "TCP", "port": 8080]])
        let endpoint = plan.update[0]["endpoints"][0]
        #expect(endpoint["conditions"] == ["ready": true, "serving": true, "terminating": false])
        #expect(endpoint["targetRef"]["uid"] == "u1" && endpoint["nodeName"] == "n1")
    }

    @Test("slices hold a hundred endpoints, and a change touches one of them")
    func many() {
        let pods = (0..<250).map { Self.pod($0) }
        let slices = Self.named(Self.plan(pods).create)
        #expect(slices.map { $0.list("endpoints").count } == [100, 100, 50])
        var changed = pods
        changed[7] = Self.pod(7, ready: false)
        let plan = Self.plan(changed, slices)
        #expect(plan.update.count == 1 && plan.create.isEmpty && plan.delete.isEmpty)
        let more = Self.plan(pods + [Self.pod(300)], slices)
        #expect(more.update.map { $0["metadata"]["name"] } == ["web-2"] && more.create.isEmpty)
        let fewer = Self.plan(Array(pods.prefix(200)), slices)
        #expect(fewer.delete.map { $0["metadata"]["name"] } == ["web-2"] && fewer.update.isEmpty)
    }

    @Test("pods with different numbers for a port's name have slices of their own; unknown nodes wait")
    func ports() {
        var service = Self.service
        service["spec", "ports"] = [["name": "http", "port": 80, "targetPort": "web", "protocol": "TCP"]]
        var other = Self.pod(2, port: "web")
        other["spec", "containers"] = [["ports": [["name": "web", "containerPort": 10, "protocol": "TCP"]]]]
        var lost = Self.pod(3, port: "web")
        lost["spec", "nodeName"] = "n9"
        let plan = Self.plan([Self.pod(1, port: "web"), other, lost], service: service)
        #expect(plan.create.count == 2 && plan.skipped.count == 1)
    }

    @Test("Endpoints tell ready and other addresses apart")
    func endpoints() throws {
        let new = try #require(
            EndpointsPlan.change(Self.service, pods: [Self.pod(1), Self.pod(2, ready: false)], current: nil))
        let subset = new["subsets"][0]
        #expect(subset.list("addresses").count == 1 && subset.list("notReadyAddresses").count == 1)
        #expect(subset["ports"] == [["name": "http", "port": 8080, "protocol": "TCP"]])
        #expect(new.labels["endpoints.kubernetes.io/managed-by"] == "endpoint-controller")
        let pods = [Self.pod(1), Self.pod(2, ready: false)]
        #expect(EndpointsPlan.change(Self.service, pods: pods, current: new) == nil)
    }
}

@Suite struct ServiceEndpointTests {
    @Test("a ready pod is found in its service's slice and Endpoints")
    func follows() async throws {
        try await TestCluster.with { cluster in
            try await cluster.api.create(
                .nodes, ["apiVersion": "v1", "kind": "Node", "metadata": ["name": "n1"], "spec": [:]])
            try await cluster.api.create(
                .services,
                [
                    "apiVersion": "v1", "kind": "Service", "metadata": ["name": "web", "namespace": "default"],
                    "spec": ["selector": ["app": "web"], "ports": [["port": 80]]],
                ])
            try await cluster.until("account", .serviceAccounts) { !$0.isEmpty }
            let pod: JSON = [
                "apiVersion": "v1", "kind": "Pod",
                "metadata": ["name": "a", "namespace": "default", "labels": ["app": "web"]],
                "spec": ["nodeName": "n1", "containers": [["name": "c", "image": "x"]]],
            ]
            try await cluster.run(try await cluster.api.create(.pods, pod))
            try await cluster.until("slice", .endpointSlices, labels: "kubernetes.io/service-name=web") { slices in
                slices.count == 1 && slices[0]["endpoints"][0]["addresses"] == ["10.244.0.9"]
                    && slices[0]["endpoints"][0]["conditions"]["ready"] == true
            }
            _ = try await cluster.until("endpoints", .endpoints, "default", "web") {
                $0["subsets"][0]["addresses"][0]["ip"] == "10.244.0.9"
            }
            try await cluster.api.delete(.services, "default", "web", .null)
            try await cluster.until("endpoints gone", .endpoints) { all in !all.contains { $0.objectName == "web" } }
        }
    }
}
