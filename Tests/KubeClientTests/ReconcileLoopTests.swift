import Logging
import NIOConcurrencyHelpers
import Testing

@testable import KubeClient

@Suite("reconcile loops")
struct ReconcileLoopTests {
    private struct Broken: Error {}

    /// Runs the loop until `isDone`, at most five seconds.
    private func run<Key>(_ loop: ReconcileLoop<Key>, until isDone: () -> Bool) async throws {
        let running = Task { await loop.run() }
        for _ in 0..<1_000 where !isDone() { try await Task.sleep(for: .milliseconds(5)) }
        running.cancel()
        await running.value
    }

    @Test("a key that is asked for many times while it waits is done once")
    func onceWhileWaiting() async throws {
        let seen = NIOLockedValueBox<[String: Int]>([:])
        let loop = ReconcileLoop<String>("test", log: Logger(label: "test")) { key in
            seen.withLockedValue { $0[key, default: 0] += 1 }
            return .settled
        }
        for _ in 0..<10 { loop.enqueue("a") }
        loop.enqueue("b")
        try await run(loop) { seen.withLockedValue { $0.count == 2 } }
        #expect(seen.withLockedValue { $0 } == ["a": 1, "b": 1])
    }

    @Test("a key that is asked for while it runs is done once more, never twice at once")
    func againAfterRunning() async throws {
        struct Counts { var running = 0, most = 0, done = 0 }
        let counts = NIOLockedValueBox(Counts())
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let loop = ReconcileLoop<String>("test", log: Logger(label: "test")) { _ in
            let isFirst = counts.withLockedValue { counts in
                counts.running += 1
                counts.most = max(counts.most, counts.running)
                return counts.done == 0
            }
            if isFirst { for await _ in gate { break } }
            counts.withLockedValue { counts in
                counts.running -= 1
                counts.done += 1
            }
            return .settled
        }
        loop.enqueue("a")
        let running = Task { await loop.run() }
        for _ in 0..<1_000 where counts.withLockedValue({ $0.running }) == 0 {
            try await Task.sleep(for: .milliseconds(5))
        }
        for _ in 0..<3 { loop.enqueue("a") }
        open.yield()
        for _ in 0..<1_000 where counts.withLockedValue({ $0.done }) < 2 {
            try await Task.sleep(for: .milliseconds(5))
        }
        try await Task.sleep(for: .milliseconds(30))
        running.cancel()
        await running.value
        let result = counts.withLockedValue { $0 }
        #expect(result.done == 2 && result.most == 1, "\(result)")
    }

    @Test("what fails is tried again until it succeeds; what asks to be looked at again is")
    func failures() async throws {
        let tries = NIOLockedValueBox(0)
        let loop = ReconcileLoop<Int>("test", log: Logger(label: "test")) { _ in
            let number = tries.withLockedValue { tries in
                tries += 1
                return tries
            }
            if number < 4 { throw Broken() }
            return number == 4 ? .again(after: .milliseconds(1)) : .settled
        }
        loop.enqueue(1)
        try await run(loop) { tries.withLockedValue { $0 } == 5 }
        #expect(tries.withLockedValue { $0 } == 5)
    }

    @Test("of several times for one key the earliest counts")
    func earliest() async throws {
        let tries = NIOLockedValueBox(0)
        let loop = ReconcileLoop<Int>("test", log: Logger(label: "test")) { _ in
            tries.withLockedValue { $0 += 1 }
            return .settled
        }
        loop.enqueue(1, after: .seconds(3_600))
        loop.enqueue(1, after: .milliseconds(5))
        loop.enqueue(1, after: .seconds(1_800))
        try await run(loop) { tries.withLockedValue { $0 } == 1 }
        #expect(tries.withLockedValue { $0 } == 1)
    }
}
