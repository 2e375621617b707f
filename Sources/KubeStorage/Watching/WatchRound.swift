import NIOCore

/// The watches of one prefix that get what waits for them together.
struct WatchRound: Sendable {
    /// A watch whose reader waited until now. Whoever holds the turn resumes the reader or puts it back into its feed.
    struct Turn: Sendable {
        let feed: WatchFeed
        let reader: WatchFeed.Reader
        let receiver: StorageReceiver?
    }

    let group: PrefixIndex.Group
    let turns: [Turn]
    /// How long, in nanoseconds, the prefix then rests; nil: it doesn't.
    let rest: Int?

    /// Takes the readers for whom something waits, unless the prefix rests. Under the hub's lock.
    static func begin(_ group: PrefixIndex.Group, _ limits: WatchLimits) -> WatchRound {
        if group.isResting { return WatchRound(group: group, turns: [], rest: nil) }
        var turns: [Turn] = []
        for feed in group.feeds.values where feed.hasWaiting {
            if let reader = feed.reader { turns.append(Turn(feed: feed, reader: reader, receiver: feed.receiver)) }
            feed.reader = nil
        }
        guard turns.count > limits.restlessReaders else { return WatchRound(group: group, turns: turns, rest: nil) }
        group.isResting = true
        let each = (group.giving * 3 / 2).clamped(to: limits.restPerReader)
        return WatchRound(group: group, turns: turns, rest: min(turns.count * each, limits.longestRest))
    }

    /// The turns that have a receiver, by its event loop.
    func lanes() -> [[Turn]] {
        var lanes: [ObjectIdentifier: [Turn]] = [:]
        for turn in turns {
            if let receiver = turn.receiver { lanes[ObjectIdentifier(receiver.eventLoop), default: []].append(turn) }
        }
        return Array(lanes.values)
    }
}

extension Int {
    fileprivate func clamped(to bounds: ClosedRange<Int>) -> Int {
        Swift.min(Swift.max(self, bounds.lowerBound), bounds.upperBound)
    }
}
