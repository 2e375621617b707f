import ClusterDNS
import Engine
import Fault
import KubeAPIServer
import KubeClient
import Kubelet
import Linux
import Logging
import NIOCore
import ServiceProxy

/// The parts of one node in one process: what `hako node` is.
package final class RunningNode: Sendable {
    private let settings: NodeSettings
    private let engine: Engine
    private let controlPlane: ControlPlane?
    private let log: Logger

    private init(_ settings: NodeSettings, _ engine: Engine, _ controlPlane: ControlPlane?, _ log: Logger) {
        self.settings = settings
        self.engine = engine
        self.controlPlane = controlPlane
        self.log = log
    }

    package static func start(_ settings: NodeSettings, group: any EventLoopGroup, log: Logger) async throws
        -> RunningNode
    {
        try settings.check()
        try NodeSystem.prepare(settings, log)
        let engine = try await NodeEngine.make(settings, owner: ContainerIdentity.own(), log)
        guard settings.isControlPlane else { throw Fault(.invalid, "joining isn't there yet") }
        let controlPlane = try await ControlPlane(
            settings, group: group, node: NoNodes(), log: log, now: { wallClock() })
        return RunningNode(settings, engine, controlPlane, log)
    }

    /// Until its task is cancelled. Calls `ready` once, when pods can run.
    package func run(ready: @escaping @Sendable () -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            if let controlPlane { group.addTask { await controlPlane.run() } }
            ready()
        }
        await engine.shutdown()
    }
}
