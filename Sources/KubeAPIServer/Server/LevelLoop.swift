/// Work that brings something up to date, run once at the start and again after changes of some resources: however many
/// changes there were, it looks at what is there now.
final class LevelLoop: Sendable {
    private let changes: AsyncStream<Void>
    private let changed: AsyncStream<Void>.Continuation
    private let work: @Sendable () async -> Void

    init(_ cache: ObjectCache, _ resources: [GroupResource], _ work: @escaping @Sendable () async -> Void) {
        self.work = work
        (changes, changed) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        for resource in resources {
            cache.observe(group: resource.group, [resource.resource]) { [changed] in changed.yield() }
        }
    }

    func runOnce() async { await work() }

    /// Until its task is cancelled.
    func run() async { for await _ in changes { await work() } }
}
