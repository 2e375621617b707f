import Fault
import Foundation
import JSON
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import OCI
import TestKit
import Testing

@testable import Registry

/// A folder of its own for the body, removed afterwards.
func withFolder<T>(_ body: (String) async throws -> T) async throws -> T {
    let folder = NSTemporaryDirectory() + "hako-registry-test-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try await body(folder)
}

let hasDebianRegistry = FileManager.default.isExecutableFile(atPath: "/usr/bin/docker-registry")

/// Debian's docker-registry on a free port of loopback, or another address of this machine, for the body.
func withRegistry<T>(
    on host: String = "127.0.0.1", extra: String = "", httpExtra: String = "", in folder: String,
    _ body: (String) async throws -> T
) async throws -> T {
    let address = "\(host):\(try freePort())"
    let config = """
        version: 0.1
        log: {level: warn, accesslog: {disabled: true}}
        storage: {filesystem: {rootdirectory: "\(folder)/data"}}
        http:
          addr: "\(address)"
        \(httpExtra)
        \(extra)
        """
    try Data(config.utf8).write(to: URL(fileURLWithPath: folder + "/config.yml"))
    let service = try Service(["docker-registry", "serve", folder + "/config.yml"], logFile: folder + "/log")
    defer { service.stop() }
    // A busy machine takes its time.
    try await until("registry answers", seconds: 60) {
        guard service.isRunning else { throw Timeout(description: "the registry ended:\n\(service.log)") }
        for scheme in ["http", "https"] {
            if try await Command.run(["curl", "-sk", "-o", "/dev/null", "\(scheme)://\(address)/v2/"]).status == 0 {
                return true
            }
        }
        return false
    }
    return try await body(address)
}

@Suite(.enabled(if: hasDebianRegistry, "needs Debian's docker-registry")) struct DebianRegistryTests {
    private let layer = content(500_000, seed: 5)
    private let config = Array(#"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}"#.utf8)

    private func descriptor(_ bytes: [UInt8], _ type: String = MediaType.ociLayerGzip) -> Descriptor {
        Descriptor(mediaType: type, digest: Digest(of: bytes), size: Int64(bytes.count))
    }

    private func source(_ bytes: [UInt8]) -> RegistryClient.BlobSource {
        { offset in
            let at = NIOLockedValueBox(Int(offset))
            return {
                at.withLockedValue { at in
                    guard at < bytes.count else { return nil }
                    let end = min(at + 60_000, bytes.count)
                    defer { at = end }
                    return ByteBuffer(bytes: bytes[at..<end])
                }
            }
        }
    }

    private func push(_ client: RegistryClient, _ reference: Reference, _ credentials: Credentials? = nil) async throws
        -> (Digest, [RegistryClient.Arrival])
    {
        var arrivals: [RegistryClient.Arrival] = []
        for bytes in [layer, config] {
            arrivals.append(
                try await client.push(
                    descriptor(bytes), to: reference, siblings: ["base/image"], credentials, source: source(bytes)
                ) { _ in })
        }
        let manifest = ImageManifest(
            mediaType: MediaType.ociManifest, config: descriptor(config, MediaType.ociConfig),
            layers: [descriptor(layer)])
        return (
            try await client.putManifest(
                manifest.json.bytes(), mediaType: manifest.mediaType, as: reference, credentials), arrivals
        )
    }

    private func checkPull(
        _ client: RegistryClient, _ reference: Reference, _ digest: Digest, _ credentials: Credentials? = nil
    ) async throws {
        let manifest = try await client.manifest(reference, credentials)
        #expect(manifest.digest == digest && manifest.mediaType == MediaType.ociManifest)
        #expect(try await client.head(reference, credentials) == digest)
        let got = try await collect(try await client.blob(descriptor(layer), of: reference, from: 0, credentials))
        #expect(got == layer)
        let rest = try await collect(
            try await client.blob(descriptor(layer), of: reference, from: 123_456, credentials))
        #expect(rest == Array(layer[123_456...]))
        #expect(try await client.content(descriptor(config), of: reference, limit: 1 << 20, credentials) == config)
    }

    @Test("what is pushed comes back, over plain HTTP on loopback")
    func pushAndPull() async throws {
        try await withFolder { folder in
            try await withRegistry(in: folder) { address in
                try await withClient { client in
                    let reference = try Reference(parsing: "\(address)/base/image:1")
                    let (digest, arrivals) = try await push(client, reference)
                    #expect(arrivals == [.uploaded, .uploaded])
                    try await checkPull(client, reference, digest)
                    #expect(try await push(client, reference).1 == [.alreadyThere, .alreadyThere])
                    let other = try Reference(parsing: "\(address)/other:2")
                    #expect(
                        try await push(client, other).1 == [.mounted(from: "base/image"), .mounted(from: "base/image")])
                    #expect(try await client.tags(other, nil) == ["2"])
                }
            }
        }
    }

    @Test("a tag that isn't there is told in Docker's words")
    func unknownTag() async throws {
        try await withFolder { folder in
            try await withRegistry(in: folder) { address in
                let error = await #expect(throws: Fault.self) {
                    try await withClient {
                        try await $0.manifest(Reference(parsing: "\(address)/base/image:nope"), nil)
                    }
                }
                #expect(
                    error?.message
                        == "manifest for \(address)/base/image:nope not found: manifest unknown: manifest unknown")
            }
        }
    }

    @Test("basic authentication: the right password works, none and a wrong one are refused")
    func basicAuthentication() async throws {
        try await withFolder { folder in
            let made = try await Command.run(["htpasswd", "-Bbc", folder + "/users", "ann", "secret"])
            try #require(made.status == 0)
            let auth = "auth: {htpasswd: {realm: tests, path: \"\(folder)/users\"}}"
            try await withRegistry(extra: auth, in: folder) { address in
                let reference = try Reference(parsing: "\(address)/base/image:1")
                let ann = Credentials(username: "ann", password: "secret")
                try await withClient { client in
                    let (digest, _) = try await push(client, reference, ann)
                    try await checkPull(client, reference, digest, ann)
                    #expect(try await client.login(address, ann) == nil)
                    let wrong = await #expect(throws: Fault.self) {
                        try await client.manifest(reference, Credentials(username: "ann", password: "wrong"))
                    }
                    #expect(wrong?.message == "unauthorized: authentication required")
                    let none = await #expect(throws: Fault.self) { try await client.manifest(reference, nil) }
                    #expect(none?.message.hasPrefix("Get \"http://\(address)/v2/\": no basic auth credentials") == true)
                    let error = await #expect(throws: Fault.self) {
                        _ = try await client.login(address, Credentials(username: "ann", password: "wrong"))
                    }
                    #expect(error?.kind == .unauthorized)
                    #expect(
                        error?.message == "login attempt to http://\(address)/v2/ failed with status: 401 Unauthorized")
                }
            }
        }
    }

    @Test("TLS: an authority in certs.d is trusted, and only there")
    func customAuthority() async throws {
        try await withFolder { folder in
            let made = try await Command.run([
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-days", "2",
                "-subj", "/CN=tests", "-addext", "subjectAltName=DNS:registry.test,IP:127.0.0.1", "-keyout",
                folder + "/tls.key",
                "-out", folder + "/tls.crt",
            ])
            try #require(made.status == 0, "\(made)")
            let tls = "  tls: {certificate: \"\(folder)/tls.crt\", key: \"\(folder)/tls.key\"}"
            try await withRegistry(httpExtra: tls, in: folder) { address in
                let reference = try Reference(parsing: "\(address)/base/image:1")
                try await withClient { client in  // loopback: unverified
                    let (digest, _) = try await push(client, reference)
                    try await checkPull(client, reference, digest)
                }
                let endpoint = RegistryEndpoint(
                    base: try #require(WebAddress("https://\(address)/")), certificateName: address, registry: address)
                let transport = Transport(proxies: ProxyRules())
                let request = Request(address: endpoint.address(""))
                let error = await #expect(throws: Unreachable.self) {
                    try await transport.send(
                        request, tls: tlsConfiguration(for: endpoint, roots: [folder + "/certs.d"]))
                }
                #expect(
                    error?.reason.contains("x509: certificate signed by unknown authority") == true,
                    "\(String(describing: error))")
                let trusted = folder + "/certs.d/\(address)"
                try FileManager.default.createDirectory(atPath: trusted, withIntermediateDirectories: true)
                try FileManager.default.copyItem(atPath: folder + "/tls.crt", toPath: trusted + "/ca.crt")
                let answer = try await transport.send(
                    request, tls: tlsConfiguration(for: endpoint, roots: [folder + "/certs.d"]))
                #expect(answer.status == .ok)
                await answer.discard()
                try await transport.shutdown()
            }
        }
    }

    @Test("TLS: a registry that wants a client certificate gets the one in certs.d")
    func clientCertificate() async throws {
        try await withFolder { folder in
            let made = try await Command.run([
                "bash", "-ec",
                """
                cd \(folder)
                new() { openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$1" -keyout "$1.key" "${@:2}"; }
                new ca -x509 -days 2 -out ca.crt
                for name in server client; do
                    new $name -out $name.csr
                    openssl x509 -req -in $name.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -out $name.crt \\
                        -extfile <(echo subjectAltName=IP:127.0.0.1)
                done
                """,
            ])
            try #require(made.status == 0, "\(made)")
            let tls = """
                  tls:
                    certificate: "\(folder)/server.crt"
                    key: "\(folder)/server.key"
                    clientcas: ["\(folder)/ca.crt"]
                """
            try await withRegistry(httpExtra: tls, in: folder) { address in
                let endpoint = RegistryEndpoint(
                    base: try #require(WebAddress("https://\(address)/")), certificateName: address, registry: address)
                let transport = Transport(proxies: ProxyRules())
                let request = Request(address: endpoint.address(""))
                let (ours, dockers) = (folder + "/ours/\(address)", folder + "/dockers/\(address)")
                for place in [ours, dockers] {
                    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
                }
                try FileManager.default.copyItem(atPath: folder + "/ca.crt", toPath: ours + "/ca.crt")
                let roots = [folder + "/ours", folder + "/dockers"]
                await #expect(throws: Unreachable.self) {
                    let answer = try await transport.send(request, tls: tlsConfiguration(for: endpoint, roots: roots))
                    _ = try await answer.bytes(limit: 1 << 16)
                }
                try FileManager.default.copyItem(atPath: folder + "/client.crt", toPath: dockers + "/me.cert")
                #expect {
                    _ = try tlsConfiguration(for: endpoint, roots: roots)
                } throws: {
                    "\($0)".contains("missing key me.key for client certificate me.cert")
                }
                try FileManager.default.copyItem(atPath: folder + "/client.key", toPath: dockers + "/me.key")
                let answer = try await transport.send(request, tls: tlsConfiguration(for: endpoint, roots: roots))
                #expect(answer.status == .ok)
                await answer.discard()
                try await transport.shutdown()
            }
        }
    }
}
