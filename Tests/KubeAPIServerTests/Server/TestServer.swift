import Foundation
import JSON
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix
import Testing
import Wire

@testable import KubeAPIServer

/// A whole server in this process: a store on disk, a TLS socket on loopback, and a client with the administrator's
/// certificate.
struct TestServer: Sendable {
    struct Reply: Sendable {
        let code: Int
        let headers: HTTPHeaders
        let text: String
        /// Null for what is no JSON.
        var json: JSON { (try? JSON(parsing: text)) ?? .null }
    }

    let running: RunningAPIServer
    let folder: String
    let endpoint: Endpoint
    let client: HTTPClient

    static func with<T>(
        _ configure: (inout APIServerConfiguration) -> Void = { _ in }, _ body: (TestServer) async throws -> T
    ) async throws -> T {
        let folder = NSTemporaryDirectory() + "hako-apiserver-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var configuration = APIServerConfiguration()
        configuration.dataFolder = folder
        configuration.bindAddress = "127.0.0.1"
        configuration.port = 0
        configuration.admissionOff = ["ServiceAccount"]
        configure(&configuration)
        let running = try await RunningAPIServer.start(
            configuration, group: MultiThreadedEventLoopGroup.singleton, log: Logger(label: "test"))
        let port = Int(running.address.split(separator: ":").last ?? "") ?? 0
        let endpoint = Endpoint.tcp(host: "127.0.0.1", port: port)
        let server = TestServer(
            running: running, folder: folder, endpoint: endpoint,
            client: HTTPClient(endpoint, tls: Self.files(folder, "admin"), group: MultiThreadedEventLoopGroup.singleton)
        )
        do {
            let result = try await body(server)
            await server.client.shutdown()
            await running.stop()
            return result
        } catch {
            await running.stop()
            throw error
        }
    }

    /// A client with one of the certificates under `pki/`; "" for none.
    static func files(_ folder: String, _ name: String) -> TLSFiles {
        TLSFiles(
            authority: folder + "/pki/ca.crt", certificate: name.isEmpty ? nil : "\(folder)/pki/\(name).crt",
            key: name.isEmpty ? nil : "\(folder)/pki/\(name).key", verify: true)
    }

    @discardableResult
    func call(
        _ method: HTTPMethod, _ path: String, _ body: JSON? = nil, headers: HTTPHeaders = HTTPHeaders(),
        as other: HTTPClient? = nil
    ) async throws -> Reply {
        var headers = headers
        if body != nil, !headers.contains(name: "content-type") {
            headers.add(name: "Content-Type", value: "application/json")
        }
        let answer = try await (other ?? client).send(
            method, path, headers: headers,
            body: body.map { HTTPBodyToSend.bytes(ByteBuffer(bytes: $0.bytes())) } ?? .none)
        return Reply(
            code: Int(answer.status.code), headers: answer.headers, text: String(buffer: try await answer.body()))
    }

    /// Creates an object; a failed test when that is refused.
    @discardableResult
    func create(_ path: String, _ object: JSON, at place: SourceLocation = #_sourceLocation) async throws -> JSON {
        let reply = try await call(.POST, path, object)
        #expect(reply.code == 201, "\(reply.text)", sourceLocation: place)
        return reply.json
    }

    /// A running pod with that address.
    func pod(_ name: String, address: String, port: Int) async throws {
        try await create(
            "/api/v1/namespaces/default/pods",
            [
                "metadata": ["name": .string(name)],
                "spec": [
                    "nodeName": "n1",
                    "containers": [["name": "main", "image": "x", "ports": [["containerPort": JSON(port)]]]],
                ],
            ])
        let status: JSON = [
            "status": ["phase": "Running", "podIP": .string(address), "podIPs": [["ip": .string(address)]]]
        ]
        let reply = try await call(
            .PATCH, "/api/v1/namespaces/default/pods/\(name)/status", status,
            headers: HTTPHeaders([("Content-Type", "application/merge-patch+json")]))
        #expect(reply.code == 200, "\(reply.text)")
    }
}
