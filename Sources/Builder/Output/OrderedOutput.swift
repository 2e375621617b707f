import DockerModel
import JSON

/// The classic stream tells of one step after the other, while stages run side by side: the first stage that hasn't
/// ended speaks at once, the others' words wait for their turn.
actor OrderedOutput {
    enum Limit {
        /// Bytes of a stage's waiting words before its step waits, too.
        static let waiting = 1 << 20
    }

    private let sink: ProgressSink
    private let isQuiet: Bool
    private var lanes: [Int]
    private var queues: [Int: [JSON]] = [:]
    private var sizes: [Int: Int] = [:]
    private var waiters: [CheckedContinuation<Void, Never>] = []
    /// Stages that ended before it was their turn.
    private var ended: Set<Int> = []
    /// One message at a time, in order, although actors let others in while the client is waited for.
    private var last: Task<Void, any Error>?

    /// `lanes` are the stages in the order in which they speak.
    init(lanes: [Int], isQuiet: Bool, _ sink: @escaping ProgressSink) {
        self.lanes = lanes
        self.isQuiet = isQuiet
        self.sink = sink
    }

    func say(_ text: String, lane: Int) async throws {
        try await post(["stream": .string(text)], lane: lane)
    }

    func post(_ message: JSON, lane: Int) async throws {
        if isQuiet { return }
        while lanes.first != lane, sizes[lane, default: 0] > Limit.waiting {
            await withCheckedContinuation { waiters.append($0) }
        }
        guard lanes.first == lane else {
            queues[lane, default: []].append(message)
            sizes[lane, default: 0] += message["stream"].string?.utf8.count ?? 100
            return
        }
        try await send(message)
    }

    /// The lane has nothing more to say. Also after a failure, so that others can go on or end.
    func end(lane: Int) async throws {
        guard lanes.first == lane else {
            // Its words are told when it is its turn.
            ended.insert(lane)
            return
        }
        lanes.removeFirst()
        // Without a pause in between: what the next stage says now must come after what it has said.
        while let next = lanes.first {
            for message in queues.removeValue(forKey: next) ?? [] { enqueue(message) }
            sizes[next] = nil
            guard ended.contains(next) else { break }
            lanes.removeFirst()
        }
        for waiter in waiters { waiter.resume() }
        waiters = []
        try await last?.value
    }

    private func send(_ message: JSON) async throws { try await enqueue(message).value }

    @discardableResult
    private func enqueue(_ message: JSON) -> Task<Void, any Error> {
        let before = last
        let sink = sink
        let task = Task {
            _ = try await before?.value
            try await sink(message)
        }
        last = task
        return task
    }

    /// After everything else, whatever lanes are left.
    func close(_ messages: [JSON]) async throws {
        for message in messages { try await send(message) }
    }
}
