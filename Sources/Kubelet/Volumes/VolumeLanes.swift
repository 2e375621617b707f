import NIOConcurrencyHelpers

/// Work on one pod's volumes runs in order of arrival; pods run side by side.
final class VolumeLanes: Sendable {
    private let last = NIOLockedValueBox<[String: Task<Void, Never>]>([:])

    /// Cancelling whoever waits doesn't stop the work.
    func run<T: Sendable>(_ podUID: String, _ work: @escaping @Sendable () async -> T) async -> T {
        let (mine, done) = last.withLockedValue { last in
            let earlier = last[podUID]
            let mine = Task {
                await earlier?.value
                return await work()
            }
            let done = Task { _ = await mine.value }
            last[podUID] = done
            return (mine, done)
        }
        let result = await mine.value
        last.withLockedValue { if $0[podUID] == done { $0[podUID] = nil } }
        return result
    }
}
