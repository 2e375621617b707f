import ContainerRuntime
import Fault
import NIOConcurrencyHelpers

/// A client's hold on the stdio of a container that may not run yet: `docker run` attaches before it starts. Whoever
/// asks waits until the container has a monitor, or until it is known that it won't.
final class PendingStdio: Sendable {
    private enum State {
        case waiting([CheckedContinuation<(any MonitorStdio)?, Never>])
        case joined(any MonitorStdio)
        case closed
    }
    private let state: NIOLockedValueBox<State>
    let wantsInput: Bool

    init(wantsInput: Bool) {
        self.wantsInput = wantsInput
        state = NIOLockedValueBox(.waiting([]))
    }

    /// Nil once it is closed, or when the container could not be started.
    func stdio() async -> (any MonitorStdio)? {
        await withCheckedContinuation { continuation in
            let answer: (any MonitorStdio)?? = state.withLockedValue { state in
                switch state {
                case .waiting(let others):
                    state = .waiting(others + [continuation])
                    return nil
                case .joined(let stdio): return .some(stdio)
                case .closed: return .some(nil)
                }
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    /// The container has a monitor now. False when the client has gone meanwhile: the caller closes `stdio` then.
    func join(_ stdio: any MonitorStdio) -> Bool {
        let waiting = state.withLockedValue { state -> [CheckedContinuation<(any MonitorStdio)?, Never>]? in
            guard case .waiting(let waiting) = state else { return nil }
            state = .joined(stdio)
            return waiting
        }
        for continuation in waiting ?? [] { continuation.resume(returning: stdio) }
        return waiting != nil
    }

    /// Gives up; idempotent.
    func close() {
        let (waiting, joined) = state.withLockedValue {
            state -> ([CheckedContinuation<(any MonitorStdio)?, Never>], (any MonitorStdio)?) in
            defer { state = .closed }
            switch state {
            case .waiting(let waiting): return (waiting, nil)
            case .joined(let stdio): return ([], stdio)
            case .closed: return ([], nil)
            }
        }
        for continuation in waiting { continuation.resume(returning: nil) }
        if let joined { Task { await joined.close() } }
    }
}
