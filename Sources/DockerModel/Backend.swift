import Fault
import JSON
import NIOCore

// What the HTTP API needs of the engine, in the API's words: one protocol a router. Bodies and answers are the JSON
// documents of the Docker Engine API 1.51; older and newer shapes are the API's own affair. All methods throw `Fault`.

package struct LogOptions: Sendable {
    package var stdout = true, stderr = true, follow = false, timestamps = false, details = false
    /// Lines from the end; nil: all.
    package var tail: Int?
    /// Nanoseconds since the epoch; nil: no bound.
    package var since: Int64?, until: Int64?
    package init() {}
}

package struct AttachOptions: Sendable {
    package var stdin = false, stdout = false, stderr = false, logs = false, stream = false
    /// `ctrl-p,ctrl-q` unless the client says otherwise.
    package var detachKeys: String?
    package init() {}
}

package enum WaitCondition: String, Sendable { case notRunning = "not-running", nextExit = "next-exit", removed }

package protocol ContainerBackend: Sendable {
    func listContainers(all: Bool, limit: Int?, size: Bool, filters: Filters) async throws -> [JSON]
    /// Answers `{"Id":…,"Warnings":[…]}`.
    func createContainer(name: String?, platform: String?, body: JSON) async throws -> JSON
    func inspectContainer(_ ref: String, size: Bool) async throws -> JSON
    func startContainer(_ ref: String, detachKeys: String?) async throws
    /// `timeout` in seconds; nil: the container's own; negative: wait for ever.
    func stopContainer(_ ref: String, signal: String?, timeout: Int?) async throws
    func restartContainer(_ ref: String, signal: String?, timeout: Int?) async throws
    func killContainer(_ ref: String, signal: String?) async throws
    func pauseContainer(_ ref: String) async throws
    func unpauseContainer(_ ref: String) async throws
    func renameContainer(_ ref: String, to name: String) async throws
    func updateContainer(_ ref: String, body: JSON) async throws -> JSON
    func removeContainer(_ ref: String, force: Bool, volumes: Bool, link: Bool) async throws
    func resizeContainer(_ ref: String, height: Int, width: Int) async throws
    /// Resolves at once with a task that ends with the wait's answer, so that the head can be sent before the wait:
    /// clients rely on it to start the container only after the wait is armed.
    func waitContainer(_ ref: String, condition: WaitCondition) async throws -> Task<JSON, any Error>
    func attachContainer(_ ref: String, _ options: AttachOptions) async throws -> Attachment
    func containerLogs(_ ref: String, _ options: LogOptions) async throws -> (OutputSource, isTerminal: Bool)
    func containerStats(_ ref: String, stream: Bool, oneShot: Bool) async throws -> JSONSource
    func topContainer(_ ref: String, psArguments: String) async throws -> JSON
    func containerChanges(_ ref: String) async throws -> JSON
    func exportContainer(_ ref: String) async throws -> ByteSource
    /// The `X-Docker-Container-Path-Stat` document.
    func statPath(_ ref: String, path: String) async throws -> JSON
    func getArchive(_ ref: String, path: String) async throws -> (stat: JSON, tar: ByteSource)
    func putArchive(_ ref: String, path: String, noOverwriteDirNonDir: Bool, copyUIDGID: Bool, tar: ByteSource)
        async throws
    func pruneContainers(_ filters: Filters) async throws -> JSON

    func createExec(_ ref: String, body: JSON) async throws -> JSON
    /// Nil when the body asks to detach.
    func startExec(_ id: String, body: JSON) async throws -> Attachment?
    func resizeExec(_ id: String, height: Int, width: Int) async throws
    func inspectExec(_ id: String) async throws -> JSON
}

package protocol ImageBackend: Sendable {
    func listImages(
        all: Bool, digests: Bool, sharedSize: Bool, manifests: Bool, filters: Filters
    ) async throws -> [JSON]
    func inspectImage(_ ref: String, platform: String?) async throws -> JSON
    func imageHistory(_ ref: String, platform: String?) async throws -> JSON
    /// `auth` is the decoded `X-Registry-Auth` document, or null.
    func pullImage(_ reference: String, platform: String?, auth: JSON, progress: @escaping ProgressSink) async throws
    func pushImage(_ reference: String, platform: String?, auth: JSON, progress: @escaping ProgressSink) async throws
    func importImage(reference: String?, message: String, changes: [String], platform: String?, tar: ByteSource)
        async throws -> String
    func tagImage(_ ref: String, repository: String, tag: String) async throws
    /// The list of `{"Untagged":…}` and `{"Deleted":…}`.
    func removeImage(_ ref: String, force: Bool, prune: Bool) async throws -> JSON
    func pruneImages(_ filters: Filters) async throws -> JSON
    func saveImages(_ refs: [String], platform: String?) async throws -> ByteSource
    func loadImages(_ tar: ByteSource, quiet: Bool, progress: @escaping ProgressSink) async throws
    func commitContainer(
        _ ref: String, reference: String?, author: String, message: String, pause: Bool, changes: [String], config: JSON
    ) async throws -> JSON
    func checkRegistryAuth(_ auth: JSON) async throws -> JSON
    /// What the reference's registry has: `{"Descriptor":…,"Platforms":[…]}`.
    func inspectDistribution(_ reference: String, auth: JSON) async throws -> JSON
    /// `limit` 0: the registry's own.
    func searchImages(_ term: String, limit: Int, filters: Filters, auth: JSON) async throws -> [JSON]
}

package protocol NetworkBackend: Sendable {
    func listNetworks(_ filters: Filters) async throws -> [JSON]
    func inspectNetwork(_ ref: String, verbose: Bool) async throws -> JSON
    func createNetwork(_ body: JSON) async throws -> JSON
    func removeNetwork(_ ref: String) async throws
    func connectNetwork(_ ref: String, body: JSON) async throws
    func disconnectNetwork(_ ref: String, body: JSON) async throws
    func pruneNetworks(_ filters: Filters) async throws -> JSON
}

package protocol VolumeBackend: Sendable {
    func listVolumes(_ filters: Filters) async throws -> JSON
    func inspectVolume(_ name: String) async throws -> JSON
    func createVolume(_ body: JSON) async throws -> JSON
    func removeVolume(_ name: String, force: Bool) async throws
    func pruneVolumes(_ filters: Filters) async throws -> JSON
}

package protocol SystemBackend: Sendable {
    func info() async throws -> JSON
    func version() async throws -> JSON
    func diskUsage(types: [String]) async throws -> JSON
    /// Answers `{"CachesDeleted":[…],"SpaceReclaimed":…}`. `all`: also what images use; `keep`: bytes that may stay.
    func pruneBuildCache(all: Bool, keep: Int64, filters: Filters) async throws -> JSON
    /// Nanoseconds since the epoch. Without `until` the source goes on until cancelled.
    func events(since: Int64?, until: Int64?, filters: Filters) async throws -> JSONSource
}

package typealias Backend = ContainerBackend & ImageBackend & NetworkBackend & VolumeBackend & SystemBackend
