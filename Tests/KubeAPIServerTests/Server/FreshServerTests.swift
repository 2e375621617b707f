import JSON
import NIOHTTP1
import Testing

@testable import KubeAPIServer

@Suite("a server with nothing in it")
struct FreshServerTests {
    @Test("says what it serves, since when, and how it is", .timeLimit(.minutes(2)))
    func objects() async throws {
        try await TestServer.with { server in
            let services = try await server.call(.GET, "/apis/apiregistration.k8s.io/v1/apiservices").json["items"]
            let names = (services.array ?? []).compactMap { $0["metadata"]["name"].string }
            #expect(names.count == 21)
            #expect(names.contains("v1.") && names.contains("v2.autoscaling"))
            for service in services.array ?? [] {
                #expect(service["metadata"]["labels"]["kube-aggregator.kubernetes.io/automanaged"] == "onstart")
                #expect(service["status"]["conditions"][0]["reason"] == "Local")
            }
            let schema = try await server.call(.GET, "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas/catch-all").json
            #expect(schema["status"]["conditions"][0]["type"] == "Dangling")
            #expect(schema["status"]["conditions"][0]["status"] == "False")
            let managers = (schema["metadata"]["managedFields"].array ?? []).map { $0["manager"].string ?? "" }
            #expect(
                managers.sorted() == [
                    "api-priority-and-fairness-config-consumer-v1", "api-priority-and-fairness-config-producer-v1",
                ])
            let range = try await server.call(.GET, "/apis/networking.k8s.io/v1/servicecidrs/kubernetes").json
            #expect(range["status"]["conditions"][0]["message"] == "Kubernetes default Service CIDR is ready")
            let tracking = try await server.call(
                .GET,
                "/api/v1/namespaces/kube-system/configmaps/kube-apiserver-legacy-service-account-token-tracking")
            #expect(tracking.json["data"]["since"].string?.count == 10)
        }
    }

    @Test("a definition's versions have APIServices as long as it is there", .timeLimit(.minutes(2)))
    func definitions() async throws {
        try await TestServer.with { server in
            let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
            let schema: JSON = ["openAPIV3Schema": ["type": "object"]]
            try await server.create(
                definitions,
                [
                    "metadata": ["name": "ships.sea.example"],
                    "spec": [
                        "group": "sea.example", "scope": "Namespaced", "names": ["plural": "ships", "kind": "Ship"],
                        "versions": [
                            ["name": "v1", "served": true, "storage": true, "schema": schema],
                            ["name": "v2", "served": false, "storage": false, "schema": schema],
                        ],
                    ],
                ])
            func service(_ name: String, isThere: Bool) async throws -> JSON {
                for _ in 0..<500 {
                    let reply = try await server.call(.GET, "/apis/apiregistration.k8s.io/v1/apiservices/\(name)")
                    if (reply.code == 200) == isThere, !isThere || !reply.json["status"]["conditions"].isNull {
                        return reply.json
                    }
                    try await Task.sleep(for: .milliseconds(10))
                }
                Issue.record("\(name) isn't as expected")
                return .null
            }
            let one = try await service("v1.sea.example", isThere: true)
            #expect(one["metadata"]["labels"]["kube-aggregator.kubernetes.io/automanaged"] == "true")
            #expect(one["spec"]["groupPriorityMinimum"] == 1_000 && one["spec"]["versionPriority"] == 100)
            _ = try await service("v2.sea.example", isThere: false)
            _ = try await server.call(.DELETE, "\(definitions)/ships.sea.example")
            _ = try await service("v1.sea.example", isThere: false)
        }
    }

    @Test("checks of health have the original's names", .timeLimit(.minutes(2)))
    func health() async throws {
        try await TestServer.with { server in
            let ready = try await server.call(.GET, "/readyz?verbose").text
            for name in ["ping", "etcd", "informer-sync", "poststarthook/rbac/bootstrap-roles", "shutdown"] {
                #expect(ready.contains("[+]\(name) ok\n"))
            }
            #expect(ready.hasSuffix("readyz check passed\n"))
            #expect(try await server.call(.GET, "/livez/poststarthook/rbac/bootstrap-roles").text == "ok")
            #expect(try await server.call(.POST, "/livez").text == "ok")
            #expect(try await server.call(.GET, "/healthz/").code == 404)
            #expect(try await server.call(.GET, "/livez/informer-sync").code == 404)
            let checks = try await server.call(.GET, "/metrics/slis").text
            #expect(checks.contains("kubernetes_healthcheck{name=\"etcd\",type=\"livez\"} 1\n"))
            #expect(try await server.call(.POST, "/version").code == 405)
            #expect(try await server.call(.POST, "/api/v1").json["reason"] == "MethodNotAllowed")
            #expect(try await server.call(.DELETE, "/metrics").text == "metrics reset\n")
        }
    }

    @Test("a FlowSchema without its level says so")
    func dangling() throws {
        let schema: JSON = ["spec": ["priorityLevelConfiguration": ["name": "gone"]]]
        let status = try #require(FlowSchemaStatus.status(of: schema, levels: ["there"], now: 0))
        let condition = status["conditions"][0]
        #expect(condition["status"] == "True" && condition["reason"] == "NotFound")
        #expect(
            condition["message"]
                == "This FlowSchema references the PriorityLevelConfiguration object named \"gone\" but there is no such object"
        )
        var told = schema
        told["status"] = status
        #expect(FlowSchemaStatus.status(of: told, levels: ["there"], now: 9) == nil)
        let found = try #require(FlowSchemaStatus.status(of: told, levels: ["gone"], now: 9))
        #expect(found["conditions"][0]["lastTransitionTime"] == "1970-01-01T00:00:09Z")
    }
}
