import DockerModel
import Dockerfile
import Fault
import ImageStore
import JSON
import Linux
import NIOCore
import OCI

/// What a front door brings to a build besides the request.
package struct BuildInputs: Sendable {
    /// The text of the Dockerfile.
    package var dockerfile: String
    /// A folder of the build's own, for downloads and scripts.
    package var work: String
    /// The context, when somebody first takes from it.
    package var context: @Sendable () async throws -> SourceTree
    /// All of it, where the other has only what the Dockerfile itself names: for what base images bring to do.
    package var wholeContext: (@Sendable () async throws -> SourceTree)?
    /// By name in lower case: these go before stages and images.
    package var named: [String: NamedContext] = [:]
    /// Who can be asked for secrets, keys and credentials; nil: nobody.
    package var session: (any BuildSession)?

    /// Steps that were made elsewhere; nil: none.
    package var cache: (any StepCache)?

    package init(dockerfile: String, work: String, context: @escaping @Sendable () async throws -> SourceTree) {
        self.dockerfile = dockerfile
        self.work = work
        self.context = context
    }

    func context(for step: BuildStep) async throws -> SourceTree {
        if step.isTrigger, let wholeContext { return try await wholeContext() }
        return try await context()
    }

    package func named(_ name: String) -> NamedContext? {
        if named.isEmpty { return nil }
        let name = name.lowercased()
        return named[name] ?? (name.hasSuffix(":latest") ? named[String(name.dropLast(":latest".count))] : nil)
    }
}

/// What stands for a name that a Dockerfile takes from.
package enum NamedContext: Sendable {
    case image(String)
    /// What another build has made.
    case built(@Sendable () async throws -> BuiltImage)
    case tree(@Sendable () async throws -> SourceTree)
}

/// A step and what it made.
package struct MadeStep: Sendable, Equatable {
    /// Of all that decides the outcome: the same on every machine.
    package var key: Digest
    /// The layer's diff ID.
    package var layer: Digest
    /// Nanoseconds since the epoch.
    package var created: Int64
    /// The instruction, for people.
    package var description: String

    package init(key: Digest, layer: Digest, created: Int64, description: String) {
        self.key = key
        self.layer = layer
        self.created = created
        self.description = description
    }
}

/// Outcomes of steps that aren't in the store, but can be had.
package protocol StepCache: Sendable {
    /// With its layer in the store, held by the lease; nil: it doesn't have it, or can't bring it.
    func step(_ key: Digest, _ lease: Lease) async throws -> MadeStep?
}

/// The client of a build that can be asked for more.
package protocol BuildSession: Sendable {
    /// Nil: it has none of that name.
    func secret(_ id: String) async throws -> [UInt8]?
    /// An AuthConfig for the registry; null: none.
    func credentials(_ registry: String) async -> JSON
    /// Whether it forwards an agent of that name.
    func hasAgent(_ id: String) async throws -> Bool
    /// Joins a connection to its agent until either side ends.
    func joinAgent(
        _ id: String, input: @escaping @Sendable () async throws -> ByteBuffer?,
        output: @escaping @Sendable (ByteBuffer) async throws -> Void
    ) async throws
}

/// Something that is loaded once, when it is first asked for; all get the same.
package actor LoadedOnce<Value: Sendable> {
    private let load: @Sendable () async throws -> Value
    private var task: Task<Value, any Error>?

    package init(_ load: @escaping @Sendable () async throws -> Value) { self.load = load }

    package func value() async throws -> Value {
        let load = load
        let task = task ?? Task { try await load() }
        self.task = task
        return try await task.value
    }

    package func cancel() { task?.cancel() }

    /// Waits for the load's end, if it has begun.
    package func settle() async { _ = await task?.result }
}
