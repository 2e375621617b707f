import Fault
import KubeClient
import Linux
import Logging
import NIOConcurrencyHelpers
import NIOPosix

/// Lets services' addresses lead to their pods, on one node: watches services and endpoint slices, and keeps an
/// nftables table in which every service is some elements of maps. A change is one transaction of the elements that it
/// touches; nothing waits for anything but the transaction before. The table outlives the process, and another process
/// begins with replacing it whole.
package final class ServiceProxy: Sendable {
    private enum Limit {
        /// Between tries when the kernel refuses the rules; doubled up to the most.
        static let firstPause = Duration.milliseconds(200), longestPause = Duration.seconds(30)
        /// Of the kernel's or libnftables' explanation in the log.
        static let causeCharacters = 500
    }

    private let settings: ProxySettings
    private let own: InformerSet?
    private let informers: InformerSet
    private let log: Logger
    private let nft: any RuleLoader
    private let healthChecks: HealthCheckServers
    private let book = NIOLockedValueBox(ServiceBook())
    private let signals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    /// - Parameters:
    ///   - api: of a user who may list and watch services, endpoint slices and nodes.
    ///   - informers: the process' own, run by its owner; nil: this proxy has and runs its own.
    package init(
        _ settings: ProxySettings, api: any ObjectAPI, informers: InformerSet? = nil, log: Logger,
        nft: any RuleLoader = Nftables()
    ) {
        self.settings = settings
        self.log = log
        self.nft = nft
        healthChecks = HealthCheckServers(settings, log: log)
        own = informers == nil ? InformerSet(api, log: log) : nil
        self.informers = informers ?? own ?? InformerSet(api, log: log)
        (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        observe()
    }

    private func observe() {
        let (book, signal, node, healthChecks) = (book, signal, settings.nodeName, healthChecks)
        informers[.services].observe { change in
            book.withLockedValue { $0.take(service: change) }
            signal.yield()
        }
        informers[.endpointSlices].observe { change in
            book.withLockedValue { $0.take(slice: change) }
            signal.yield()
        }
        informers[.nodes].observe { change in
            guard change.key.name == node, let new = change.new else { return }
            healthChecks.take(ownNode: new)
            if book.withLockedValue({ $0.take(ownNode: new) }) { signal.yield() }
        }
    }

    /// Until its task is cancelled. The rules stay.
    package func run() async {
        KernelSettings.set(settings, log: log)
        await withTaskGroup(of: Void.self) { group in
            if let own { group.addTask { await own.run() } }
            group.addTask { await self.keep() }
            if let port = settings.healthPort { group.addTask { await self.healthChecks.serveOwn(port: port) } }
        }
        await healthChecks.close()
    }

    private func keep() async {
        for resource in [ResourceID.services, .endpointSlices] { await informers[resource].synced() }
        var families = settings.families.map { FamilyState(settings, $0) }
        var isLoaded = false
        var pause = Limit.firstPause
        signal.yield()
        for await _ in signals {
            if Task.isCancelled { return }
            let news = book.withLockedValue { $0.takeNews() }
            var changes: [ElementChanges] = []
            for index in families.indices { changes.append(families[index].update(news)) }
            do {
                let loader = RuleTransactions(settings.table, nft, log)
                let (wanted, steps) = (families, isLoaded ? changes : nil)
                try await NIOThreadPool.singleton.runIfActive { try loader.load(wanted, steps, news) }
                isLoaded = true
                pause = Limit.firstPause
            } catch {
                isLoaded = false
                let cause = ((error as? Fault)?.cause as? NftablesRefusal)?.answer ?? ""
                log.error(
                    "services' rules could not be loaded; all of them are tried again",
                    metadata: [
                        "error": "\(error)", "after": "\(pause)", "cause": "\(cause.prefix(Limit.causeCharacters))",
                    ])
                wake(after: pause)
                pause = min(pause * 2, Limit.longestPause)
            }
            await healthChecks.update(news, proxyIsHealthy: isLoaded)
        }
    }

    private func wake(after pause: Duration) {
        Task { [signal] in
            try? await Task.sleep(for: pause)
            signal.yield()
        }
    }

    /// Takes the rules away, of a node that is no longer one.
    package static func remove(_ settings: ProxySettings, nft: any RuleLoader = Nftables()) throws(Fault) {
        try nft.load(
            settings.families.map { family in
                let name = "\(family.rawValue) \(settings.table)"
                return "add table \(name)\ndelete table \(name)\n"
            }.joined())
    }
}
