import DockerCLI
import Fault
import JSON

/// Stopping clusters and taking them away.
package struct ClusterEnd: Sendable {
    let engine: ClusterEngine
    let home: HomeFolder

    /// Seconds that a node gets to end its pods.
    private static let patience = 20

    package init(_ engine: ClusterEngine, _ home: HomeFolder) {
        self.engine = engine
        self.home = home
    }

    /// The profile's nodes as containers, by name.
    package func nodes(_ profile: String) async throws -> [String] {
        try await engine.containers(of: profile).compactMap { container in
            container["Names"].strings.first.map { String($0.drop { $0 == "/" }) }
        }.sorted()
    }

    package func stop(_ node: String) async throws { try await engine.stop(node, seconds: Self.patience) }
    package func pause(_ node: String) async throws { try await engine.pause(node) }
    package func unpause(_ node: String) async throws { try await engine.unpause(node) }

    /// Takes one node away, with all that it holds.
    package func remove(node: String) async throws {
        try await engine.remove(node)
        try await engine.removeVolume(node)
    }

    /// Takes away what is left of the profile; idempotent.
    package func remove(profile: String) async throws {
        for node in try await nodes(profile) { try await remove(node: node) }
        for volume in try await engine.volumes(of: profile) { try await engine.removeVolume(volume) }
        if try await engine.network(profile)?["Labels"][NodeContainer.label].string == profile {
            try await engine.removeNetwork(profile)
        }
        try home.remove(profile)
    }

    /// Profiles that have containers, whether or not their settings are still there.
    package func profiles() async throws -> Set<String> {
        Set(
            try await engine.containers(of: nil).compactMap { $0["Labels"][NodeContainer.label].string })
    }
}
