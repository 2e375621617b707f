/// Feeds by the prefix they watch. An event finds its feeds with one pass over its key and one look-up for each
/// different prefix length in use, however many watches there are.
struct PrefixIndex {
    /// The feeds of one prefix, which share the arrays of events.
    final class Group: @unchecked Sendable {  // guarded by the hub's lock
        let prefix: String
        var feeds: [ObjectIdentifier: WatchFeed] = [:]
        /// The prefix's events of the transaction that is being published.
        var fresh: [StorageEvent] = []
        /// Its readers have been woken a moment ago; events wait for the end of that.
        var isResting = false
        /// Nanoseconds that giving a reader what waited for it took lately; before the first, what it takes at worst.
        private(set) var giving = 40_000

        /// Notes how long so many readers took.
        func note(_ nanoseconds: Int, readers: Int) {
            if readers > 0 { giving = (giving * 7 + nanoseconds / readers) / 8 }
        }

        init(prefix: String) { self.prefix = prefix }
    }

    private var groups: [UInt64: [Group]] = [:]
    private var uses: [Int: Int] = [:]
    private var lengths: [Int] = []
    /// Random, so that nobody can choose names whose prefixes collide.
    private let seed = UInt64.random(in: 1...(.max))

    var all: some Sequence<Group> { groups.values.joined() }

    func group(_ prefix: String) -> Group? {
        groups[hash(prefix)]?.first { KeyOrder.compare($0.prefix, prefix) == 0 }
    }

    mutating func add(_ feed: WatchFeed) {
        if let group = group(feed.prefix) {
            group.feeds[ObjectIdentifier(feed)] = feed
            return
        }
        let group = Group(prefix: feed.prefix)
        group.feeds[ObjectIdentifier(feed)] = feed
        groups[hash(feed.prefix), default: []].append(group)
        count(feed.prefix.utf8.count, 1)
    }

    mutating func remove(_ feed: WatchFeed) {
        guard let group = group(feed.prefix), group.feeds.removeValue(forKey: ObjectIdentifier(feed)) != nil,
            group.feeds.isEmpty
        else { return }
        let hash = hash(feed.prefix)
        groups[hash]?.removeAll { $0 === group }
        if groups[hash]?.isEmpty == true { groups[hash] = nil }
        count(feed.prefix.utf8.count, -1)
    }

    private mutating func count(_ length: Int, _ change: Int) {
        uses[length, default: 0] += change
        if uses[length] == 0 { uses[length] = nil }
        lengths = uses.keys.sorted()
    }

    /// Calls `body` for each group whose prefix the key begins with.
    func visit(_ key: String, _ body: (Group) -> Void) {
        var next = 0
        var hash = seed
        var length = 0
        func look() {
            guard let found = groups[hash] else { return }
            for group in found where KeyOrder.hasPrefix(key, group.prefix) { body(group) }
        }
        KeyOrder.bytes(key) { bytes in
            while next < lengths.count && lengths[next] <= bytes.count {
                while length < lengths[next] {
                    hash = Self.mix(hash, bytes[length])
                    length += 1
                }
                look()
                next += 1
            }
        }
    }

    private func hash(_ prefix: String) -> UInt64 {
        KeyOrder.bytes(prefix) { $0.reduce(seed) { Self.mix($0, $1) } }
    }

    private static func mix(_ hash: UInt64, _ byte: UInt8) -> UInt64 {
        (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    }
}
