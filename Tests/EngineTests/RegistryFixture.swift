import Foundation
import JSON
import Logging
import NIOCore
import OCI
import Registry
import TestKit

@testable import Engine

let canPull = geteuid() == 0 && FileManager.default.isExecutableFile(atPath: "/usr/bin/docker-registry")

/// An engine with folders of its own and Debian's registry on loopback.
struct RegistryFixture {
    let folder: String
    let engine: Engine
    /// `127.0.0.1:PORT`.
    let address: String

    static func with(_ body: (RegistryFixture) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "hako-pull-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let address = "127.0.0.1:\(try freePort())"
        let config = """
            version: 0.1
            log: {level: warn, accesslog: {disabled: true}}
            storage: {filesystem: {rootdirectory: "\(folder)/registry"}}
            http: {addr: "\(address)"}
            """
        try Data(config.utf8).write(to: URL(fileURLWithPath: folder + "/config.yml"))
        let service = try Service(["docker-registry", "serve", folder + "/config.yml"], logFile: folder + "/log")
        defer { service.stop() }
        try await until("registry answers") {
            try await Command.run(["curl", "-s", "-o", "/dev/null", "http://\(address)/v2/"]).status == 0
        }
        let engine = try engine(in: folder, mirror: "http://\(address)")
        do {
            try await body(RegistryFixture(folder: folder, engine: engine, address: address))
            try await engine.registry.shutdown()
        } catch {
            try await engine.registry.shutdown()
            throw error
        }
    }

    static func engine(in folder: String, mirror: String) throws -> Engine {
        var options = EngineOptions()
        options.dataRoot = folder + "/data"
        options.execRoot = folder + "/run"
        options.registry.mirrors = [mirror]
        options.registry.retry.baseMilliseconds = 1
        options.registry.proxies = ProxyRules()
        return try Engine(options: options, log: Logger(label: "test"))
    }

    /// A gzip layer with one file, and the digest of its tar.
    func layer(_ name: String, _ text: String) async throws -> (bytes: [UInt8], diffID: Digest) {
        let source = "\(folder)/\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: source, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(source)/\(name)"))
        let made = try await Command.run(["sh", "-c", "tar -C \(source) -cf \(source).tar . && gzip -nk \(source).tar"])
        guard made.status == 0 else { throw Timeout(description: "\(made)") }
        func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }
        return (try bytes(source + ".tar.gz"), Digest(of: try bytes(source + ".tar")))
    }

    /// Puts an image into the registry; gives its manifest's digest. `spoil` bends what is stored under a layer's name.
    @discardableResult
    func publish(
        _ name: String, _ layers: [(bytes: [UInt8], diffID: Digest)], wrongDiffIDs: Bool = false,
        platform: Platform = .host
    ) async throws -> Digest {
        let reference = try Reference(parsing: "\(address)/\(name)")
        let client = engine.registry
        func put(_ bytes: [UInt8], _ type: String) async throws -> Descriptor {
            let descriptor = Descriptor(mediaType: type, digest: Digest(of: bytes), size: Int64(bytes.count))
            _ = try await client.push(
                descriptor, to: reference, siblings: [], nil, source: { RegistryClient.source(bytes, from: $0) },
                progress: { _ in })
            return descriptor
        }
        var blobs: [Descriptor] = []
        for layer in layers { blobs.append(try await put(layer.bytes, MediaType.dockerLayerGzip)) }
        var config = platform.json
        let diffIDs = layers.map { wrongDiffIDs ? Digest(of: [1]) : $0.diffID }
        config["rootfs"] = ["type": "layers", "diff_ids": JSON(diffIDs.map { "\($0)" })]
        config["config"] = ["Cmd": ["true"]]
        let manifest = ImageManifest(
            mediaType: MediaType.dockerManifest, config: try await put(config.bytes(), MediaType.dockerConfig),
            layers: blobs)
        return try await client.putManifest(manifest.json.bytes(), mediaType: manifest.mediaType, as: reference, nil)
    }
}
