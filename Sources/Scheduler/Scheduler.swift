import JSON
import KubeClient
import KubeModel
import Logging

/// Finds a node for every pod and binds it there. Decisions are made one at a time from what is in memory; bindings
/// and all other requests go out many at once, each decision already counting the pods that are on their way.
package final class Scheduler: Sendable {
    /// Requests under way at once; more decisions wait. Enough for the store to put many writes into one fsync.
    static let requestsAtOnce = 256

    let api: any ObjectAPI
    let events: EventLanes
    let claims = ClaimWaiters()
    let log: Logger
    let now: @Sendable () -> Double
    let inbox: Inbox
    private let informers: InformerSet
    private let runsInformers: Bool

    /// - Parameters:
    ///   - api: as `system:kube-scheduler`.
    ///   - informers: shared with others, and run by their owner; nil: the scheduler has its own.
    ///   - now: seconds since 1970, with fractions.
    package init(
        api: any ObjectAPI, informers: InformerSet? = nil, log: Logger, now: @escaping @Sendable () -> Double
    ) {
        self.api = api
        self.log = log
        self.now = now
        self.informers = informers ?? InformerSet(api, log: log)
        runsInformers = informers == nil
        events = EventLanes(api, component: SchedulingCore.schedulerName, log: log, now: now)
        inbox = Inbox(now: now)
        let inbox = inbox
        self.informers[.nodes].observe { inbox.put(.node($0)) }
        self.informers[.pods].observe { inbox.put(.pod($0)) }
        let claims = claims
        self.informers[.persistentVolumeClaims].observe { claims.take($0) }
        for resource in RelatedObjects.resources {
            self.informers[resource].observe { inbox.put(.related(resource, $0)) }
        }
    }

    /// Until its task is cancelled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.events.run() }
            if runsInformers { group.addTask { await self.informers.run() } }
            for resource in [.nodes, .pods] + RelatedObjects.resources { await informers[resource].synced() }
            var core = SchedulingCore()
            var underWay = 0
            while !Task.isCancelled {
                for input in inbox.take() {
                    if input.isAnswer { underWay -= 1 }
                    core.take(input, now())
                }
                while underWay < Self.requestsAtOnce, let action = core.next(now()) {
                    underWay += 1
                    group.addTask { self.inbox.put(await self.perform(action)) }
                }
                await inbox.wait(until: underWay < Self.requestsAtOnce ? core.due : nil)
            }
        }
    }
}
