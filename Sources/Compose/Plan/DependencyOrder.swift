/// Does something for each service: after those that it depends on, or the other way round; what doesn't depend on each
/// other side by side.
package struct DependencyOrder: Sendable {
    /// By service: those that have to be done before.
    private let before: [String: Set<String>]
    /// Services done at the same time.
    private let limit: Int

    /// - Parameter limit: at most so many at the same time; below 1: no limit.
    package init(_ project: Project, reversed: Bool = false, limit: Int = -1) {
        var before: [String: Set<String>] = [:]
        for (name, service) in project.services {
            before[name, default: []].formUnion([])
            for dependency in service.dependencies where project.services[dependency.service] != nil {
                if reversed {
                    before[dependency.service, default: []].insert(name)
                } else {
                    before[name, default: []].insert(dependency.service)
                }
            }
        }
        self.before = before
        self.limit = limit < 1 ? Int.max : limit
    }

    /// Begins no more services after the first failure, waits for those under way, and throws it.
    package func forEach(_ work: @escaping @Sendable (String) async throws -> Void) async throws {
        var waiting = before
        var running = 0
        var failure: (any Error)?
        await withTaskGroup(of: (String, (any Error)?).self) { group in
            func begin() {
                guard failure == nil else { return }
                let ready = waiting.filter { $0.value.isEmpty }.keys.sorted().prefix(max(0, limit - running))
                for name in ready {
                    waiting[name] = nil
                    running += 1
                    group.addTask {
                        do { try await work(name) } catch { return (name, error) }
                        return (name, nil)
                    }
                }
            }
            begin()
            while let (name, error) = await group.next() {
                running -= 1
                if let error { failure = failure ?? error }
                for key in waiting.keys { waiting[key]?.remove(name) }
                begin()
            }
        }
        if let failure { throw failure }
    }
}
