import JSON

/// What a client asks of a build (Engine API, ImageBuild).
package struct BuildRequest: Sendable {
    /// The file's path in the context.
    package var dockerfile = "Dockerfile"
    /// A context to fetch in place of the one that is sent; nil: the one that is sent.
    package var remote: String?
    package var tags: [String] = []
    package var target: String?
    /// Nil values: declared without one, which takes nothing from the daemon's environment.
    package var arguments: [String: String?] = [:]
    package var labels: [String: String] = [:]
    package var platform: String?
    package var usesCache = true
    /// Stages that are made anew whatever the cache has, by name or number.
    package var uncachedStages: [String] = []
    package var pulls = false
    /// Only the image's ID is told.
    package var isQuiet = false
    /// Of RUN, in the words of HostConfig: `NetworkMode`, `Memory`, `ExtraHosts`, …
    package var host: JSON = [:]
    /// `X-Registry-Config`: credentials by registry.
    package var credentials: JSON = .null
    package init() {}
}

package protocol BuildBackend: Sendable {
    /// Tells of its progress in the classic stream's messages; a failed step is a message, too (`errorDetail`).
    func build(_ request: BuildRequest, context: ByteSource, progress: @escaping ProgressSink) async throws
}
