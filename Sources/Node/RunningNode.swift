import ClusterDNS
import Engine
import Fault
import JSON
import KubeAPIServer
import KubeClient
import Kubelet
import Linux
import Logging
import NIOConcurrencyHelpers
import NIOCore
import ServiceProxy

/// The parts of one node in one process: what `hako node` is.
package final class RunningNode: Sendable {
    private let settings: NodeSettings
    private let log: Logger
    private let engine: Engine
    private let controlPlane: ControlPlane?
    private let informers: InformerSet
    private let kubelet: Kubelet
    private let volumes: PodVolumes
    private let proxy: ServiceProxy
    private let routes: NodeRoutes
    private let dns: ClusterDNS
    private let events: EventRecorder
    private let kubeletServer = NIOLockedValueBox<KubeletServer?>(nil)
    /// Of a joined node: keeps its credential fresh.
    private let renewal = NIOLockedValueBox<@Sendable () async -> Void>({})

    /// The interface by which the node is on the cluster's network; the engine outside names it so.
    private static let interface = "eth0"

    private init(
        _ settings: NodeSettings, _ engine: Engine, _ controlPlane: ControlPlane?, _ api: any ObjectAPI,
        _ router: NodeRouter, _ log: Logger
    ) throws(Fault) {
        self.settings = settings
        self.log = log
        self.engine = engine
        self.controlPlane = controlPlane
        let informers = InformerSet(api, log: log)
        self.informers = informers
        let wanted = try settings.kubelet()
        let ownNode: @Sendable () -> JSON = { informers[.nodes].object("", settings.name) ?? .null }
        let objects = PodObjects(api, log: log)
        let environment = ContainerEnvironment(
            objects, services: informers[.services], root: wanted.rootFolder, node: ownNode)
        events = EventRecorder(api, component: "kubelet", host: settings.name, log: log, now: { wallClock() })
        volumes = PodVolumes(
            root: wanted.rootFolder, api: api, objects: objects, environment: environment, node: ownNode, log: log,
            report: { [events] pod, fault in events.record(.warning, about: pod, reason: fault.reason, fault.message) })
        kubelet = Kubelet(
            wanted, api: api, engine: engine, volumes: volumes, environment: environment,
            groups: KernelPodGroups(wanted), removeImage: NodeEngine.imageRemover(settings), log: log,
            now: { wallClock() })
        router.serve(settings.name, by: LocalPods(kubelet))
        objects.observe { [kubelet] in kubelet.retry($0) }
        kubelet.observePods { [volumes] in volumes.changed($0) }
        proxy = ServiceProxy(settings.proxy, api: api, informers: informers, log: log)
        dns = ClusterDNS(settings.dns, informers: informers, log: log)
        routes = NodeRoutes(nodeName: settings.name, interface: Self.interface, informers: informers, log: log)
    }

    package static func start(_ settings: NodeSettings, group: any EventLoopGroup, log: Logger) async throws
        -> RunningNode
    {
        try settings.check()
        try NodeSystem.prepare(settings, log)
        let engine = try await NodeEngine.make(settings, owner: ContainerIdentity.own(), log)
        let router = NodeRouter()
        guard settings.isControlPlane else {
            let joining = try Joining(settings, log: log)
            let (api, credential) = try await joining.join()
            let node = try RunningNode(settings, engine, nil, api, router, log)
            node.renewal.withLockedValue { $0 = { await joining.keepFresh(api, credential) } }
            try await node.serveControlPlane(trustPEM: joining.trustPEM, group)
            return node
        }
        let controlPlane = try await ControlPlane(
            settings, group: group, node: router, log: log, now: { wallClock() })
        let identity = UserInfo(
            name: "system:node:\(settings.name)", groups: ["system:nodes", "system:authenticated"])
        let api = controlPlane.server.api(as: identity, manager: "kubelet")
        router.serveOthers(
            by: RemotePods(
                controlPlane.server.api(as: .administrator, manager: "hako"),
                certificate: settings.folder + "/cluster/pki/apiserver-kubelet-client.crt",
                key: settings.folder + "/cluster/pki/apiserver-kubelet-client.key"))
        let node = try RunningNode(settings, engine, controlPlane, api, router, log)
        try await node.serveControlPlane(
            trustPEM: try KernelFile.read(settings.folder + "/cluster/pki/ca.crt"), group)
        return node
    }

    /// Answers the control plane, which asks for logs and streams of this node's pods.
    private func serveControlPlane(trustPEM: String, _ group: any EventLoopGroup) async throws {
        let own = try makeServingCertificate()
        let authority = settings.folder + "/kubelet-ca.crt"
        try KernelFile.replace(authority, Array(trustPEM.utf8))
        let server = try KubeletServer(
            kubelet, .init(certificate: own.certificate, key: own.key, clientAuthority: authority), group: group,
            log: log)
        _ = try await server.listen(host: "0.0.0.0", port: settings.kubelet().port)
        kubeletServer.withLockedValue { $0 = server }
    }

    private func makeServingCertificate() throws(Fault) -> (certificate: String, key: String) {
        try OwnServingCertificate.make(
            name: settings.name, addresses: [settings.address], folder: settings.folder,
            lifetime: settings.servingSeconds)
    }

    /// The kubelet's server reads the files for each connection, so a new certificate needs no more.
    private func keepServingCertificateFresh() async {
        while true {
            do { try await Task.sleep(for: .seconds(Double(settings.servingSeconds) * Self.servingShare)) } catch {
                return
            }
            do { _ = try makeServingCertificate() } catch {
                log.error("the kubelet's own certificate can't be made anew: \(error)")
            }
        }
    }

    /// Of its life, after which the kubelet's serving certificate is made anew.
    private static let servingShare = 0.8

    /// Until its task is cancelled. Calls `ready` once, when pods can run.
    package func run(ready: @escaping @Sendable () -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            if let controlPlane { group.addTask { await controlPlane.run() } }
            group.addTask { await self.informers.run() }
            group.addTask { await self.events.run() }
            group.addTask { await self.volumes.run() }
            group.addTask { await self.kubelet.run() }
            group.addTask { await self.proxy.run() }
            group.addTask { await self.routes.run() }
            if self.controlPlane == nil { group.addTask { await self.keepServingCertificateFresh() } }
            group.addTask { [renew = self.renewal.withLockedValue { $0 }] in await renew() }
            let (listens, listen) = AsyncStream.makeStream(of: Void.self)
            group.addTask { await self.serveNames { listen.yield() } }
            group.addTask {
                await self.untilReady()
                await self.informers.synced()
                for await _ in listens { break }
                if !Task.isCancelled { ready() }
            }
        }
        await engine.shutdown()
    }

    /// Again after a while when it can't: without names pods run all the same.
    private func serveNames(_ listening: @escaping @Sendable () -> Void) async {
        while !Task.isCancelled {
            do { try await dns.run(listening: listening) } catch {
                log.error("the cluster's names can't be served: \(sentence(error))")
            }
            try? await Task.sleep(for: Self.pause)
        }
    }

    private static let pause = Duration.seconds(2)

    /// The node's object says so.
    private func untilReady() async {
        let (seen, see) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let name = settings.name
        informers[.nodes].observe { change in
            guard change.key.name == name else { return }
            let conditions = change.new?["status"]["conditions"].array ?? []
            if conditions.contains(where: { $0["type"].string == "Ready" && $0["status"].string == "True" }) {
                see.yield()
            }
        }
        for await _ in seen { break }
    }
}
