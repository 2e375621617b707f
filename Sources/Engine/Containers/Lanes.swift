/// Work for one key runs in order of arrival; keys run side by side. Cancelling the caller doesn't unqueue its work.
package actor Lanes<Key: Hashable & Sendable> {
    private var last: [Key: Task<Void, Never>] = [:]

    package init() {}

    package func run<T: Sendable>(_ key: Key, _ work: @escaping @Sendable () async throws -> T) async throws -> T {
        let earlier = last[key]
        let mine = Task {
            await earlier?.value
            return try await work()
        }
        let done = Task { _ = await mine.result }
        last[key] = done
        defer { if last[key] == done { last[key] = nil } }
        return try await mine.value
    }
}
