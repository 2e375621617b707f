import ContainerRuntime
import DockerModel
import Fault
import ImageStore
import JSON
import Linux
import Logging
import ContainerNetwork
import OCI
import Registry

/// The daemon's settings: dockerd's flags and daemon.json keys that mean the same here.
package struct EngineOptions: Sendable {
    package var dataRoot = "/var/lib/hako"
    package var execRoot = "/run/hako"
    package var registry = RegistryOptions()
    package var bip = "172.17.0.1/16"
    package var bridgeName = "hako0"
    package var networkTable = "hakobune"
    package var debug = false
    package var labels: [String] = []
    package var logDriver = "json-file"
    package var logOptions: [String: String] = [:]
    package init() {}
}

/// The engine: desired state, and the parts that make it so. Behaviour is in extensions, one file a subject:
/// Containers/, Images/, Networks/, Volumes/, System/.
package final class Engine: Sendable {
    package let options: EngineOptions
    package let images: ImageStore
    package let registry: RegistryClient
    package let runtime: ContainerRuntime
    package let network: NetworkManager
    package let log: Logger

    package init(options: EngineOptions, log: Logger) throws {
        self.options = options
        self.log = log
        images = try ImageStore(root: options.dataRoot + "/images")
        registry = RegistryClient(options: options.registry)
        runtime = try ContainerRuntime(stateRoot: options.execRoot + "/containers")
        var networkOptions = NetworkOptions(stateFolder: options.dataRoot + "/network")
        networkOptions.bip = options.bip
        networkOptions.bridgeName = options.bridgeName
        networkOptions.table = options.networkTable
        network = try NetworkManager(networkOptions)
    }

    /// Re-adopts running containers, restarts those whose policy says so, and begins to watch. Call once.
    package func start() async throws {}

    /// Stops watching; containers go on running.
    package func shutdown() async {}
}

extension Engine: Backend {}

func unwritten(_ name: String) -> Fault { Fault(.notImplemented, "\(name) is not implemented yet") }
