import NIOCore

/// Runs tasks on an event loop's thread (SE-0417): a handler that never blocks then goes from a request's bytes to its
/// answer without waking another thread.
package final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    package init(_ loop: any EventLoop) { self.loop = loop }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

extension EventLoop {
    /// Runs `work` on the loop: at once when this is its thread.
    func runNow(_ work: @escaping @Sendable () -> Void) {
        if inEventLoop { work() } else { execute(work) }
    }

    /// Begins something on the loop, whose thread this is, that mostly has ended when `begin` returns.
    /// - Returns: nil when it has; its failure is thrown then.
    func unlessDone(_ begin: (EventLoopPromise<Void>) -> Void) throws -> EventLoopFuture<Void>? {
        let promise = makePromise(of: Void.self)
        let outcome = NIOLoopBoundBox<Result<Void, any Error>?>(nil, eventLoop: self)
        promise.futureResult.assumeIsolated().whenComplete { outcome.value = $0 }
        begin(promise)
        guard let outcome = outcome.value else { return promise.futureResult }
        try outcome.get()
        return nil
    }
}
