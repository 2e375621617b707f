import KubeClient
import Logging
import NIOConcurrencyHelpers

/// Caches of custom resources, which come and go with their definitions.
final class CustomInformers: Sendable {
    private enum Order: Sendable {
        case begin(Informer)
        case end(ResourceID)
    }

    private let api: any ObjectAPI
    private let log: Logger
    private let orders: AsyncStream<Order>
    private let give: AsyncStream<Order>.Continuation

    init(_ api: any ObjectAPI, log: Logger) {
        self.api = api
        self.log = log
        (orders, give) = AsyncStream.makeStream()
    }

    func begin(_ resource: ResourceID, _ changed: @escaping @Sendable (ObjectChange) -> Void) {
        let informer = Informer(api, resource, log: log)
        informer.observe(changed)
        give.yield(.begin(informer))
    }

    func end(_ resource: ResourceID) { give.yield(.end(resource)) }

    /// Until its task is cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            var running: [ResourceID: AsyncStream<Never>.Continuation] = [:]
            for await order in orders {
                switch order {
                case .begin(let informer):
                    let (ending, end) = AsyncStream.makeStream(of: Never.self)
                    running[informer.resource] = end
                    group.addTask { await Self.follow(informer, until: ending) }
                case .end(let resource): running.removeValue(forKey: resource)?.finish()
                }
            }
            group.cancelAll()
        }
    }

    private static func follow(_ informer: Informer, until ending: AsyncStream<Never>) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await informer.run() }
            group.addTask { for await _ in ending {} }
            await group.next()
            group.cancelAll()
        }
    }
}
