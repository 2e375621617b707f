import BuildProtocol
import Builder
import DockerModel
import Dockerfile
import Fault
import JSON
import NIOConcurrencyHelpers
import NIOCore
import OCI

/// Tells of a build's steps as vertexes: those that have to do with files, as BuildKit shows them.
final class StepProgress: BuildListener {
    private let board: StatusBoard
    private let scope: String
    /// Several platforms are built: each vertex names its own.
    private let namesPlatform: Bool
    private let open = NIOLockedValueBox<[String: Vertex]>([:])
    private let resolving = NIOLockedValueBox<[String: Vertex]>([:])
    /// Digests of vertexes.
    private let begun = NIOLockedValueBox<Set<String>>([])
    private let pulls: PullProgress

    /// When an image that a stage begins with is known, and before its files are.
    private let afterMetadata: @Sendable () async throws -> Void

    init(
        _ board: StatusBoard, scope: String, namesPlatform: Bool,
        afterMetadata: @escaping @Sendable () async throws -> Void = {}
    ) {
        self.board = board
        self.scope = scope
        self.namesPlatform = namesPlatform
        self.afterMetadata = afterMetadata
        pulls = PullProgress(board)
    }

    private func key(_ step: BuildStep) -> String {
        // The same image is one line, whoever takes from it.
        if step.line != .numbered { return "\(step.platform) \(step.name)" }
        return "\(step.platform) \(step.teller?.stage ?? step.stage) \(step.fileStep)"
    }

    /// The vertex of a step, as an error names it; nil: it has none.
    func digest(of step: BuildStep) -> String? {
        step.isShown ? vertex(step).digest : nil
    }

    private func vertex(_ step: BuildStep) -> Vertex {
        Vertex(step.name(naming: namesPlatform ? step.platform : nil), in: "\(scope) \(key(step))")
    }

    func hear(_ event: BuildEvent, of step: BuildStep) async throws {
        guard step.isShown else { return }
        switch event {
        case .began: begin(step)
        case .ready: start(step)
        case .cached:
            try await resolve(step)
            if case .from = step.instruction.kind { return start(step) }
            open.withLockedValue { $0[key(step)]?.isCached = true }
            start(step)
        case .output(let chunk):
            guard let vertex = open.withLockedValue({ $0[key(step)] }) else { return }
            board.log(vertex.digest, stream: Int(chunk.stream.rawValue), chunk.bytes.readableBytesView)
        case .pull(let message):
            try await resolve(step)
            start(step)
            guard let vertex = open.withLockedValue({ $0[key(step)] }) else { return }
            pulls.hear(message, vertex)
        case .ended:
            try await resolve(step)
            start(step)
            end(step, "")
        case .failed(let error): fail(step, error)
        case .running, .ran, .triggers: return
        }
    }

    private func begin(_ step: BuildStep) {
        let vertex = vertex(step)
        // Stages on one image share its line.
        guard begun.withLockedValue({ $0.insert(vertex.digest).inserted }) else { return }
        open.withLockedValue { $0[key(step)] = vertex }
        switch step.instruction.kind {
        case .from:
            // What the base is comes first; its files are a line of their own.
            var metadata = Vertex(Self.metadata(step, namesPlatform: namesPlatform), in: scope)
            metadata.started = BuildClock.now()
            resolving.withLockedValue { $0[key(step)] = metadata }
            board.post(metadata)
        // A line of its own begins when all that it takes is there.
        case .run, .transfer: return
        default: start(step)
        }
    }

    static func metadata(_ step: BuildStep, namesPlatform: Bool) -> String {
        if case .context(let name) = step.line {
            return "[context \(name)] load metadata for \(step.title.dropFirst("FROM ".count))"
        }
        let platform = namesPlatform ? "\(step.platform) " : ""
        return "[\(platform)internal] load metadata for \(step.title.dropFirst("FROM ".count))"
    }

    /// The base is known: what it is has been told.
    private func resolve(_ step: BuildStep) async throws {
        guard case .from = step.instruction.kind else { return }
        _ = endMetadata(step, "")
        try await afterMetadata()
    }

    /// False: that was over before.
    private func endMetadata(_ step: BuildStep, _ error: String) -> Bool {
        guard var metadata = resolving.withLockedValue({ $0.removeValue(forKey: key(step)) }) else { return false }
        metadata.completed = BuildClock.now()
        metadata.error = error
        board.post(metadata)
        return true
    }

    private func start(_ step: BuildStep) {
        let started: Vertex? = open.withLockedValue { open in
            guard var vertex = open[key(step)], vertex.started == nil else { return nil }
            vertex.started = BuildClock.now()
            open[key(step)] = vertex
            return vertex
        }
        if let started { board.post(started) }
    }

    private func end(_ step: BuildStep, _ error: String) {
        guard var vertex = open.withLockedValue({ $0.removeValue(forKey: key(step)) }) else { return }
        vertex.completed = BuildClock.now()
        vertex.error = error
        board.post(vertex)
    }

    private func fail(_ step: BuildStep, _ error: any Error) {
        let isCancelled = error is CancellationError
        // What the step itself says; what it was for is the build's to say.
        let sentence = isCancelled ? "context canceled" : Failure.sentence(of: error).withoutPrefix(Failure.cacheKey)
        let isWaiting = open.withLockedValue { $0[key(step)]?.started == nil }
        // What hadn't begun isn't ended by others' failures either.
        if endMetadata(step, sentence) || isWaiting && (isCancelled || error is StepError) {
            open.withLockedValue { $0[key(step)] = nil }
            return
        }
        start(step)
        end(step, sentence)
    }

    func endOfStage(_: Int) async throws {}
}

/// The engine's pull and push messages as lines below a vertex.
final class PullProgress: Sendable {
    private let board: StatusBoard
    private let layers = NIOLockedValueBox<[String: VertexStatus]>([:])

    init(_ board: StatusBoard) { self.board = board }

    func hear(_ message: JSON, _ vertex: Vertex) {
        guard let id = message["id"].string, let word = message["status"].string else { return }
        let status: VertexStatus? = layers.withLockedValue { layers in
            let key = vertex.digest + id
            var status = layers[key] ?? VertexStatus(id: id, vertex: vertex.digest)
            if status.completed != nil { return nil }
            status.started = status.started ?? BuildClock.now()
            if let total = message["progressDetail", "total"].int, total > 0 {
                status.total = Int64(total)
                status.current = message["progressDetail", "current"].int.map { Int64($0) } ?? status.current
            }
            if ["Pull complete", "Already exists", "Pushed", "Layer already exists"].contains(word)
                || word.hasPrefix("Mounted from")
            {
                status.completed = BuildClock.now()
                status.current = status.total
            }
            layers[key] = status
            return status
        }
        if let status { board.post(status) }
    }
}
