import Builder
import Engine
import Fault
import ImageStore
import JSON
import NIOConcurrencyHelpers
import OCI
import Wire

/// One Solve: what its client's other calls (Status, the bridge's) find by its name.
final class Job: Sendable {
    enum Limit {
        /// How long calls wait for the Solve that they belong to.
        static let patience = Duration.seconds(6)
        /// How long what a build has told can still be asked for.
        static let afterlife = Duration.seconds(10)
        /// Results of one build that its client holds.
        static let results = 1_000
    }

    let reference: String
    let sessionID: String
    let board = StatusBoard()
    /// What the client has allowed beyond what all may do.
    let entitlements: Set<String>
    /// A folder of its own.
    let work: String
    private let results = NIOLockedValueBox<[String: Target]>([:])
    private let outcome = NIOLockedValueBox<Result<[Exported], any Error>?>(nil)
    private let hasReturned = Latch()
    private let loads = NIOLockedValueBox<[LoadedOnce<SourceTree>]>([])
    private let remotes = NIOLockedValueBox<[String: LoadedOnce<SourceTree>]>([:])

    init(_ reference: String, sessionID: String, entitlements: [String], work: String) {
        self.entitlements = Set(entitlements)
        self.reference = reference
        self.sessionID = sessionID
        self.work = work
    }

    /// Answers the name under which the client knows the result.
    func keep(_ target: Target) throws(Fault) -> String {
        let id = Engine.randomID()
        let isKept = results.withLockedValue { results in
            guard results.count < Limit.results else { return false }
            results[id] = target
            return true
        }
        guard isKept else { throw Fault(.unavailable, "a build holds more than \(Limit.results) results") }
        return id
    }

    /// Files that may be on their way into the job's folder until it ends.
    func watch(_ load: LoadedOnce<SourceTree>) { loads.withLockedValue { $0.append(load) } }

    /// The files at an address, fetched once however many ask for them.
    func remote(_ address: String, _ fetch: @escaping @Sendable () async throws -> SourceTree) -> LoadedOnce<SourceTree>
    {
        let load = remotes.withLockedValue { remotes in
            let load = remotes[address] ?? LoadedOnce(fetch)
            remotes[address] = load
            return load
        }
        watch(load)
        return load
    }

    func remote(_ address: String) -> LoadedOnce<SourceTree>? { remotes.withLockedValue { $0[address] } }

    /// Nothing comes into the folder any more.
    func settle() async {
        for load in loads.withLockedValue({ $0 }) {
            await load.cancel()
            await load.settle()
        }
    }

    /// The names of what the client holds.
    var resultIDs: [String] { results.withLockedValue { Array($0.keys) } }

    func target(_ id: String) -> Target? { results.withLockedValue { $0[id] } }

    /// The client's own frontend has ended.
    func end(_ result: Result<[Exported], any Error>) {
        outcome.withLockedValue { $0 = $0 ?? result }
        hasReturned.open()
    }

    /// Waits for that.
    func returned() async throws -> [Exported] {
        await hasReturned.wait()
        try Task.checkCancellation()
        guard let outcome = outcome.withLockedValue({ $0 }) else { throw CancellationError() }
        return try outcome.get()
    }
}

/// What the outputs get: a result, and the platform under which it is listed; nil: the only one.
struct Exported: Sendable {
    var platform: String?
    var target: Target
}

/// One platform's build. Nothing runs before its outcome is asked for.
final class Target: Sendable {
    let build: Build
    let file: String
    let text: String
    private let progress: StepProgress
    private let load: LoadedOnce<BuiltImage>

    init(_ build: Build, file: String, text: String, _ progress: StepProgress) {
        self.build = build
        self.file = file
        self.text = text
        self.progress = progress
        load = LoadedOnce { try await build.run(progress) }
    }

    func image() async throws -> BuiltImage {
        do {
            let load = load
            return try await withTaskCancellationHandler {
                try await load.value()
            } onCancel: {
                Task { await load.cancel() }
            }
        } catch {
            let progress = progress
            throw Failure.status(error, file: file, text: text) { progress.digest(of: $0) }
        }
    }

    /// Ends what runs; returns when it has ended.
    func cancel() async {
        await load.cancel()
        await load.settle()
    }
}
