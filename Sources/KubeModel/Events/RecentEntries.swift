/// The entries that were used last, up to a number.
struct RecentEntries<Value: Sendable>: Sendable {
    private var entries: [String: (value: Value, used: Int)] = [:]
    private var clock = 0
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// Nil for one that was never put in, or is forgotten. Reading counts as use.
    subscript(key: String) -> Value? {
        mutating get {
            guard let entry = entries[key] else { return nil }
            clock += 1
            entries[key] = (entry.value, clock)
            return entry.value
        }
        set {
            clock += 1
            entries[key] = newValue.map { ($0, clock) }
            // Forgetting an eighth at once makes the search for the oldest rare.
            guard entries.count > limit else { return }
            let oldest = entries.values.map(\.used).sorted()[limit / 8]
            entries = entries.filter { $0.value.used > oldest }
        }
    }

    var count: Int { entries.count }
}
