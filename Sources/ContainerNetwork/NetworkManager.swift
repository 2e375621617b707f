import CLinux
import Fault
import JSON
import Linux
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// Bridges, addresses, published ports. Kernel state is derived: `start` makes it match the recorded networks and the
/// containers that are told to be alive.
///
/// System calls here take up to a few milliseconds, so the work is done on NIO's thread pool, not on Swift's.
package final class NetworkManager: Sendable {
    struct LeaseKey: Hashable {
        var container: String
        var network: String
    }

    struct State {
        /// By ID.
        var networks: [String: NetworkRecord] = [:]
        var leases: [LeaseKey: Lease] = [:]
        var ports = PortTable()
        /// Where each network's relays and held sockets are.
        var holds: [LeaseKey: [HeldPort]] = [:]
        var localPrefix: UInt64 = 0
    }

    let options: NetworkOptions
    let log: Logger
    let rules: any RuleLoader
    let others: OtherFirewalls
    private let watch = Mutex<FirewallWatch?>(nil)
    let leaseFiles: LeaseFolder
    let state = Mutex(State())
    /// Changes to definitions and to bridges, one after the other.
    let definitions = Mutex(())

    package convenience init(_ options: NetworkOptions) throws {
        try self.init(options, log: Logger(label: "network"), rules: Nftables())
    }

    /// Reads the recorded networks; touches nothing in the kernel.
    package init(_ options: NetworkOptions, log: Logger, rules: any RuleLoader) throws {
        self.options = options
        self.log = log
        self.rules = rules
        others = OtherFirewalls(name: options.table, rules: rules)
        leaseFiles = LeaseFolder(path: options.runFolder + "/leases")
        for folder in [options.stateFolder, options.runFolder, leaseFiles.path] {
            try KernelFile.makeFolders(folder, mode: 0o700)
        }
        let saved = try NetworkFile(path: Self.file(options)).load()
        let localPrefix = saved.localPrefix ?? UInt64.random(in: 0..<(1 << 40))
        let networks = try DefaultNetworks.added(to: saved.networks, options, localPrefix: localPrefix)
        state.withLock {
            for network in networks { $0.networks[network.id] = network }
            $0.localPrefix = localPrefix
        }
        if saved.networks != networks || saved.localPrefix == nil { try save() }
    }

    static func file(_ options: NetworkOptions) -> String { options.stateFolder + "/networks.json" }

    /// Writes the definitions; what the caller was told is on disk then.
    func save() throws {
        let (networks, prefix) = state.withLock { ($0.networks, $0.localPrefix) }
        try NetworkFile(path: Self.file(options)).save(
            networks.values.sorted { $0.created < $1.created }, localPrefix: prefix)
    }

    /// Runs blocking work off Swift's threads.
    func blocking<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws -> T {
        try await NIOThreadPool.singleton.runIfActive { try work() }
    }

    // MARK: The kernel's side

    /// Makes the default bridge and the rule set. `alive` are the containers that still run; all others' leases,
    /// ports and links are freed.
    package func start(alive: Set<String>) async throws {
        try await blocking { try self.startNow(alive) }
    }

    private func startNow(_ alive: Set<String>) throws {
        try definitions.withLock { _ in
            let kernel = try RouteNetlink.here()
            let all = state.withLock { Array($0.networks.values) }
            let networks = all.filter { $0.driver == .bridge }
            HostSettings.forward(ipv6: networks.contains(where: \.hasIPv6), log)
            for network in networks {
                try Bridges.checkIPv6(network)
                try Bridges.make(network, kernel)
            }
            for network in all where network.driver.isShared {
                do { try ParentLinks.make(network, kernel) } catch {
                    log.warning("network \(network.name) can't be used: \(error)")
                }
            }
            let kept = adoptLeases(alive)
            try Bridges.removeStrays(of: networks, keeping: Set(kept.map(\.link)), kernel)
            try loadRules()
            for lease in kept { holdAgain(lease) }
            do {
                if let advice = try others.advice(bridges: bridgeNames()) { log.warning("\(advice)") }
                let watch = try FirewallWatch { [weak self] in self?.firewallChanged() }
                self.watch.withLock { $0 = watch }
            } catch { log.warning("changes of this host's firewall won't be noticed: \(error)") }
        }
    }

    /// Takes the leases of living containers over and forgets the others.
    private func adoptLeases(_ alive: Set<String>) -> [Lease] {
        let (leases, broken) = leaseFiles.load()
        for name in broken {
            log.warning("removing network lease \(name): it does not decode")
            _ = unlink(leaseFiles.path + "/" + name)
        }
        var kept: [Lease] = []
        state.withLock { state in
            for lease in leases {
                guard alive.contains(lease.containerID), state.networks[lease.networkID] != nil else {
                    leaseFiles.remove(lease)
                    continue
                }
                state.leases[LeaseKey(container: lease.containerID, network: lease.networkID)] = lease
                kept.append(lease)
            }
        }
        return kept
    }

    /// After a restart: the container's ports are where they were. A port that someone took meanwhile is reported and
    /// left; its rewriting rule still works.
    private func holdAgain(_ lease: Lease) {
        let key = LeaseKey(container: lease.containerID, network: lease.networkID)
        let held = lease.ports.map { port in
            do {
                return try HeldPort(port, lease: lease)
            } catch {
                log.warning("port \(port.hostIP):\(port.hostPort) of \(lease.containerName) is not held: \(error)")
                return HeldPort(unheld: port)
            }
        }
        state.withLock { state in
            for port in lease.ports { state.ports.add(port, holder: lease.containerName) }
            state.holds[key] = held
        }
    }

    func ruleSet() -> RuleSet {
        state.withLock { state in
            RuleSet(
                table: options.table,
                bridges: state.networks.values.filter { $0.driver == .bridge }.map(\.rules),
                ports: state.leases.values.flatMap(\.published).sorted {
                    ($0.hostPort, $0.transport.rawValue, $0.hostAddress)
                        < ($1.hostPort, $1.transport.rawValue, $1.hostAddress)
                })
        }
    }

    /// Replaces the table; connections go on.
    func loadRules() throws {
        try rules.load(ruleSet().text)
        passOtherFirewalls()
    }

    private func bridgeNames() -> [String] { ruleSet().bridges.map(\.interface) }

    private func firewallChanged() {
        NIOThreadPool.singleton.submit { _ in self.definitions.withLock { _ in self.passOtherFirewalls() } }
    }

    private func passOtherFirewalls() {
        do { try others.open(to: bridgeNames()) } catch {
            log.warning("this host's firewall may drop containers' traffic: \(error)")
        }
    }

    /// Takes everything off the host that `start` put there.
    package func shutdown() async throws {
        try await blocking { try self.shutdownNow() }
    }

    private func shutdownNow() throws {
        try definitions.withLock { _ in
            let (networks, held, leases) = state.withLock { state in
                defer {
                    state.holds = [:]
                    state.leases = [:]
                    state.ports = PortTable()
                }
                return (Array(state.networks.values), state.holds.values.flatMap { $0 }, Array(state.leases.values))
            }
            watch.withLock { watch in
                watch?.stop()
                watch = nil
            }
            for port in held { port.release() }
            for lease in leases { leaseFiles.remove(lease) }
            try others.close()
            try rules.load("add table inet \(options.table)\ndelete table inet \(options.table)\n")
            let kernel = try RouteNetlink.here()
            try Bridges.removeStrays(of: networks, keeping: [], kernel)
            for network in networks { try removeLinks(of: network, kernel) }
        }
    }
}
