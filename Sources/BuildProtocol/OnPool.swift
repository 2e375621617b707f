import NIOPosix

/// Blocking work, away from the cooperative pool.
package func onPool<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws -> T {
    try await NIOThreadPool.singleton.runIfActive(work)
}
