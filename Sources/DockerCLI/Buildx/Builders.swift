import BuildClient
import CommandLine
import Fault
import JSON
import Wire

/// The one builder there is, as its listings show it.
struct BuilderNode: Sendable {
    var name: String
    var version = ""
    var platforms: [String] = []
    var labels: [String: String] = [:]
    var policies: [Worker.Policy] = []
    /// Why it isn't reached; nil: it is.
    var failure: String?

    var status: String { failure == nil ? "running" : "error" }
    var shownPlatforms: String { platforms.joined(separator: ", ") }

    var json: JSON {
        [
            "Name": .string(name), "Driver": "docker", "Current": true,
            "Nodes": [
                [
                    "Name": .string(name), "Endpoint": .string(name), "Status": .string(status),
                    "Version": .string(version), "Platforms": JSON(platforms),
                ]
            ],
        ]
    }
}

enum Builders {
    static func node(_ session: Session) async -> BuilderNode {
        var node = BuilderNode(name: session.contextName)
        do {
            let daemon = try await session.client.buildDaemon()
            defer { daemon.close() }
            let workers = try await daemon.workers()
            node.version = workers.first?.version ?? ""
            node.platforms = workers.flatMap(\.platforms)
            node.labels = workers.first?.labels ?? [:]
            node.policies = workers.first?.policies ?? []
        } catch { node.failure = sentence(error) }
        return node
    }

    /// On a connection of its own. Failures of the daemon's are told in its words alone.
    static func with<T: Sendable>(
        _ session: Session, _ body: @Sendable (BuildDaemon) async throws -> T
    ) async throws -> T {
        let daemon = try await session.client.buildDaemon()
        defer { daemon.close() }
        do { return try await body(daemon) } catch let status as GRPCStatus {
            throw Failure("ERROR: \(status.message)")
        }
    }

    static func check(_ name: String, _ session: Session) throws {
        guard ["", "default", session.contextName].contains(name) else {
            throw Failure("ERROR: no builder \(GoText.quote(name)) found")
        }
    }
}
