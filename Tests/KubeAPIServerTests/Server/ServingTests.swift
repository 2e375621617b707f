import Foundation
import JSON
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import Testing
import Wire

@testable import KubeAPIServer

@Suite("serving", .serialized)
struct ServingTests {
    private static let maps = "/api/v1/namespaces/default/configmaps"

    @Test("pages that clients keep say for how long, and hashes of other versions lead to the new one")
    func freshness() async throws {
        try await TestServer.with { server in
            func cache(_ path: String, _ accept: String = "application/json") async throws -> String? {
                try await server.call(.GET, path, headers: HTTPHeaders([("Accept", accept)])).headers
                    .first(name: "cache-control")
            }
            let aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
            #expect(try await cache("/apis", aggregated) == "public")
            #expect(try await cache("/apis") == "no-cache, private")
            #expect(try await cache("/openapi/v2") == "no-cache, private")
            #expect(try await cache("/openapi/v3/api/v1") == "no-cache, private")
            let index = try await server.call(.GET, "/openapi/v3").json
            let place = index["paths"]["api/v1"]["serverRelativeURL"].string ?? ""
            #expect(try await cache(place) == "public, immutable")
            let old = try await server.call(.GET, "/openapi/v3/api/v1?hash=AAAA")
            #expect(old.code == 301 && old.headers.first(name: "location") == place)
        }
    }

    @Test("discovery comes as JSON, YAML or protobuf, and in no other shape")
    func discoveryForms() async throws {
        try await TestServer.with { server in
            func get(_ path: String, _ accept: String) async throws -> TestServer.Reply {
                try await server.call(.GET, path, headers: HTTPHeaders([("Accept", accept)]))
            }
            for path in ["/api", "/apis", "/apis/apps", "/apis/apps/v1", "/api/v1"] {
                let message = try await get(path, "application/vnd.kubernetes.protobuf")
                #expect(message.headers.first(name: "content-type") == "application/vnd.kubernetes.protobuf", "\(path)")
                #expect(message.text.hasPrefix("k8s\0"))
                let text = try await get(path, "application/yaml")
                #expect(
                    text.headers.first(name: "content-type") == "application/yaml" && text.text.contains("kind: API"))
                #expect(try await get(path, "application/json;as=Table;g=meta.k8s.io;v=v1").code == 406)
                #expect(try await get(path, "text/plain").code == 406)
            }
            let group = try await get("/apis/apps", "application/vnd.kubernetes.protobuf").text
            // What the original answers, byte for byte.
            let wanted =
                "k8s\0\n\u{0E}\n\u{02}v1\u{12}\u{08}APIGroup\u{12}$\n\u{04}apps\u{12}\r\n\u{07}apps/v1\u{12}\u{02}v1"
                + "\u{1A}\r\n\u{07}apps/v1\u{12}\u{02}v1\u{1A}\0\"\0"
            #expect(group == wanted)
        }
    }

    @Test("deletions that say nothing of dependents leave jobs' and replication controllers' alone")
    func dependents() async throws {
        try await TestServer.with { server in
            let job: JSON = [
                "metadata": ["name": "j"],
                "spec": [
                    "template": ["spec": ["restartPolicy": "Never", "containers": [["name": "c", "image": "i"]]]]
                ],
            ]
            let jobs = "/apis/batch/v1/namespaces/default/jobs"
            try await server.create(jobs, job)
            let deleted = try await server.call(.DELETE, jobs + "/j")
            #expect(deleted.json["metadata"]["finalizers"].strings == ["orphan"], "\(deleted.text)")
            #expect(
                deleted.headers.first(name: "warning") == #"299 - "child pods are preserved by default when jobs are "#
                    + "deleted; set propagationPolicy=Background to remove them or set "
                    + #"propagationPolicy=Orphan to suppress this warning""#)
            var second = job
            second["metadata"]["name"] = "k"
            try await server.create(jobs, second)
            let plain = try await server.call(.DELETE, jobs + "/k?propagationPolicy=Background")
            #expect(plain.json["status"].string == "Success" && plain.headers.first(name: "warning") == nil)
            let many = try await server.call(.DELETE, jobs)
            #expect(many.headers["warning"].count == 1)

            let controller: JSON = [
                "metadata": ["name": "r"],
                "spec": [
                    "replicas": 0,
                    "template": [
                        "metadata": ["labels": ["a": "b"]], "spec": ["containers": [["name": "c", "image": "i"]]],
                    ],
                ],
            ]
            let controllers = "/api/v1/namespaces/default/replicationcontrollers"
            try await server.create(controllers, controller)
            let orphaned = try await server.call(.DELETE, controllers + "/r")
            #expect(orphaned.json["metadata"]["finalizers"].strings == ["orphan"])
            #expect(orphaned.headers.first(name: "warning") == nil)

            let events = "/api/v1/namespaces/default/events"
            try await server.create(
                events,
                [
                    "metadata": ["name": "e"], "involvedObject": ["kind": "Pod", "name": "x", "namespace": "default"],
                    "source": ["component": "t"],
                ])
            try await server.call(.DELETE, events + "/e?propagationPolicy=Foreground")
            #expect(try await server.call(.GET, events + "/e").code == 404)
        }
    }

    @Test("metrics tell each answer's own status, and what is there now")
    func metrics() async throws {
        try await TestServer.with { server in
            try await server.create(Self.maps, ["metadata": ["name": "m"]])
            #expect(try await server.call(.GET, "/nothing").code == 404)
            let tag = try await server.call(.GET, "/openapi/v3").headers.first(name: "etag") ?? ""
            #expect(
                try await server.call(.GET, "/openapi/v3", headers: HTTPHeaders([("If-None-Match", tag)])).code == 304)
            let watch = try await server.client.send(.GET, Self.maps + "?watch=true")
            let text = try await server.call(.GET, "/metrics").text
            watch.cancel()
            func line(_ parts: String...) -> String? {
                text.split(separator: "\n").first { line in parts.allSatisfy { line.contains($0) } }.map(String.init)
            }
            #expect(line(#"code="201""#, #"resource="configmaps""#, #"verb="POST""#) != nil, "\(text)")
            #expect(line(#"code="404""#, "/nothing") != nil)
            #expect(
                line(
                    #"apiserver_request_total{code="201",component="apiserver",dry_run="",group="",resource="configmaps","#
                )
                    != nil)
            #expect(line("apiserver_request_sli_duration_seconds_bucket{component=", #"le="1.25"}"#) != nil)
            #expect(line(#"apiserver_resource_objects{group="",resource="namespaces"}"#)?.hasSuffix(" 4") == true)
            #expect(line(#"code="304""#, "/openapi/v3") != nil)
            #expect(line(#"apiserver_current_inflight_requests{request_kind="readOnly"}"#)?.hasSuffix(" 1") == true)
            #expect(
                line(#"apiserver_longrunning_requests{component="apiserver",group="",resource="configmaps",scope="#)?
                    .hasSuffix(#""namespace",subresource="",verb="WATCH",version="v1"} 1"#) == true, "\(text)")
            #expect(line(#"apiserver_storage_objects{resource="namespaces"}"#)?.hasSuffix(" 4") == true)
            #expect(line("process_resident_memory_bytes ") != nil && line("process_cpu_seconds_total ") != nil)
            #expect(line("kube_apiserver_clusterip_allocator_allocated_ips{")?.hasSuffix(" 1") == true)
        }
    }

    @Test("answers tell which flow schema and priority level a request belongs to")
    func flows() async throws {
        try await TestServer.with { server in
            let group = "/apis/flowcontrol.apiserver.k8s.io/v1"
            func uid(_ resource: String, _ name: String) async throws -> String? {
                try await server.call(.GET, "\(group)/\(resource)/\(name)").json["metadata"]["uid"].string
            }
            func told(_ path: String, _ what: String) async throws -> String? {
                try await server.call(.GET, path).headers.first(name: "x-kubernetes-pf-\(what)-uid")
            }
            let schema = try await uid("flowschemas", "global-default")
            let level = try await uid("prioritylevelconfigurations", "global-default")
            let probes = try await uid("flowschemas", "probes")
            #expect(schema != nil && level != nil && probes != nil)
            #expect(try await told(Self.maps, "flowschema") == schema)
            #expect(try await told(Self.maps, "prioritylevel") == level)
            #expect(try await told("/healthz", "flowschema") == probes)
            // One of a person's own comes first.
            try await server.create(
                group + "/flowschemas",
                [
                    "metadata": ["name": "mine"],
                    "spec": [
                        "matchingPrecedence": 500, "priorityLevelConfiguration": ["name": "exempt"],
                        "rules": [
                            [
                                "subjects": [["kind": "User", "user": ["name": "kubernetes-admin"]]],
                                "resourceRules": [
                                    [
                                        "verbs": ["list"], "apiGroups": [""], "resources": ["configmaps"],
                                        "namespaces": ["default"],
                                    ]
                                ],
                            ]
                        ],
                    ],
                ])
            let mine = try await uid("flowschemas", "mine")
            #expect(try await told(Self.maps, "flowschema") == mine)
        }
    }

    @Test("one request too many is turned away for a second; the administrators' and watches aren't")
    func limits() async throws {
        let limits = RequestLimits(readOnly: 1, mutating: 1)
        let anybody = UserInfo(name: "a"), master = UserInfo(name: "m", groups: ["system:masters"])
        func kind(_ method: HTTPMethod, _ path: String, _ query: [(name: String, value: String)] = []) throws
            -> RequestLimits.Kind
        {
            RequestLimits.kind(try #require(RequestInfo(method: method, path: path, query: QueryOptions(query))))
        }
        #expect(try kind(.GET, "/api/v1/pods") == .readOnly)
        #expect(try kind(.GET, "/version") == .readOnly)
        #expect(try kind(.POST, "/api/v1/namespaces/a/pods") == .mutating)
        #expect(try kind(.GET, "/api/v1/pods", [("watch", "1")]) == .lasting)
        #expect(try kind(.POST, "/api/v1/namespaces/a/pods/b/exec") == .lasting)
        #expect(limits.enter(.readOnly, anybody) && !limits.enter(.readOnly, anybody))
        #expect(limits.enter(.readOnly, master) && limits.running(.readOnly) == 2)
        for _ in 0..<10 { #expect(limits.enter(.lasting, anybody)) }
        #expect(limits.enter(.mutating, anybody) && !limits.enter(.mutating, anybody))
        limits.leave(.mutating)
        #expect(limits.enter(.mutating, anybody))
    }

    @Test("a server at its limit answers 429 and goes on when there is room")
    func busy() async throws {
        try await TestServer.with({ $0.maximumMutating = 1 }) { server in
            // A body that doesn't end holds the only place.
            let gate = NIOLockedValueBox<CheckedContinuation<Void, Never>?>(nil)
            async let held = server.client.send(
                .POST, Self.maps, headers: HTTPHeaders([("Content-Type", "application/json")]),
                body: .stream {
                    if gate.withLockedValue({ $0 != nil }) { return nil }
                    await withCheckedContinuation { waiting in gate.withLockedValue { $0 = waiting } }
                    return ByteBuffer(string: #"{"metadata":{"name":"held"}}"#)
                })
            for _ in 0..<200 where gate.withLockedValue({ $0 == nil }) { try await Task.sleep(for: .milliseconds(10)) }
            var refused = try await server.call(.POST, Self.maps, ["metadata": ["name": "more"]])
            for _ in 0..<50 where refused.code != 429 {
                try await Task.sleep(for: .milliseconds(20))
                refused = try await server.call(.POST, Self.maps, ["metadata": ["generateName": "more-"]])
            }
            #expect(refused.code == 429 && refused.headers.first(name: "retry-after") == "1", "\(refused)")
            #expect(refused.text == "Too many requests, please try again later.\n")
            #expect(try await server.call(.GET, Self.maps).code == 200)
            gate.withLockedValue { $0 }?.resume()
            #expect(try await held.status.code == 201)
            #expect(try await server.call(.POST, Self.maps, ["metadata": ["name": "after"]]).code == 201)
        }
    }
}
