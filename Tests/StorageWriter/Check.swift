import KubeStorage

/// Holds a store that was cut off to the lines that its writers printed. Opening it has already shown that no revision
/// after the compacted one is missing.
struct Check {
    let store: SQLiteStorage
    let acknowledged: [Acknowledged]

    func run() async throws {
        let events = try await history()
        let last = store.revision
        let compacted = store.compactedRevision
        var newest: [String: Acknowledged] = [:]
        var revisions: [Int64: Acknowledged] = [:]
        for write in acknowledged {
            if let other = revisions.updateValue(write, forKey: write.revision) {
                Main.fail("\(write) and \(other) have one revision")
            }
            guard write.revision <= last else {
                Main.fail("\(write) was acknowledged, but \(last) is the last revision")
            }
            if write.revision > compacted {
                guard let event = events[write.revision] else { Main.fail("\(write) is lost") }
                if let problem = write.differs(from: event) { Main.fail("\(write) was acknowledged, but \(problem)") }
            }
            if newest[write.key].map({ $0.revision < write.revision }) ?? true { newest[write.key] = write }
        }
        var lastEvents: [String: Int64] = [:]
        for event in events.values { lastEvents[event.key] = max(lastEvents[event.key] ?? 0, event.revision) }
        for write in newest.values { check(write, lastEvents[write.key]) }
        for stored in try await store.list(prefix: "", from: nil, limit: nil, at: nil).values {
            guard TestValue(stored.value) != nil else { Main.fail("the value of \(stored.key) is damaged") }
            guard (newest[stored.key]?.revision ?? 0) <= stored.modRevision else {
                Main.fail("\(stored.key) is at \(stored.modRevision), older than what was acknowledged")
            }
        }
        await store.close()
        print("ok: \(acknowledged.count) acknowledged writes of \(last - 1), history from \(compacted)")
    }

    /// The key's last acknowledged write is its state now, unless another write of it came after.
    private func check(_ write: Acknowledged, _ lastEvent: Int64?) {
        let now = store.get(write.key)?.modRevision
        if let lastEvent, lastEvent > write.revision { return }
        if write.value == nil || write.revision <= store.compactedRevision, now == nil { return }
        guard let now, now >= write.revision, write.value != nil || now > write.revision else {
            Main.fail("\(write) was acknowledged, but the key is at \(now ?? 0)")
        }
    }

    private func history() async throws -> [Int64: StorageEvent] {
        var events: [Int64: StorageEvent] = [:]
        let last = store.revision
        var next = store.compactedRevision + 1
        if next > last { return events }
        for try await news in try store.watch(prefix: "", after: next - 1) {
            guard case .events(let chunk) = news else { continue }
            for event in chunk {
                guard event.revision == next else { Main.fail("revision \(event.revision) follows \(next - 1)") }
                events[event.revision] = event
                next += 1
            }
            if next > last { break }
        }
        return events
    }

    static func read() -> [Acknowledged] {
        var all: [Acknowledged] = []
        while let line = readLine() {
            if line.hasPrefix("FAILED") { Main.fail(line) }
            if let write = Acknowledged(line) { all.append(write) }
        }
        return all
    }
}

/// A line that a writer printed.
struct Acknowledged: Sendable, CustomStringConvertible {
    let revision: Int64
    let key: String
    /// nil: a deletion.
    let value: TestValue?

    /// nil for other lines, and for the last one when it was cut off.
    init?(_ line: String) {
        let words = line.split(separator: " ").map(String.init)
        guard words.count >= 3, let revision = Int64(words[1]), words[2].hasPrefix("/registry/things/") else {
            return nil
        }
        self.revision = revision
        key = words[2]
        switch (words[0], words.count) {
        case ("D", 3): value = nil
        case ("P", 5):
            guard let id = UInt64(words[3]), let size = Int(words[4]) else { return nil }
            value = TestValue(id: id, size: size)
        default: return nil
        }
    }

    var description: String { "\(value == nil ? "the deletion of" : "the write of") \(key) at revision \(revision)" }

    func differs(from event: StorageEvent) -> String? {
        if event.key != key { return "that revision is \(event.key)'s" }
        guard let value else { return event.value == nil ? nil : "that revision isn't a deletion" }
        return event.value?.value == value.bytes ? nil : "its value is another"
    }
}
