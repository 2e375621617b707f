import Controllers
import Fault
import KubeAPIServer
import KubeClient
import Logging
import NIOCore
import Scheduler
import ServiceProxy

/// The parts that only a control plane has: the API with its store, the controllers, the scheduler.
package final class ControlPlane: Sendable {
    package let server: RunningAPIServer
    private let controllers: ControllerManager
    private let scheduler: Scheduler
    private let labels: NodeLabels
    private let events: EventRecorder
    private let balancers: LoadBalancerAddresses
    private let informers: InformerSet
    private let simulated: SimulatedNodes?

    static let administrator = "/admin.conf", joinToken = "/join.token"

    init(
        _ settings: NodeSettings, group: any EventLoopGroup, node: any NodeInterface, log: Logger,
        now: @escaping @Sendable () -> Double
    ) async throws {
        var configuration = APIServerConfiguration()
        configuration.dataFolder = settings.folder + "/cluster"
        configuration.bindAddress = "0.0.0.0"
        configuration.port = settings.port
        configuration.advertiseAddress = settings.address
        configuration.productVersion = settings.productVersion
        let server = try await RunningAPIServer.start(configuration, group: group, node: node, log: log)
        self.server = server
        try server.writeKubeconfig(to: settings.folder + Self.administrator)
        server.observeRenewal { [weak server] in
            do { try server?.writeKubeconfig(to: settings.folder + Self.administrator) } catch {
                log.error("the administrator's new certificate can't be written: \(sentence(error))")
            }
        }
        let administrator = server.api(as: .administrator, manager: "hako")
        let token = try BootstrapToken.kept(
            in: settings.folder + Self.joinToken, trustPEM: server.signingAuthority?.certificatePEM ?? "")
        try await ClusterObjects.ensure(administrator, token: token)
        informers = InformerSet(administrator, log: log)
        events = EventRecorder(administrator, component: "service-controller", log: log, now: now)
        balancers = LoadBalancerAddresses(api: administrator, informers: informers, events: events, log: log)
        labels = NodeLabels(administrator, informers, primary: settings.name, log: log)
        simulated =
            settings.simulatedNodes > 0
            ? SimulatedNodes(
                server.api(as: .administrator, manager: "simulated"), count: settings.simulatedNodes, log: log, now: now
            )
            : nil
        let authority = server.signingAuthority
        var wanted = ControllerSettings()
        wanted.clusterCIDR = ""
        wanted.authorityCertificatePEM = authority?.certificatePEM ?? ""
        wanted.authorityKeyPEM = authority?.keyPEM ?? ""
        controllers = ControllerManager(
            wanted, api: { server.api(as: ControlPlane.user($0), manager: "kube-controller-manager") }, log: log,
            now: now)
        scheduler = Scheduler(
            api: server.api(as: Self.user("system:kube-scheduler"), manager: "kube-scheduler"), log: log, now: now)
    }

    /// Whom a component's requests are authorized as, by its name alone.
    static func user(_ name: String) -> UserInfo {
        let account = "system:serviceaccount:"
        guard name.hasPrefix(account) else {
            return UserInfo(name: name, groups: ["system:authenticated"])
        }
        let namespace = name.dropFirst(account.count).prefix { $0 != ":" }
        return UserInfo(
            name: name,
            groups: ["system:serviceaccounts", "system:serviceaccounts:\(namespace)", "system:authenticated"])
    }

    /// Until its task is cancelled; then the store is closed.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.controllers.run() }
            group.addTask { await self.scheduler.run() }
            group.addTask { await self.informers.run() }
            group.addTask { await self.labels.run() }
            group.addTask { await self.events.run() }
            group.addTask { await self.balancers.run() }
            if let simulated = self.simulated { group.addTask { await simulated.run() } }
        }
        await server.stop()
    }
}

extension UserInfo {
    /// Who may do everything, as the kubeconfig of `hako start` does.
    static let administrator = UserInfo(
        name: "kubernetes-admin", groups: ["system:masters", "system:authenticated"])
}
