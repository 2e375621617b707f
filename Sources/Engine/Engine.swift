import CLinux
import ContainerNetwork
import ContainerRuntime
import DockerModel
import Fault
import ImageStore
import JSON
import Linux
import Logging
import OCI
import Registry

/// The daemon's settings: dockerd's flags and daemon.json keys that mean the same here.
package struct EngineOptions: Sendable {
    package var dataRoot = "/var/lib/hako"
    package var execRoot = "/run/hako"
    /// The images of another engine, and who uses them; nil: this engine has its own.
    package var sharedImages: (folder: String, guest: ImageStoreGuest)?
    /// Who brings images in this engine's place: takes a reference, a platform, credentials and where to tell of progress.
    package var puller: (@Sendable (String, String?, JSON, @escaping ProgressSink) async throws -> Void)?
    package var registry = RegistryOptions()
    package var bip = "172.17.0.1/16"
    package var bridgeName = "hako0"
    package var bridge = BridgeOptions()
    package var addressPools = AddressPool.standard
    package var networkTable = "hakobune"
    package var debug = false
    package var labels: [String] = []
    package var logDriver = "json-file"
    package var logOptions: [String: String] = [:]
    /// For containers that name none: resolv.conf's lines, `{"Name":…,"Soft":…,"Hard":…}` each, and bytes of /dev/shm.
    package var dns: [String] = []
    package var dnsSearch: [String] = []
    package var dnsOptions: [String] = []
    package var ulimits: [JSON] = []
    package var shmSize = 64 << 20
    package init() {}
}

/// The engine: desired state, and the parts that make it so. Behaviour is in extensions, one file a subject:
/// Containers/, Images/, Networks/, Volumes/, System/.
///
/// For the authors of those: `container(ref)` finds a container and `.record` is a snapshot of all that is known;
/// `inLane(id) {…}` serializes with what else happens to it; `save(container)` makes a changed record durable;
/// `publish(…)` tells listeners of `docker events`; `store` keeps your own documents.
package final class Engine: Sendable {
    package let options: EngineOptions
    package let images: ImageStore
    package let registry: RegistryClient
    package let runtime: ContainerRuntime
    package let network: NetworkManager
    package let volumes: VolumeStore
    package let log: Logger

    package let store: DocumentStore
    package let events = EventBus()
    package let containers = ContainerTable()
    let execs = ExecTable()
    let lanes = Lanes<String>()
    let pulls = PullTable()
    let names = NameServers()

    package init(options: EngineOptions, log: Logger) throws {
        self.options = options
        self.log = log
        for folder in [options.dataRoot, options.dataRoot + "/containers", options.execRoot] {
            try makeFolder(folder, mode: 0o711)
        }
        try LostState.refuse(options.dataRoot + "/engine.db", beside: options.dataRoot + "/containers")
        if options.sharedImages == nil {
            try LostState.refuse(options.dataRoot + "/images/images.db", beside: options.dataRoot + "/images/layers")
        }
        store = try DocumentStore(path: options.dataRoot + "/engine.db")
        images = try ImageStore(
            root: options.sharedImages?.folder ?? options.dataRoot + "/images", guest: options.sharedImages?.guest)
        volumes = try VolumeStore(root: options.dataRoot + "/volumes", log: log)
        registry = RegistryClient(options: options.registry, log: log)
        runtime = try ContainerRuntime(stateRoot: options.execRoot + "/containers")
        var networkOptions = NetworkOptions(
            stateFolder: options.dataRoot + "/network", runFolder: options.execRoot + "/network")
        networkOptions.bip = options.bip
        networkOptions.bridgeName = options.bridgeName
        networkOptions.pools = options.addressPools
        networkOptions.bridge = options.bridge
        networkOptions.table = options.networkTable
        network = try NetworkManager(networkOptions)
    }
}

extension Engine: Backend {}

extension Engine {
    /// By ID, name or unique prefix; throws Docker's `No such container: x`.
    package func container(_ ref: String) throws(Fault) -> Container { try containers.find(ref) }

    /// Runs the work after everything else that was asked for this container.
    package func inLane<T: Sendable>(_ id: String, _ work: @escaping @Sendable () async throws -> T) async throws -> T {
        try await lanes.run(id, work)
    }

    /// The container's own folder in the data root: log, hosts, hostname, resolv.conf.
    package func folder(of id: String) -> String { options.dataRoot + "/containers/" + id }
}

/// Makes the folder and those above it; one that exists is kept as it is.
package func makeFolder(_ path: String, mode: mode_t) throws(KernelError) {
    var at = ""
    for part in path.split(separator: "/") {
        at += "/" + part
        do { try kernel("mkdir", at) { mkdir(at, mode) } } catch  where error.errno == EEXIST {}
    }
}
