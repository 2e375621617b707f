/// Side by side, in a bounded number.
enum Parallel {
    /// Results in the order of the values. After a failure nothing new begins; it is thrown when all have ended.
    static func map<Value: Sendable, Result: Sendable>(
        _ values: [Value], limit: Int = -1, _ work: @escaping @Sendable (Value) async throws -> Result
    ) async throws -> [Result] {
        try await withThrowingTaskGroup(of: (Int, Result).self) { group in
            var results: [Int: Result] = [:]
            var next = 0
            func begin() {
                guard next < values.count else { return }
                let at = next
                next += 1
                group.addTask { (at, try await work(values[at])) }
            }
            for _ in 0..<(limit < 1 ? values.count : min(limit, values.count)) { begin() }
            while let (at, result) = try await group.next() {
                results[at] = result
                begin()
            }
            return values.indices.compactMap { results[$0] }
        }
    }

    static func forEach<Value: Sendable>(
        _ values: [Value], limit: Int = -1, _ work: @escaping @Sendable (Value) async throws -> Void
    ) async throws {
        _ = try await map(values, limit: limit) { try await work($0) }
    }
}
