import NIOConcurrencyHelpers

/// What has happened since the scheduler last looked, in order.
final class Inbox: Sendable {
    private struct State {
        var inputs: [SchedulingInput] = []
        var whoWaits: CheckedContinuation<Void, Never>?
        var isRung = false
        var alarm: (time: Double, task: Task<Void, Never>)?
    }

    private let state = NIOLockedValueBox(State())
    private let now: @Sendable () -> Double

    init(now: @escaping @Sendable () -> Double) { self.now = now }

    func put(_ input: SchedulingInput) {
        let who = state.withLockedValue { state in
            state.inputs.append(input)
            return state.whoWaits.take()
        }
        who?.resume()
    }

    /// All that is there; none is there afterwards.
    func take() -> [SchedulingInput] {
        state.withLockedValue { state in
            defer { state.inputs = [] }
            return state.inputs
        }
    }

    /// Returns when something is there, the time has come, or the task is cancelled. For one task at a time.
    func wait(until time: Double?) async {
        setAlarm(time)
        await withTaskCancellationHandler {
            await withCheckedContinuation { who in
                let isOver = state.withLockedValue { state in
                    if !state.inputs.isEmpty || state.isRung || Task.isCancelled { return true }
                    state.whoWaits = who
                    return false
                }
                if isOver { who.resume() }
            }
        } onCancel: {
            ring()
        }
        state.withLockedValue { $0.isRung = false }
    }

    private func ring() {
        let who = state.withLockedValue { state in
            state.isRung = true
            return state.whoWaits.take()
        }
        who?.resume()
    }

    private func setAlarm(_ time: Double?) {
        state.withLockedValue { state in
            guard state.alarm?.time != time else { return }
            state.alarm?.task.cancel()
            state.alarm = nil
            guard let time else { return }
            let delay = Duration.milliseconds(Int64((max(0, time - now()) * 1_000).rounded(.up)))
            let task = Task { [weak self] in
                do { try await Task.sleep(for: delay) } catch { return }
                self?.soundAlarm(time)
            }
            state.alarm = (time, task)
        }
    }

    private func soundAlarm(_ time: Double) {
        state.withLockedValue { if $0.alarm?.time == time { $0.alarm = nil } }
        ring()
    }
}
