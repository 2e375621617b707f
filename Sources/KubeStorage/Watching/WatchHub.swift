import NIOConcurrencyHelpers
import NIOCore

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
        let (overrun, rounds) = state.withLockedValue { state in
            var touched: [PrefixIndex.Group] = []
            for event in events {
                state.ring.append(event)
                state.index.visit(event.key) { group in
                    if group.fresh.isEmpty { touched.append(group) }
                    group.fresh.append(event)
                }
            }
            return (
                touched.flatMap { Self.deliver($0, &state) }, touched.map { WatchRound.begin($0, limits) }
            )
        }
        for reader in overrun { reader.resume(returning: nil) }
        for round in rounds { run(round) }
    }

    /// - Returns: the readers for whom too much waited, and who have to read the history instead.
    private static func deliver(_ group: PrefixIndex.Group, _ state: inout State) -> [WatchFeed.Reader] {
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

    private func run(_ round: WatchRound) {
        for turn in round.turns where turn.receiver == nil { turn.reader.resume(returning: nil) }
        for lane in round.lanes() { run(lane[...], of: round.group) }
        guard let rest = round.rest else { return }
        Task {
            try? await Task.sleep(for: .nanoseconds(rest))
            run(
                state.withLockedValue { _ in
                    round.group.isResting = false
                    return WatchRound.begin(round.group, limits)
                })
        }
    }

    /// Turns of one event loop: some, then whatever else the loop has to do, then the others.
    private func run(_ turns: ArraySlice<WatchRound.Turn>, of group: PrefixIndex.Group) {
        guard let loop = turns.first?.receiver?.eventLoop else { return }
        loop.execute {
            self.give(turns.prefix(self.limits.turnsAtOnce), of: group)
            self.run(turns.dropFirst(self.limits.turnsAtOnce), of: group)
        }
    }

    /// Gives receivers what waits for them, on their event loop. Their readers go on waiting, unless there is a reason
    /// to wake them.
    private func give(_ turns: ArraySlice<WatchRound.Turn>, of group: PrefixIndex.Group) {
        let began = NIODeadline.now()
        let given = state.withLockedValue { _ in
            var last: [StorageEvent]?
            return turns.map { turn in
                let events = turn.feed.take(like: last)
                last = events ?? last
                return events
            }
        }
        let outcomes = zip(turns, given).map { turn, events in events.flatMap { turn.receiver?.take($0) } }
        let spent = Int((NIODeadline.now() - began).nanoseconds)
        let (woken, next) = state.withLockedValue { state in
            group.note(spent, readers: turns.count)
            var woken: [(WatchFeed.Reader, EventLoopFuture<Void>?)] = []
            for (turn, outcome) in zip(turns, outcomes) {
                if outcome == nil, Self.mayWait(turn.feed, state) {
                    turn.feed.reader = turn.reader
                } else {
                    woken.append((turn.reader, outcome))
                }
            }
            return (woken, WatchRound.begin(group, limits))
        }
        for (reader, outcome) in woken { reader.resume(returning: outcome) }
        run(next)
    }

    /// Asks every watch to say how far it has come, once it has given what happened before.
    func requestProgress() {
        let readers = state.withLockedValue { state in
            state.progressAsked += 1
            return Self.waiting(&state)
        }
        for reader in readers { reader.resume(returning: nil) }
    }

    /// Ends all watches with the error, after what waits for their readers.
    func close(_ error: StorageError) {
        let readers = state.withLockedValue { state in
            state.ending = state.ending ?? error
            return Self.waiting(&state)
        }
        for reader in readers { reader.resume(returning: nil) }
    }

    private static func waiting(_ state: inout State) -> [WatchFeed.Reader] {
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
        return StorageWatch { try await watch.next($0) }
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

        func next(_ receiver: StorageReceiver?) async throws -> StorageNews? {
            while true {
                switch hub.step(self) {
                case .give(let news): return news
                case .end(let error?): throw error
                case .end(nil): return nil
                case .again: continue
                case .wait: try await hub.wait(self, receiver)?.get()
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
        reader?.resume(returning: nil)
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

    /// - Returns: what the reader has to wait for before it goes on; nil: nothing.
    private func wait(_ watch: Watch, _ receiver: StorageReceiver?) async -> EventLoopFuture<Void>? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { reader in
                let isReady = state.withLockedValue { state in
                    let feed = watch.feed
                    guard Self.mayWait(feed, state), !feed.hasWaiting else { return true }
                    feed.receiver = receiver
                    feed.reader = reader
                    return false
                }
                if isReady { reader.resume(returning: nil) }
            }
        } onCancel: {
            forget(watch)
        }
    }

    /// Whether there is nothing for the feed's reader itself to do.
    private static func mayWait(_ feed: WatchFeed, _ state: State) -> Bool {
        guard case .live = feed.phase else { return false }
        return !feed.isCancelled && state.ending == nil && feed.answeredProgress == state.progressAsked
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
