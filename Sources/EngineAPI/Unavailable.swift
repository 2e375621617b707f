import Fault
import JSON

/// Endpoints that this daemon has no part for, each with the answer that clients understand.
enum Unavailable {
    @Sendable static func noPlugins(_ call: Call) async throws { try await call.answer([]) }

    @Sendable static func plugins(_: Call) async throws {
        throw Fault(.notImplemented, "plugins are not available: hako brings its own network and volume drivers")
    }

    @Sendable static func onePlugin(_ call: Call) async throws {
        throw Fault(.notFound, "plugin \"\(call.subject)\" not found")
    }

    @Sendable static func swarm(_: Call) async throws {
        throw Fault(
            .unavailable,
            "This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this node to swarm and try again."
        )
    }

    @Sendable static func swarmMode(_: Call) async throws {
        throw Fault(.notImplemented, "swarm mode is not available: hako's clusters are Kubernetes")
    }

    @Sendable static func swarmLeave(_: Call) async throws {
        throw Fault(.unavailable, "This node is not part of a swarm")
    }
}
