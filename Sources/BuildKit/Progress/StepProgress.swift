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
    /// Bases whose metadata is asked for, and those that are known.
    private let asked = NIOLockedValueBox<Set<String>>([])
    private let known = NIOLockedValueBox<Set<String>>([])
    private let pulls: PullProgress

    init(_ board: StatusBoard, scope: String, namesPlatform: Bool) {
        self.board = board
        self.scope = scope
        self.namesPlatform = namesPlatform
        pulls = PullProgress(board)
    }

    /// `[stage 2/5] RUN make`.
    static func name(_ step: BuildStep, namesPlatform: Bool) -> String {
        let width = String(step.fileSteps).count
        let number = String(repeating: " ", count: max(0, width - String(step.fileStep).count)) + String(step.fileStep)
        let names = [namesPlatform ? "\(step.platform)" : "", step.stageName].filter { !$0.isEmpty }
        let place = (names + ["\(number)/\(step.fileSteps)"]).joined(separator: " ")
        return "[\(place)] \(step.title.prefix { !$0.isNewline })"
    }

    private func key(_ step: BuildStep) -> String { "\(step.platform) \(step.stage) \(step.fileStep)" }

    /// The vertex of a step, as an error names it; nil: it has none.
    func digest(of step: BuildStep) -> String? {
        step.fileStep == 0 ? nil : vertex(step).digest
    }

    private func vertex(_ step: BuildStep) -> Vertex {
        let name = Self.name(step, namesPlatform: namesPlatform)
        return Vertex(name, in: "\(scope) \(key(step))")
    }

    func hear(_ event: BuildEvent, of step: BuildStep) async throws {
        guard step.fileStep > 0 else { return }
        switch event {
        case .began: begin(step)
        case .cached:
            resolve(step, "")
            open.withLockedValue { $0[key(step)]?.isCached = true }
        case .output(let chunk):
            guard let vertex = open.withLockedValue({ $0[key(step)] }) else { return }
            board.log(vertex.digest, stream: Int(chunk.stream.rawValue), chunk.bytes.readableBytesView)
        case .pull(let message):
            resolve(step, "")
            guard let vertex = open.withLockedValue({ $0[key(step)] }) else { return }
            pulls.hear(message, vertex)
        case .ended:
            resolve(step, "")
            end(step, "")
        case .failed(let error):
            let sentence = error is CancellationError ? "context canceled" : Failure.sentence(of: error)
            if resolve(step, sentence) {
                open.withLockedValue { $0[key(step)] = nil }
            } else {
                end(step, sentence)
            }
        case .running, .ran, .triggers: return
        }
    }

    private func begin(_ step: BuildStep) {
        var vertex = vertex(step)
        vertex.started = BuildClock.now()
        open.withLockedValue { $0[key(step)] = vertex }
        guard case .from(_) = step.instruction.kind else { return board.post(vertex) }
        // What the base is comes first; its files are a line of their own.
        var metadata = Vertex(Self.metadata(step, namesPlatform: namesPlatform), in: scope)
        metadata.started = BuildClock.now()
        resolving.withLockedValue { $0[key(step)] = metadata }
        // Stages on the same base are told of it once.
        if asked.withLockedValue({ $0.insert(metadata.name).inserted }) { board.post(metadata) }
    }

    static func metadata(_ step: BuildStep, namesPlatform: Bool) -> String {
        let platform = namesPlatform ? "\(step.platform) " : ""
        return "[\(platform)internal] load metadata for \(step.title.dropFirst("FROM ".count))"
    }

    /// The base is known, or isn't to be had. False: that was known before.
    @discardableResult
    private func resolve(_ step: BuildStep, _ error: String) -> Bool {
        guard var metadata = resolving.withLockedValue({ $0.removeValue(forKey: key(step)) }) else { return false }
        metadata.completed = BuildClock.now()
        metadata.error = error
        let isFirst = known.withLockedValue { $0.insert(metadata.name).inserted }
        if isFirst || !error.isEmpty { board.post(metadata) }
        if error.isEmpty, var vertex = open.withLockedValue({ $0[key(step)] }) {
            vertex.started = BuildClock.now()
            open.withLockedValue { $0[key(step)] = vertex }
            board.post(vertex)
        }
        return true
    }

    private func end(_ step: BuildStep, _ error: String) {
        guard var vertex = open.withLockedValue({ $0.removeValue(forKey: key(step)) }) else { return }
        vertex.completed = BuildClock.now()
        vertex.error = error
        board.post(vertex)
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
