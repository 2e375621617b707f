import Glibc
import KubeStorage
import NIOConcurrencyHelpers
import NIOCore

/// Many writers at once on few keys. The line of a write is printed once it was acknowledged, never before.
struct Load: Sendable {
    static let writers = 12
    static let keys = 60
    let store: SQLiteStorage
    let seed: UInt64
    /// Whether the lines are kept in `kept` instead of being printed.
    var keepsLines = false
    private let lines = NIOLockedValueBox<[Acknowledged]>([])

    var kept: [Acknowledged] { lines.withLockedValue { $0 } }

    init(store: SQLiteStorage, seed: UInt64, keepsLines: Bool = false) {
        self.store = store
        self.seed = seed
        self.keepsLines = keepsLines
    }

    func run(for duration: Duration) async throws {
        let end = ContinuousClock.now + duration
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<Self.writers { group.addTask { try await write(number, until: end) } }
            group.addTask { try await compact(until: end) }
            try await group.waitForAll()
        }
        await store.close()
    }

    private func write(_ number: Int, until end: ContinuousClock.Instant) async throws {
        var random = Numbers(seed: seed &* 1_000_003 &+ UInt64(number))
        while ContinuousClock.now < end {
            let key = "/registry/things/default/thing-\(random.below(Self.keys))"
            do { try await once(key, &random) } catch StorageError.conflict {}
        }
    }

    private func once(_ key: String, _ random: inout Numbers) async throws {
        if random.below(8) == 0 {
            let gone = try await store.delete(key, expecting: nil)
            return acknowledge("D \(gone.revision) \(key)")
        }
        let value = TestValue(id: random.next() >> 1, size: Self.size(&random))
        let expected: Int64? = random.below(2) == 0 ? nil : store.get(key)?.modRevision ?? 0
        let revision = try await store.put(key, value.bytes, expecting: expected)
        acknowledge("P \(revision) \(key) \(value.id) \(value.size)")
    }

    private static func size(_ random: inout Numbers) -> Int {
        random.below(40) == 0 ? 10_000 + random.below(30_000) : random.below(800)
    }

    /// One write(2) a line, so that a line is there whole or not at all.
    private func acknowledge(_ line: String) {
        if keepsLines { return lines.withLockedValue { $0 += [Acknowledged(line)].compactMap { $0 } } }
        var text = line + "\n"
        text.withUTF8 { _ = Glibc.write(1, $0.baseAddress, $0.count) }
    }

    /// Compacts now and then, so that a crash meets that too.
    private func compact(until end: ContinuousClock.Instant) async throws {
        var random = Numbers(seed: seed)
        while ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(20 + random.below(400)))
            try await store.compact(upTo: max(1, store.revision - Int64(random.below(500))))
        }
    }
}

/// A value that can be made again from two numbers.
struct TestValue: Sendable {
    let id: UInt64
    let size: Int

    var bytes: ByteBuffer {
        var numbers = Numbers(seed: id)
        var buffer = ByteBuffer()
        buffer.reserveCapacity(size + 24)
        buffer.writeInteger(id)
        buffer.writeInteger(UInt64(size))
        while buffer.readableBytes < size + 16 { buffer.writeInteger(numbers.next()) }
        return buffer
    }

    init(id: UInt64, size: Int) {
        self.id = id
        self.size = size
    }

    /// nil when the bytes aren't a whole test value.
    init?(_ bytes: ByteBuffer) {
        guard let id = bytes.getInteger(at: bytes.readerIndex, as: UInt64.self),
            let size = bytes.getInteger(at: bytes.readerIndex + 8, as: UInt64.self), size < 1 << 20
        else { return nil }
        self.init(id: id, size: Int(size))
        if bytes != self.bytes { return nil }
    }
}

/// splitmix64: the same numbers for the same seed.
struct Numbers {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
