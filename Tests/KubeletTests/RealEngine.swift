import DockerModel
import Engine
import Foundation
import JSON
import KubeAPIServer
import Logging
import NIOConcurrencyHelpers
import NIOCore
import Registry
import TestKit
import Testing

@testable import Kubelet

/// An engine of the test's own that runs containers: only where it can spoil nobody's network.
enum RealEngine {
    static let canRun = geteuid() == 0 && links == ["lo"]

    /// Names of the network's links, from proc(5) `net/dev`.
    private static var links: [String] {
        let text = (try? String(contentsOfFile: "/proc/net/dev", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { line in
            line.contains(":") ? line.prefix { $0 != ":" }.trimmingCharacters(in: .whitespaces) : nil
        }
    }

    /// With the image `probe:1`, whose program is the tests' own workload.
    static func with<T>(in folder: String, _ body: (Engine) async throws -> T) async throws -> T {
        var options = EngineOptions()
        options.dataRoot = folder + "/data"
        options.execRoot = folder + "/run"
        options.bip = "10.244.0.1/24"
        let engine = try Engine(options: options, log: Logger(label: "engine"))
        try await engine.start()
        try await addProbe(engine, folder)
        do {
            let result = try await body(engine)
            await engine.shutdown()
            try await engine.registry.shutdown()
            return result
        } catch {
            for container in try await engine.listContainers(all: true, limit: nil, size: false, filters: .init()) {
                let id = container["Id"].string ?? ""
                try? await engine.removeContainer(id, force: true, volumes: true, link: false)
            }
            await engine.shutdown()
            try await engine.registry.shutdown()
            throw error
        }
    }

    private static func addProbe(_ engine: Engine, _ folder: String) async throws {
        if (try? await engine.inspectImage("probe:1", platform: nil)) != nil { return }
        let built = (try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") as NSString)
            .deletingLastPathComponent
        let tar = folder + "/probe.tar"
        let made = try await Command.run(["tar", "-C", built, "-cf", tar, "probe"])
        #expect(made.status == 0, "\(made)")
        let content = NIOLockedValueBox<ByteBuffer?>(ByteBuffer(bytes: try Data(contentsOf: URL(fileURLWithPath: tar))))
        _ = try await engine.importImage(
            reference: "probe:1", message: "", changes: ["ENTRYPOINT [\"/probe\"]"], platform: nil,
            tar: .init(next: {
                content.withLockedValue { left in
                    defer { left = nil }
                    return left
                }
            }))
    }
}

/// A client's streams that keep what came.
final class KeptStreams: CommandStreams {
    private struct State {
        var input: [ByteBuffer] = []
        var output = "", error = ""
    }
    private let state: NIOLockedValueBox<State>

    init(input: [String] = []) { state = .init(State(input: input.map { ByteBuffer(string: $0) })) }

    var output: String { state.withLockedValue { $0.output } }
    var error: String { state.withLockedValue { $0.error } }

    func readInput() async throws -> ByteBuffer? {
        state.withLockedValue { $0.input.isEmpty ? nil : $0.input.removeFirst() }
    }
    func writeOutput(_ bytes: ByteBuffer) async throws {
        state.withLockedValue { $0.output += String(buffer: bytes) }
    }
    func writeError(_ bytes: ByteBuffer) async throws { state.withLockedValue { $0.error += String(buffer: bytes) } }
    func nextSize() async -> TerminalSize? { nil }
}
