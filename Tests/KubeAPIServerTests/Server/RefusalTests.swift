import JSON
import KubeModel
import NIOCore
import NIOHTTP1
import Testing
import Wire

@testable import KubeAPIServer

/// Answers to requests that ask for what there isn't, in the original's words.
@Suite("refusals")
struct RefusalTests {
    private static let maps = "/api/v1/namespaces/default/configmaps"

    @Test("forms that there are none of", .timeLimit(.minutes(2)))
    func forms() async throws {
        try await TestServer.with { server in
            func message(_ path: String, _ accept: String) async throws -> String {
                let reply = try await server.call(.GET, path, headers: ["Accept": accept])
                #expect(reply.code == 406, "\(path) \(accept)")
                return reply.json["message"].string ?? ""
            }
            let whole = "application/json, application/yaml, application/vnd.kubernetes.protobuf"
            let streams = "application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch"
            #expect(
                try await message(Self.maps, "text/html")
                    == "406: Not Acceptable\n\nAvailable representations: \(whole), \(streams)")
            #expect(
                try await message("\(Self.maps)/x", "application/*")
                    == "406: Not Acceptable\n\nAvailable representations: \(whole)")
            let only = "only the following media types are accepted: "
            #expect(
                try await message(Self.maps, "application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io")
                    == only + whole)
            let watched = try await server.call(
                .GET, "\(Self.maps)?watch=1&timeoutSeconds=1", headers: ["Accept": "application/yaml"])
            #expect(
                watched.text.contains("message: 'only the following media types are accepted: application/json;str"))
            let named = try await server.call(.GET, Self.maps, headers: ["Audit-Id": "mine"])
            #expect(named.headers["audit-id"] == ["mine"])
            #expect(try await server.call(.GET, "/nowhere").headers["audit-id"].first?.utf8.count == 36)
            let table = try await server.call(
                .GET, "\(Self.maps)?includeObject=X",
                headers: ["Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"])
            #expect(table.code == 400)
            #expect(
                table.json["message"]
                    == "Unable to convert to Table as requested: includeObject: Invalid value: \"X\": must be 'Metadata', 'Object', 'None', or empty"
            )
        }
    }

    @Test("patches and deletions", .timeLimit(.minutes(2)))
    func writes() async throws {
        try await TestServer.with { server in
            let merge: HTTPHeaders = ["Content-Type": "application/json-patch+json"]
            let absent = try await server.call(.PATCH, "\(Self.maps)/absent", [:], headers: merge)
            #expect(absent.code == 404)
            try await server.create(Self.maps, ["metadata": ["name": "here"]])
            let wrong = try await server.call(
                .PATCH, "\(Self.maps)/here", [:], headers: ["Content-Type": "text/plain"])
            #expect(wrong.code == 415 && wrong.json["message"] == "415: Unsupported Media Type")
            let options = try await server.call(
                .DELETE, "\(Self.maps)/here?dryRun=All", ["kind": "Foo", "apiVersion": "v1"])
            #expect(
                options.json["message"].string?.hasPrefix("no kind \"Foo\" is registered for version \"v1\"") == true)
            // With a body the query says nothing, not even that all is but a trial.
            let deleted = try await server.call(
                .DELETE, "\(Self.maps)/here?dryRun=All", ["kind": "DeleteOptions", "apiVersion": "v1"])
            #expect(deleted.code == 200)
            #expect(try await server.call(.GET, "\(Self.maps)/here").code == 404)
        }
    }

    @Test("a deletion's options in protobuf count, whichever group's they are said to be", .timeLimit(.minutes(2)))
    func optionsOfAnyGroup() async throws {
        try await TestServer.with { server in
            let type = try #require(Schema.builtIn.type(GroupVersion("", "v1"), kind: "DeleteOptions"))
            let message = KubeProtobuf.message(["propagationPolicy": "Orphan"], as: type)
            for group in ["v1", "meta.k8s.io/v1", "apps/v1"] {
                try await server.create(Self.maps, ["metadata": ["name": "owner"]])
                let body = KubeProtobuf.envelope(apiVersion: group, kind: "DeleteOptions", message)
                let answer = try await server.client.send(
                    .DELETE, "\(Self.maps)/owner", headers: ["Content-Type": KubeProtobuf.mediaType],
                    body: .bytes(ByteBuffer(bytes: body)))
                #expect(answer.status == .ok)
                _ = try await answer.body()
                let left = try await server.call(.GET, "\(Self.maps)/owner").json
                #expect(left["metadata"]["finalizers"] == ["orphan"], "\(group)")
                try await server.call(
                    .PATCH, "\(Self.maps)/owner", ["metadata": ["finalizers": .null]],
                    headers: ["Content-Type": "application/merge-patch+json"])
            }
        }
    }

    @Test("a watch from a version that is still to come waits for what comes after it", .timeLimit(.minutes(2)))
    func future() async throws {
        try await TestServer.with { server in
            let now = try await server.create(Self.maps, ["metadata": ["name": "a"]])
            let version = try #require(now["metadata"]["resourceVersion"].string.flatMap { Int64($0) })
            async let watched = server.call(
                .GET, "\(Self.maps)?watch=1&timeoutSeconds=2&resourceVersion=\(version + 1)")
            try await Task.sleep(for: .milliseconds(500))
            let next = try await server.create(Self.maps, ["metadata": ["name": "b"]])
            try await server.create(Self.maps, ["metadata": ["name": "c"]])
            let reply = try await watched
            #expect(reply.code == 200)
            // A server that has just begun writes things of its own, which may have taken the version in between.
            let isLater = next["metadata"]["resourceVersion"].string.flatMap { Int64($0) }.map { $0 > version + 1 }
            #expect(reply.text.contains("\"name\":\"b\"") == isLater)
            #expect(reply.text.contains("\"name\":\"c\""))
        }
    }

    @Test("a service's addresses are judged before any is given", .timeLimit(.minutes(2)))
    func addresses() async throws {
        try await TestServer.with { server in
            let path = "/api/v1/namespaces/default/services"
            var service = try await server.create(
                path, ["metadata": ["name": "web"], "spec": ["ports": [["port": 80]]]])
            let first = service["spec"]["clusterIP"].string ?? ""
            func message(_ change: (inout JSON) -> Void) async throws -> String {
                var changed = service
                change(&changed)
                let reply = try await server.call(.PUT, "\(path)/web", changed)
                return reply.code == 422 ? reply.json["message"].string ?? "" : "\(reply.code)"
            }
            #expect(
                try await message { $0["spec"]["clusterIPs"] = [.string(first), .string(first)] }
                    == "Service \"web\" is invalid: spec.clusterIPs: Invalid value: [\"\(first)\",\"\(first)\"]: may specify no more than one IP for each IP family"
            )
            #expect(
                try await message {
                    $0["spec"]["clusterIP"] = "1.2.3.4"
                    $0["spec"]["clusterIPs"] = ["1.2.3.4"]
                }.contains("spec.clusterIPs[0]: Invalid value: [\"1.2.3.4\"]: may not change once set"))
            // What an update leaves out stays, and what it adds is given.
            service["spec"].remove("clusterIP")
            service["spec"].remove("clusterIPs")
            service["spec"]["type"] = "NodePort"
            let reply = try await server.call(.PUT, "\(path)/web", service)
            #expect(reply.json["spec"]["clusterIP"].string == first)
            #expect(reply.json["spec"]["ports"][0]["nodePort"].int ?? 0 >= 30_000)
        }
    }

    @Test("a list by one name reads that object alone", .timeLimit(.minutes(2)))
    func oneName() async throws {
        try await TestServer.with { server in
            for name in ["one", "one-more"] {
                try await server.create(Self.maps, ["metadata": ["name": .string(name)]])
            }
            func names(_ query: String) async throws -> [String] {
                let list = try await server.call(.GET, Self.maps + query).json
                return (list["items"].array ?? []).compactMap { $0["metadata"]["name"].string }
            }
            #expect(try await names("?fieldSelector=metadata.name%3Done") == ["one"])
            #expect(try await names("?fieldSelector=metadata.name%3Don") == [])
            #expect(try await names("?fieldSelector=metadata.name%3Done,metadata.name!%3Done") == [])
            #expect(try await names("?fieldSelector=metadata.name%3Done&labelSelector=a") == [])
        }
    }
}
