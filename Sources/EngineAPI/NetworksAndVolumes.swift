import DockerModel
import Fault
import JSON
import NIOHTTP1

/// `/networks/…` (Engine API, "Network").
enum Networks {
    @Sendable static func list(_ call: Call) async throws {
        try await call.answer(.array(try await call.backend.listNetworks(try call.filters())))
    }

    @Sendable static func inspect(_ call: Call) async throws {
        try await call.answer(try await call.backend.inspectNetwork(call.subject, verbose: call.flag("verbose")))
    }

    @Sendable static func create(_ call: Call) async throws {
        try await call.answer(
            .created,
            try await call.backend.createNetwork(
                call.version.networkCreation(try await call.required())))
    }

    @Sendable static func remove(_ call: Call) async throws {
        try await call.backend.removeNetwork(call.subject)
        try await call.answer(.noContent)
    }

    @Sendable static func connect(_ call: Call) async throws {
        try await call.backend.connectNetwork(call.subject, body: try await call.required())
        try await call.answer(.ok)
    }

    @Sendable static func disconnect(_ call: Call) async throws {
        try await call.backend.disconnectNetwork(call.subject, body: try await call.required())
        try await call.answer(.ok)
    }

    @Sendable static func prune(_ call: Call) async throws {
        try await call.answer(try await call.backend.pruneNetworks(try call.filters()))
    }
}

/// `/volumes/…` (Engine API, "Volume").
enum Volumes {
    @Sendable static func list(_ call: Call) async throws {
        try await call.answer(try await call.backend.listVolumes(try call.filters()))
    }

    @Sendable static func inspect(_ call: Call) async throws {
        try await call.answer(try await call.backend.inspectVolume(call.subject))
    }

    @Sendable static func create(_ call: Call) async throws {
        let body = try await call.object()
        try await call.answer(.created, try await call.backend.createVolume(body.isNull ? [:] : body))
    }

    @Sendable static func remove(_ call: Call) async throws {
        try await call.backend.removeVolume(call.subject, force: call.flag("force"))
        try await call.answer(.noContent)
    }

    @Sendable static func prune(_ call: Call) async throws {
        try await call.answer(try await call.backend.pruneVolumes(try call.filters()))
    }
}

extension Call {
    /// A body that must be there.
    func required() async throws -> JSON {
        let body = try await object()
        guard !body.isNull else { throw Fault(.invalid, "invalid JSON: got EOF while reading request body") }
        return body
    }
}
