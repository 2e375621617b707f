import JSON
import KubeClient
import Logging

/// Tells of pods by events, several at once: each pod's by one of several recorders, so that its own stay in order and
/// a burst of new pods leaves none without.
struct EventLanes: Sendable {
    /// Events being written at once; each lane holds back as many as its recorder does.
    private static let count = 16

    private let lanes: [EventRecorder]

    init(_ api: any ObjectAPI, component: String, log: Logger, now: @escaping @Sendable () -> Double) {
        lanes = (0..<Self.count).map { _ in EventRecorder(api, component: component, log: log, now: now) }
    }

    func record(_ level: EventRecorder.Level, about pod: PodFacts, reason: String, _ message: String) {
        let sum = pod.uid.utf8.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xFFFF }
        lanes[sum % lanes.count].record(level, about: pod.object, reason: reason, message)
    }

    /// Until its task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            for lane in lanes { group.addTask { await lane.run() } }
        }
    }
}
