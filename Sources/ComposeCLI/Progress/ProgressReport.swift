import CommandLine
import DockerCLI
import JSON
import NIOConcurrencyHelpers

/// Tells on standard error what becomes of a project's parts: lines that are rewritten on a terminal, a line an event
/// elsewhere.
final class ProgressReport: Sendable {
    enum Mode: String { case auto, tty, plain, json, quiet }

    private let out: Output
    private let mode: Mode
    private let dryRun: Bool
    private let board: NIOLockedValueBox<ProgressBoard>

    /// Redraws of spinners and clocks, while there are any.
    private static let redraw = Duration.milliseconds(100)

    /// - Parameter isQuiet: tells nothing, whatever was asked for: containers' own output is shown.
    init(_ context: ComposeContext, title: String = "Running", isQuiet: Bool = false) throws {
        let asked =
            context.options.progress.isEmpty
            ? context.session.environment["COMPOSE_PROGRESS"] ?? "auto" : context.options.progress
        guard let given = Mode(rawValue: asked) else { throw Failure("unsupported --progress value \"\(asked)\"") }
        out = context.err
        dryRun = context.options.dryRun
        let isTerminal = context.err.isTerminal && context.options.ansi != "never"
        mode = isQuiet ? .quiet : given == .auto ? (isTerminal ? .tty : .plain) : given
        board = NIOLockedValueBox(ProgressBoard(title: title, colors: context.options.ansi != "never"))
    }

    func event(
        _ id: String, _ status: ProgressBoard.Status, _ text: String, details: String = "", parent: String? = nil
    ) {
        switch mode {
        case .quiet: return
        case .json:
            var json: JSON = ["id": .string(id), "status": .string(status.rawValue), "text": .string(text)]
            if dryRun { json["dry-run"] = true }
            out.line(json.text)
        case .plain, .auto: out.line("\(dryRun ? "DRY-RUN MODE - " : "") \(id) \(details) \(text)")
        case .tty:
            board.withLockedValue { board in
                board.set(id, status, text, at: .now, parent: parent)
                draw(&board)
            }
        }
    }

    private func draw(_ board: inout ProgressBoard) {
        let size = out.size()
        out.write(board.draw(width: size?.columns ?? 80, height: size?.rows ?? 24, now: .now))
    }

    /// Others write below now: what was drawn stays, and the next drawing begins anew below theirs.
    func pause() { board.withLockedValue { $0.leave() } }

    /// Runs the work while the terminal's clocks go on.
    func during<T: Sendable>(_ work: () async throws -> T) async rethrows -> T {
        guard mode == .tty else { return try await work() }
        let clock = Task { [self] in
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.redraw)
                board.withLockedValue { if $0.isWorking, !$0.isLeft { draw(&$0) } }
            }
        }
        defer { clock.cancel() }
        return try await work()
    }

    /// Tells that something begins and ends; an error is told with its sentence.
    func step<T: Sendable>(_ id: String, _ begins: String?, _ ends: String, _ work: () async throws -> T) async throws
        -> T
    {
        if let begins { event(id, .working, begins) }
        do {
            let result = try await work()
            event(id, .done, ends)
            return result
        } catch {
            event(id, .error, "Error")
            throw error
        }
    }
}
