import NIOConcurrencyHelpers

/// Gives the events of finished transactions to the watches. Its reader side is `StorageWatch`'s closure, `next`.
final class WatchHub: Sendable {
    private struct State {
        var ring: EventRing
        var index = PrefixIndex()
        var progressAsked = 0
        var ending: StorageError?
    }

    /// Everything that a watch's reader may have to do to get its next news.
    private enum Step {
        case give(StorageNews)
        case wait
        case read(after: Int64, through: Int64)
        /// Nothing in this piece of the ring was for it.
        case again
        case end((any Error)?)
    }

    private let state: NIOLockedValueBox<State>
    private let history: any WatchHistory
    private let limits: WatchLimits

    /// - Parameter revision: the last one that has happened.
    init(revision: Int64, history: any WatchHistory, limits: WatchLimits) {
        state = NIOLockedValueBox(State(ring: EventRing(next: revision + 1, limits: limits)))
        self.limits = limits
        self.history = history
    }

    /// The next transaction's events: one for each revision after those before.
    func publish(_ events: [StorageEvent]) {
        let rounds = state.withLockedValue { state in
            var touched: [PrefixIndex.Group] = []
            for event in events {
                state.ring.append(event)
                state.index.visit(event.key) { group in
                    if group.fresh.isEmpty { touched.append(group) }
                    group.fresh.append(event)
                }
            }
            return touched.flatMap { group in
                [Round(group: group, readers: Self.deliver(group, &state), rest: nil), Self.wake(group, limits)]
            }
        }
        for round in rounds { begin(round) }
    }

    /// - Returns: the readers for whom too much waited, and who have to read the history instead.
    private static func deliver(_ group: PrefixIndex.Group, _ state: inout State) -> [CheckedContinuation<Void, Never>]
    {
        let chunk = group.fresh
        group.fresh = []
        let bytes = EventRing.size(chunk)
        let slow = group.feeds.values.filter { !$0.append(chunk, bytes: bytes) }
        return slow.compactMap { feed in
            state.index.remove(feed)
            defer { feed.reader = nil }
            return feed.reader
        }
    }

    // MARK: Rounds

    /// Readers of one prefix that are woken together.
    private struct Round: Sendable {
        let group: PrefixIndex.Group
        let readers: [CheckedContinuation<Void, Never>]
        /// How long, in nanoseconds, the prefix then rests; nil: it doesn't.
        let rest: Int?
    }

    /// Takes the readers that have something to read, unless the prefix rests.
    private static func wake(_ group: PrefixIndex.Group, _ limits: WatchLimits) -> Round {
        if group.isResting { return Round(group: group, readers: [], rest: nil) }
        var readers: [CheckedContinuation<Void, Never>] = []
        for feed in group.feeds.values where feed.hasWaiting {
            if let reader = feed.reader { readers.append(reader) }
            feed.reader = nil
        }
        guard readers.count > limits.restlessReaders else { return Round(group: group, readers: readers, rest: nil) }
        group.isResting = true
        return Round(
            group: group, readers: readers, rest: min(readers.count * limits.restPerReader, limits.longestRest))
    }

    private func begin(_ round: Round) {
        for reader in round.readers { reader.resume() }
        guard let rest = round.rest else { return }
        Task {
            try? await Task.sleep(for: .nanoseconds(rest))
            begin(
                state.withLockedValue { _ in
                    round.group.isResting = false
                    return Self.wake(round.group, limits)
                })
        }
    }

    /// Asks every watch to say how far it has come, once it has given what happened before.
    func requestProgress() {
        let readers = state.withLockedValue { state in
            state.progressAsked += 1
            return Self.waiting(&state)
        }
        for reader in readers { reader.resume() }
    }

    /// Ends all watches with the error, after what waits for their readers.
    func close(_ error: StorageError) {
        let readers = state.withLockedValue { state in
            state.ending = state.ending ?? error
            return Self.waiting(&state)
        }
        for reader in readers { reader.resume() }
    }

    private static func waiting(_ state: inout State) -> [CheckedContinuation<Void, Never>] {
        state.index.all.flatMap { group in
            group.feeds.values.compactMap { feed in
                defer { feed.reader = nil }
                return feed.reader
            }
        }
    }

    /// Events after `revision` when the ring reaches back that far, newest last.
    func recent(after revision: Int64) -> [StorageEvent]? {
        state.withLockedValue { state in
            revision + 1 >= state.ring.first ? Array(state.ring.after(revision)) : nil
        }
    }

    var liveWatches: Int {
        state.withLockedValue { $0.index.all.reduce(0) { $0 + $1.feeds.count } }
    }

    func watch(prefix: String, after revision: Int64) -> StorageWatch {
        let watch = state.withLockedValue { state in
            Watch(
                hub: self,
                feed: WatchFeed(
                    prefix: prefix, after: revision, answeredProgress: state.progressAsked, limits: limits))
        }
        return StorageWatch { try await watch.next() }
    }

    /// What a watch's stream holds: when the stream goes, the hub forgets the feed.
    private final class Watch: @unchecked Sendable {  // the feed is used under the hub's lock only
        let hub: WatchHub
        let feed: WatchFeed

        init(hub: WatchHub, feed: WatchFeed) {
            self.hub = hub
            self.feed = feed
        }

        deinit { hub.forget(self) }

        func next() async throws -> StorageNews? {
            while true {
                switch hub.step(self) {
                case .give(let news): return news
                case .end(let error?): throw error
                case .end(nil): return nil
                case .again: continue
                case .wait: await hub.wait(self)
                case .read(let revision, let last):
                    if let news = try await hub.read(self, after: revision, through: last) { return news }
                }
            }
        }
    }

    private func forget(_ watch: Watch) {
        let reader = state.withLockedValue { state in
            state.index.remove(watch.feed)
            watch.feed.isCancelled = true
            defer { watch.feed.reader = nil }
            return watch.feed.reader
        }
        reader?.resume()
    }

    private func step(_ watch: Watch) -> Step {
        state.withLockedValue { state in
            let feed = watch.feed
            if feed.isCancelled { return .end(nil) }
            guard case .behind(let revision) = feed.phase else {
                if let chunk = feed.take() { return .give(.events(chunk)) }
                return Self.idle(feed, state)
            }
            if revision + 1 < state.ring.first {
                return state.ending.map { .end($0) } ?? .read(after: revision, through: state.ring.first - 1)
            }
            let rest = state.ring.after(revision)
            let events = Array(
                rest.prefix(limits.catchUpEvents).lazy.filter { KeyOrder.hasPrefix($0.key, feed.prefix) })
            if rest.count <= limits.catchUpEvents {
                feed.phase = .live
                state.index.add(feed)
            } else {
                feed.phase = .behind(after: revision + Int64(limits.catchUpEvents))
            }
            if !events.isEmpty { return .give(.events(events)) }
            return rest.count <= limits.catchUpEvents ? Self.idle(feed, state) : .again
        }
    }

    /// A live feed with nothing to give.
    private static func idle(_ feed: WatchFeed, _ state: State) -> Step {
        if feed.answeredProgress < state.progressAsked {
            feed.answeredProgress = state.progressAsked
            return .give(.progress(revision: max(state.ring.last, feed.floor)))
        }
        return state.ending.map { .end($0) } ?? .wait
    }

    private func wait(_ watch: Watch) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { reader in
                let isReady = state.withLockedValue { state in
                    let feed = watch.feed
                    let isIdle: Bool
                    if case .live = feed.phase { isIdle = !feed.hasWaiting } else { isIdle = false }
                    guard isIdle, !feed.isCancelled, state.ending == nil,
                        feed.answeredProgress == state.progressAsked
                    else { return true }
                    feed.reader = reader
                    return false
                }
                if isReady { reader.resume() }
            }
        } onCancel: {
            forget(watch)
        }
    }

    /// Reads a piece of the history from disk; nil when nothing in it was for this watch.
    private func read(_ watch: Watch, after revision: Int64, through last: Int64) async throws -> StorageNews? {
        if Task.isCancelled {
            forget(watch)
            return nil
        }
        let piece = try await history.events(prefix: watch.feed.prefix, after: revision, through: last)
        state.withLockedValue { _ in watch.feed.phase = .behind(after: piece.last) }
        return piece.events.isEmpty ? nil : .events(piece.events)
    }
}

/// Where a watch reads what the ring no longer holds.
protocol WatchHistory: Sendable {
    /// The prefix's first events after `revision`, at most through `last`, and the last revision that was looked at,
    /// which is later than `revision`. Throws `compacted`.
    func events(prefix: String, after revision: Int64, through last: Int64) async throws(StorageError) -> HistoryPiece
}

struct HistoryPiece: Sendable {
    let events: [StorageEvent]
    let last: Int64
}
