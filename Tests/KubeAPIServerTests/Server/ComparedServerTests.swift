import JSON
import NIOHTTP1
import Testing

@testable import KubeAPIServer

/// Answers that were seen at the original (1.36.2) beside ours.
@Suite("answers compared with the original")
struct ComparedServerTests {
    @Test("what the server is and was told: text for anybody, objects for who asks for them", .timeLimit(.minutes(2)))
    func pages() async throws {
        try await TestServer.with { server in
            let status = try await server.call(.GET, "/statusz", headers: ["Accept": "text/plain"])
            #expect(status.code == 200 && status.headers["content-type"] == ["text/plain; charset=utf-8"])
            #expect(status.text.hasPrefix("\napiserver statusz\nWarning: This endpoint is not meant to be machine par"))
            #expect(status.text.contains("\nBinary version: 1.36.0\nEmulation version: 1.36\nPaths: /flagz /healthz "))
            let flags = try await server.call(.GET, "/flagz", headers: ["Accept": "*/*"])
            #expect(flags.text.contains("\nmax-requests-inflight:400\n") && flags.text.contains("\nevent-ttl:1h0m0s\n"))
            let object = try await server.call(
                .GET, "/flagz", headers: ["Accept": "application/json;as=Flagz;v=v1beta1;g=config.k8s.io"])
            #expect(object.headers["content-type"] == ["application/json;g=config.k8s.io;v=v1beta1;as=Flagz"])
            #expect(object.json["kind"] == "Flagz" && object.json["flags"]["authorization-mode"] == "[Node,RBAC]")
            let old = try await server.call(
                .GET, "/statusz", headers: ["Accept": "application/json;as=Statusz;v=v1alpha1;g=config.k8s.io"])
            #expect(old.json["apiVersion"] == "config.k8s.io/v1alpha1" && old.json["startTime"].string != nil)
            #expect(
                old.headers["warning"] == [
                    "299 - \"This version of the statusz endpoint is deprecated. Please use a newer version.\""
                ])
            for accept in ["application/json", "text/html", "application/json;as=Flagz;v=v1beta1;g=config.k8s.io"] {
                let refused = try await server.call(.GET, "/statusz", headers: ["Accept": accept])
                #expect(refused.code == 406)
                #expect(
                    refused.json["message"].string == "only the following media types are accepted: application/json, "
                        + "application/yaml, text/plain")
            }
        }
    }

    @Test("HEAD is no method of objects", .timeLimit(.minutes(2)))
    func head() async throws {
        try await TestServer.with { server in
            for path in [
                "/api/v1/namespaces/default/configmaps", "/api/v1/namespaces/default", "/apis/apps/v1/deployments",
            ] {
                let code = try await server.call(.HEAD, path).code
                #expect(code == 405)
            }
            let code = try await server.call(.HEAD, "/healthz").code
            #expect(code == 200)
        }
    }

    @Test("a limit range without a name gets one", .timeLimit(.minutes(2)))
    func nameless() async throws {
        try await TestServer.with { server in
            let ranges = "/api/v1/namespaces/default/limitranges"
            let made = try await server.create(ranges, ["spec": ["limits": []]])
            #expect(made["metadata"]["name"].string?.utf8.count == 36)
            // What the original's store doesn't tell from nothing.
            #expect(made["spec"] == ["limits": nil])
            #expect(try await server.call(.POST, "/api/v1/namespaces/default/configmaps", [:]).code == 422)
        }
    }

    @Test("finalizers of built-in kinds are the standard ones or somebody's", .timeLimit(.minutes(2)))
    func finalizers() async throws {
        try await TestServer.with { server in
            let maps = "/api/v1/namespaces/default/configmaps"
            let refused = try await server.call(.POST, maps, ["metadata": ["name": "a", "finalizers": ["zz"]]])
            #expect(refused.code == 422)
            #expect(refused.json["details"]["causes"][0]["field"] == "metadata.finalizers[0]")
            var made = try await server.create(maps, ["metadata": ["name": "a", "finalizers": ["a.b/c"]]])
            made["metadata"]["finalizers"] = ["zz"]
            #expect(try await server.call(.PUT, "\(maps)/a", made).code == 422)
            let leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases"
            try await server.create(leases, ["metadata": ["name": "a", "finalizers": ["zz"]]])
        }
    }

    @Test("a service's address has its object when the service's client is answered", .timeLimit(.minutes(2)))
    func addresses() async throws {
        try await TestServer.with { server in
            let services = "/api/v1/namespaces/default/services"
            let objects = "/apis/networking.k8s.io/v1/ipaddresses"
            for round in 0..<3 {
                var service = try await server.create(
                    services, ["metadata": ["name": "web"], "spec": ["ports": [["port": 80]]]])
                let address = try #require(service["spec"]["clusterIP"].string)
                let object = try await server.call(.GET, "\(objects)/\(address)")
                #expect(object.code == 200, "round \(round)")
                #expect(object.json["spec"]["parentRef"]["name"] == "web")
                if round == 1 {
                    service["spec"] = ["type": "ExternalName", "externalName": "example.com"]
                    #expect(try await server.call(.PUT, "\(services)/web", service).code == 200)
                    #expect(try await server.call(.GET, "\(objects)/\(address)").code == 404)
                }
                #expect(try await server.call(.DELETE, "\(services)/web").code == 200)
                #expect(try await server.call(.GET, "\(objects)/\(address)").code == 404)
            }
        }
    }

    @Test("a table of flow schemas stands in the order in which they are asked", .timeLimit(.minutes(2)))
    func flowSchemas() async throws {
        try await TestServer.with { server in
            let path = "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas"
            let table = try await server.call(
                .GET, path, headers: ["Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"])
            let precedences = (table.json["rows"].array ?? []).compactMap { $0["cells"][2].int }
            #expect(precedences.count > 5 && precedences == precedences.sorted())
            let list = try await server.call(.GET, path)
            let names = (list.json["items"].array ?? []).compactMap { $0["metadata"]["name"].string }
            #expect(names == names.sorted())
            // A change needs no version.
            var schema = try #require((list.json["items"].array ?? []).first { $0["metadata"]["name"] == "exempt" })
            schema["metadata"] = ["name": "exempt", "labels": ["a": "b"]]
            #expect(try await server.call(.PUT, "\(path)/exempt", schema).code == 200)
        }
    }

    @Test("bytes that are null are none", .timeLimit(.minutes(2)))
    func noBytes() async throws {
        try await TestServer.with { server in
            let secret = try await server.create(
                "/api/v1/namespaces/default/secrets", ["metadata": ["name": "a"], "data": ["a": nil]])
            #expect(secret["data"] == ["a": ""])
        }
    }
}
