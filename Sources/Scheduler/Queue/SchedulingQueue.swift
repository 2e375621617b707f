/// The pods without a node: those to be tried next, those that take a pause, those that wait for something to change,
/// and those held back by gates. Knows no clock: every call says the time.
struct SchedulingQueue {
    private enum Place { case active, pausing, failed, parked, gated }

    private struct Entry {
        var queued: QueuedPod
        var place: Place
        /// Which of the heaps' tickets for the pod is good.
        var ticket: Int
    }

    private struct Ticket {
        let uid: String
        let number: Int
        let priority: Int
        let time: Double
    }

    /// After so many seconds a parked pod is tried even if nothing happened. Source: kube-scheduler's default of
    /// `podMaxInUnschedulablePodsDuration`.
    static let longestParking = 300.0

    private var entries: [String: Entry] = [:]
    private var parkedPods: Set<String> = []
    private var tickets = 0
    private var active = Heap<Ticket> { a, b in
        a.priority != b.priority
            ? a.priority > b.priority : a.time != b.time ? a.time < b.time : a.number < b.number
    }
    private var pausing = Heap<Ticket>(earlier), failed = Heap<Ticket>(earlier), parked = Heap<Ticket>(earlier)

    private static func earlier(_ a: Ticket, _ b: Ticket) -> Bool {
        a.time != b.time ? a.time < b.time : a.number < b.number
    }

    var count: Int { entries.count }

    func pod(_ uid: String) -> PodFacts? { entries[uid]?.queued.pod }

    // MARK: In

    mutating func add(_ pod: PodFacts, _ now: Double) {
        put(QueuedPod(pod, since: now), pod.gates.isEmpty ? .active : .gated)
    }

    /// Keeps the pod where it is, as it is now.
    mutating func replace(_ pod: PodFacts) { entries[pod.uid]?.queued.pod = pod }

    /// The pod itself was changed so that it may fit now.
    mutating func change(_ pod: PodFacts, _ now: Double) {
        guard var queued = entries[pod.uid]?.queued else { return add(pod, now) }
        let place = entries[pod.uid]?.place
        queued.pod = pod
        if !pod.gates.isEmpty {
            put(queued, .gated)
        } else if place == .gated {
            put(QueuedPod(pod, since: now), .active)
        } else if place == .parked {
            wake(queued, now)
        } else {
            replace(pod)
        }
    }

    /// No node would do.
    mutating func park(_ queued: QueuedPod, _ rejectors: Set<PluginName>, _ now: Double) {
        var queued = queued
        queued.rejectors = rejectors
        queued.rejections += 1
        queued.errors = 0
        queued.since = now
        put(queued, .parked)
    }

    /// Something failed that has nothing to do with the cluster's state.
    mutating func retry(_ queued: QueuedPod, _ now: Double) {
        var queued = queued
        queued.rejectors = []
        queued.errors += 1
        queued.since = now
        put(queued, .failed)
    }

    private mutating func put(_ queued: QueuedPod, _ place: Place) {
        tickets += 1
        let (uid, priority) = (queued.pod.uid, queued.pod.priority)
        entries[uid] = Entry(queued: queued, place: place, ticket: tickets)
        if place == .parked { parkedPods.insert(uid) } else { parkedPods.remove(uid) }
        func ticket(_ time: Double) -> Ticket { Ticket(uid: uid, number: tickets, priority: priority, time: time) }
        switch place {
        case .active: active.insert(ticket(queued.since))
        case .pausing: pausing.insert(ticket(queued.pauseEnds))
        case .failed: failed.insert(ticket(queued.pauseEnds))
        case .parked: parked.insert(ticket(queued.since + Self.longestParking))
        case .gated: break
        }
    }

    private mutating func wake(_ queued: QueuedPod, _ now: Double) {
        put(queued, queued.pauseEnds > now ? .pausing : .active)
    }

    /// Tries parked pods again for which `isHelped` says so.
    mutating func wake(_ now: Double, where isHelped: (QueuedPod) -> Bool) {
        let helped = parkedPods.compactMap { entries[$0]?.queued }.filter(isHelped)
        for queued in helped { wake(queued, now) }
    }

    // MARK: Out

    mutating func remove(_ uid: String) {
        entries[uid] = nil
        parkedPods.remove(uid)
    }

    /// The pod to be tried now; nil when all wait. A pause after rejections is cut short when there is nothing else
    /// to do, one after errors is not.
    mutating func next(_ now: Double) -> QueuedPod? {
        for heap in [\Self.parked, \Self.failed, \Self.pausing] { activate(heap, now) }
        return take(\Self.active) ?? take(\Self.pausing)
    }

    private mutating func activate(_ heap: WritableKeyPath<Self, Heap<Ticket>>, _ now: Double) {
        while let ticket = self[keyPath: heap].first, ticket.time <= now || !isGood(ticket) {
            _ = self[keyPath: heap].removeFirst()
            if isGood(ticket), let queued = entries[ticket.uid]?.queued { put(queued, .active) }
        }
    }

    private mutating func take(_ heap: WritableKeyPath<Self, Heap<Ticket>>) -> QueuedPod? {
        while let ticket = self[keyPath: heap].removeFirst() {
            if isGood(ticket) { return entries.removeValue(forKey: ticket.uid)?.queued }
        }
        return nil
    }

    private func isGood(_ ticket: Ticket) -> Bool { entries[ticket.uid]?.ticket == ticket.number }

    /// When `next` has something to give though nothing happens; nil: never.
    var due: Double? { [failed.first?.time, parked.first?.time].compactMap { $0 }.min() }
}
