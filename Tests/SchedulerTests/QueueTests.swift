import JSON
import KubeClient
import Testing

@testable import Scheduler

@Suite("the order in which pods are tried")
struct QueueTests {
    private static func pod(_ name: String, priority: Int = 0, gates: [String] = []) -> PodFacts {
        var groups = PodGroups()
        let spec: JSON = gates.isEmpty ? [:] : ["schedulingGates": .array(gates.map { ["name": .string($0)] })]
        return PodFacts(Bench.pod(name, priority: priority, spec: spec), &groups)
    }

    private static func take(_ queue: inout SchedulingQueue, _ now: Double) throws -> QueuedPod {
        let next = queue.next(now)
        return try #require(next)
    }

    @Test("the important come first, then those that came first")
    func order() {
        var queue = SchedulingQueue()
        queue.add(Self.pod("late"), 3)
        queue.add(Self.pod("early"), 1)
        queue.add(Self.pod("important", priority: 10), 9)
        let names = [queue.next(9), queue.next(9), queue.next(9), queue.next(9)].map { $0?.pod.key.name }
        #expect(names == ["important", "early", "late", nil])
    }

    @Test("a rejected pod waits for something that helps, and is tried at last when nothing happens")
    func parking() throws {
        var queue = SchedulingQueue()
        queue.add(Self.pod("a"), 0)
        let next = try Self.take(&queue, 0)
        queue.park(next, [.nodeResourcesFit], 0)
        #expect(queue.next(100) == nil)
        queue.wake(100) { $0.rejectors.contains(.nodeAffinity) }
        #expect(queue.next(100) == nil)
        queue.wake(100) { $0.rejectors.contains(.nodeResourcesFit) }
        let again = try Self.take(&queue, 100)
        queue.park(again, [.nodeResourcesFit], 100)
        #expect(queue.due == 400)
        #expect(queue.next(400)?.pod.key.name == "a")
    }

    @Test("a pause after a rejection holds only while others are there")
    func pauses() throws {
        var queue = SchedulingQueue()
        queue.add(Self.pod("a"), 0)
        let next = try Self.take(&queue, 0)
        queue.park(next, [], 0)
        queue.add(Self.pod("b", priority: -1), 0)
        queue.wake(0.5) { _ in true }
        #expect(queue.next(0.5)?.pod.key.name == "b")
        #expect(queue.next(0.5)?.pod.key.name == "a")
    }

    @Test("after errors the pause is kept, and grows to ten seconds")
    func errors() throws {
        var queue = SchedulingQueue()
        queue.add(Self.pod("a"), 0)
        var now = 0.0
        for pause in [1.0, 2, 4, 8, 10, 10] {
            let next = try Self.take(&queue, now)
            queue.retry(next, now)
            #expect(queue.due == now + pause)
            #expect(queue.next(now + pause - 0.1) == nil)
            now += pause
        }
    }

    @Test("gates hold a pod back until the last is gone")
    func gates() {
        var queue = SchedulingQueue()
        queue.add(Self.pod("a", gates: ["x", "y"]), 0)
        queue.change(Self.pod("a", gates: ["y"]), 1)
        queue.wake(1) { _ in true }
        #expect(queue.next(1) == nil)
        queue.change(Self.pod("a"), 2)
        #expect(queue.next(2)?.pod.key.name == "a")
    }

    @Test("a pod that is gone isn't tried")
    func removal() {
        var queue = SchedulingQueue()
        queue.add(Self.pod("a"), 0)
        queue.remove("uid-a")
        #expect(queue.next(0) == nil)
    }
}
