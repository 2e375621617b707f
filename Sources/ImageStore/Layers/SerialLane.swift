import NIOPosix
import Synchronization

/// Runs jobs one after the other on a thread pool, holding a thread only while there is a job.
final class SerialLane: Sendable {
    private struct State {
        var jobs: [@Sendable () -> Void] = []
        var isRunning = false
    }

    private let pool: NIOThreadPool
    private let state = Mutex(State())

    init(_ pool: NIOThreadPool) { self.pool = pool }

    func enqueue(_ job: @escaping @Sendable () -> Void) {
        let mustStart = state.withLock { state in
            state.jobs.append(job)
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if mustStart { pool.submit { _ in self.drain() } }
    }

    private func drain() {
        while true {
            let jobs = state.withLock { state in
                defer { state.jobs = [] }
                if state.jobs.isEmpty { state.isRunning = false }
                return state.jobs
            }
            if jobs.isEmpty { return }
            for job in jobs { job() }
        }
    }

    func run<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            enqueue { continuation.resume(with: Result { try work() }) }
        }
    }
}

/// The threads that unpacking uses. Of their own: unpacking takes seconds, and must not hold up what others run on
/// NIO's shared pool. Decompressing waits for writing, so the two have separate threads and can't starve each other.
enum UnpackThreads {
    static let decompress = pool()
    static let write = pool()

    private static func pool() -> NIOThreadPool {
        let pool = NIOThreadPool(numberOfThreads: 2)
        pool.start()
        return pool
    }
}
