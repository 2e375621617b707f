import JSON
import NIOCore
import NIOHTTP1
import Testing
import Wire

@testable import KubeAPIServer

@Suite("scale", .serialized)
struct ScaleTests {
    private static let path = "/apis/apps/v1/namespaces/default/deployments/web"

    private func apply(
        _ server: TestServer, _ path: String, _ object: JSON, manager: String, force: Bool = false
    ) async throws -> TestServer.Reply {
        try await server.call(
            .PATCH, "\(path)?fieldManager=\(manager)\(force ? "&force=true" : "")", object,
            headers: HTTPHeaders([("Content-Type", "application/apply-patch+yaml")]))
    }

    private func scale(_ replicas: Int) -> JSON {
        [
            "apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": ["name": "web"],
            "spec": ["replicas": JSON(replicas)],
        ]
    }

    private static let deployment: JSON = [
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "web"],
        "spec": [
            "replicas": 2, "selector": ["matchLabels": ["app": "web"]],
            "template": [
                "metadata": ["labels": ["app": "web"]], "spec": ["containers": [["name": "c", "image": "i"]]],
            ],
        ],
    ]

    /// Managers that own the number of replicas, as `name operation subresource version`.
    private func owners(_ server: TestServer) async throws -> [String] {
        let object = try await server.call(.GET, Self.path).json
        return (object["metadata"]["managedFields"].array ?? []).filter {
            !$0["fieldsV1"]["f:spec"]["f:replicas"].isNull
        }.map { entry in
            ["manager", "operation", "subresource", "apiVersion"].map { entry[$0].string ?? "" }
                .joined(separator: " ")
        }.sorted()
    }

    @Test("who applies a scale owns the workload's number, and takes it by force only")
    func ownership() async throws {
        try await TestServer.with { server in
            #expect(try await apply(server, Self.path, Self.deployment, manager: "first").code == 201)
            #expect(try await owners(server) == ["first Apply  apps/v1"])

            let refused = try await apply(server, Self.path + "/scale", scale(5), manager: "scaler")
            #expect(refused.code == 409 && refused.json["reason"].string == "Conflict", "\(refused.text)")
            #expect(
                refused.json["message"].string
                    == #"Apply failed with 1 conflict: conflict with "first": .spec.replicas"#)

            let forced = try await apply(server, Self.path + "/scale", scale(5), manager: "scaler", force: true)
            #expect(forced.code == 200 && forced.json["spec"]["replicas"].int == 5, "\(forced.text)")
            #expect(forced.json["metadata"]["managedFields"].isNull)
            #expect(try await owners(server) == ["scaler Apply scale apps/v1"])
            #expect(try await server.call(.GET, Self.path).json["spec"]["replicas"].int == 5)

            // A plain write through the scale takes the number too.
            let put = try await server.call(
                .PUT, Self.path + "/scale?fieldManager=person", try await server.call(.GET, Self.path + "/scale").json
            )
            #expect(put.code == 200)
            let patched = try await server.call(
                .PATCH, Self.path + "/scale?fieldManager=person", ["spec": ["replicas": 3]],
                headers: HTTPHeaders([("Content-Type", "application/merge-patch+json")]))
            #expect(patched.json["spec"]["replicas"].int == 3, "\(patched.text)")
            #expect(try await owners(server) == ["person Update scale apps/v1"])

            // The first owner meets the new one.
            let late = try await apply(server, Self.path, Self.deployment, manager: "first")
            #expect(late.code == 409, "\(late.text)")
            #expect(
                late.json["message"].string?.contains(#"conflict with "person" with subresource "scale""#) == true,
                "\(late.text)")
        }
    }

    @Test("a scale that isn't one is refused")
    func refusals() async throws {
        try await TestServer.with { server in
            #expect(try await apply(server, Self.path + "/scale", scale(1), manager: "m").code == 404)
            #expect(try await apply(server, Self.path, Self.deployment, manager: "first").code == 201)
            let kind = try await apply(server, Self.path + "/scale", Self.deployment, manager: "m")
            #expect(kind.code == 400, "\(kind.text)")
            let negative = try await apply(server, Self.path + "/scale", scale(-1), manager: "m", force: true)
            #expect(negative.code == 422, "\(negative.text)")
            let text = try await server.call(
                .PATCH, Self.path + "/scale", ["spec": ["replicas": "many"]],
                headers: HTTPHeaders([("Content-Type", "application/merge-patch+json")]))
            #expect(text.code == 422, "\(text.text)")
            #expect(try await server.call(.GET, Self.path).json["spec"]["replicas"].int == 2)
        }
    }
}
