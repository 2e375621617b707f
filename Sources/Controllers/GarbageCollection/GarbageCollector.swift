import JSON
import KubeClient
import KubeModel
import Logging
import NIOConcurrencyHelpers

/// Deletes what has lost its owners, and carries out deletions in the foreground and ones that orphan.
final class GarbageCollector: Controller {
    private let graph = NIOLockedValueBox(OwnerGraph())
    private let catalog: ResourceCatalog
    private let metadata: InformerSet
    private let api: any ObjectAPI
    private let log: Logger
    private let judging: ReconcileLoop<String>
    private let orphaning: ReconcileLoop<String>
    private let removed = NIOLockedValueBox<[@Sendable (_ namespace: String) -> Void]>([])
    private let customs: CustomInformers

    private static let workers = 20
    /// Not collected: they go by age.
    private static let ignored: Set<ResourceID> = [.events]

    init(_ context: ControllerContext, catalog: ResourceCatalog) {
        let api = context.api("generic-garbage-collector")
        self.api = api
        self.catalog = catalog
        log = context.log
        metadata = InformerSet(MetadataAPI(api), indexes: [:], log: context.log)
        let work = GarbageWork(api: api, graph: graph, catalog: catalog)
        let queue = GarbageQueue()
        judging = ReconcileLoop("garbage-collector", workers: Self.workers, log: context.log) { uid in
            let (more, next) = try await work.judge(uid)
            queue.add(more)
            return next
        }
        orphaning = ReconcileLoop("garbage-collector-orphans", workers: Self.workers, log: context.log) { uid in
            try await work.orphan(uid)
            return .settled
        }
        customs = CustomInformers(MetadataAPI(api), log: context.log)
        queue.open(judging, orphaning)
        let shared = Set(context.informers.resources)
        let see = seer(queue)
        for entry in ResourceCatalog.builtIn where entry.canWatch && !Self.ignored.contains(entry.resource) {
            let informer = (shared.contains(entry.resource) ? context.informers : metadata)[entry.resource]
            informer.observe { see(entry.resource, $0) }
        }
        catalog.observe { [customs, graph] entry, isThere in
            if isThere {
                customs.begin(entry.resource) { see(entry.resource, $0) }
                queue.add(graph.withLockedValue { $0.learn(entry) })
            } else {
                customs.end(entry.resource)
            }
        }
    }

    /// Told the namespace of every object that goes.
    func observeRemovals(_ told: @escaping @Sendable (_ namespace: String) -> Void) {
        removed.withLockedValue { $0.append(told) }
    }

    private func seer(_ queue: GarbageQueue) -> @Sendable (ResourceID, ObjectChange) -> Void {
        { [graph, catalog, removed] resource, change in
            let work = graph.withLockedValue { graph in
                guard let new = change.new else { return graph.remove(change.object.uid) }
                return graph.see(new, resource) { reference in
                    catalog.find(apiVersion: reference.text("apiVersion"), kind: reference.text("kind"))
                }
            }
            queue.add(work)
            guard change.new == nil, !change.object.objectNamespace.isEmpty else { return }
            for told in removed.withLockedValue({ $0 }) { told(change.object.objectNamespace) }
        }
    }

    func run() async {
        await runTogether([
            { await self.metadata.run() },
            { await self.customs.run() },
            {
                await self.metadata.synced()
                await runTogether([{ await self.judging.run() }, { await self.orphaning.run() }])
            },
        ])
    }
}

/// Brings what is to be looked at to the loops; they are made after it.
private final class GarbageQueue: Sendable {
    private let loops = NIOLockedValueBox<(judging: ReconcileLoop<String>, orphaning: ReconcileLoop<String>)?>(nil)

    func open(_ judging: ReconcileLoop<String>, _ orphaning: ReconcileLoop<String>) {
        loops.withLockedValue { $0 = (judging, orphaning) }
    }

    func add(_ work: Set<OwnerGraph.Work>) {
        guard let loops = loops.withLockedValue({ $0 }) else { return }
        for item in work {
            switch item {
            case .judge(let uid): loops.judging.enqueue(uid)
            case .orphan(let uid): loops.orphaning.enqueue(uid)
            }
        }
    }
}
