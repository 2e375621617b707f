import NIOConcurrencyHelpers
import NIOCore

/// Closes a connection at a time that may be moved or taken back. Moving it later costs no timer: the one that is
/// running looks again when it fires.
final class ConnectionDeadline: Sendable {
    private struct State {
        var deadline: NIODeadline?
        /// When the running timer fires; nil when there is none.
        var fires: NIODeadline?
    }

    private let channel: any Channel
    private let state = NIOLockedValueBox(State())

    init(_ channel: any Channel) { self.channel = channel }

    /// From now on; nil: never.
    func set(_ time: TimeAmount?) {
        let deadline = time.map { NIODeadline.now() + $0 }
        let isDue = state.withLockedValue { state in
            state.deadline = deadline
            guard let deadline else { return false }
            if let fires = state.fires, fires <= deadline { return false }
            state.fires = deadline
            return true
        }
        if isDue, let deadline { schedule(deadline) }
    }

    private func schedule(_ deadline: NIODeadline) {
        channel.eventLoop.scheduleTask(deadline: deadline) { [weak self] in self?.fire(deadline) }
    }

    private func fire(_ time: NIODeadline) {
        let (isOver, next) = state.withLockedValue { state -> (Bool, NIODeadline?) in
            // One that a nearer time has replaced.
            guard state.fires == time else { return (false, nil) }
            state.fires = state.deadline
            guard let deadline = state.deadline else { return (false, nil) }
            return deadline <= time ? (true, nil) : (false, deadline)
        }
        if isOver { channel.close(promise: nil) } else if let next { schedule(next) }
    }
}
