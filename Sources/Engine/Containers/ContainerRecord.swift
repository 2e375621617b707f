import ContainerNetwork
import JSON

/// All that is known of one container: what was asked, what was resolved at creation, and its state. A value: what a
/// reader took stays as it was.
package struct ContainerRecord: Sendable {
    /// 64 hex digits.
    package let id: String
    /// Without the slash that the API puts before it.
    package var name: String
    /// Nanoseconds since the epoch.
    package var created: Int64
    /// `sha256:…`; empty for a container without an image.
    package var imageID: String
    package var platform: String
    /// The Engine API's ContainerConfig, merged with the image's; `Image` is the name as it was asked.
    package var config: JSON
    /// The Engine API's HostConfig with Docker's defaults.
    package var hostConfig: JSON
    package var endpoints: [Endpoint]
    package var mounts: [MountPoint]
    /// Legacy links to containers on the default bridge.
    var links: [ContainerLink] = []
    package var state = ContainerState()
    package var health: HealthState?
    package var restartCount = 0
    /// Someone ran `stop` or `kill`: policies other than `always` let it lie, also after a restart of the daemon.
    package var wasStopped = false
    /// The engine is to keep it running: set before it is started, cleared when it has ended for good.
    package var shouldRun = false
    /// Grows with each restart in a row; begins anew with the daemon.
    var backoff = RestartBackoff()

    package init(
        id: String, name: String, created: Int64, imageID: String, platform: String, config: JSON, hostConfig: JSON,
        endpoints: [Endpoint], mounts: [MountPoint]
    ) {
        self.id = id
        self.name = name
        self.created = created
        self.imageID = imageID
        self.platform = platform
        self.config = config
        self.hostConfig = hostConfig
        self.endpoints = endpoints
        self.mounts = mounts
    }

    /// One network the container is on, or will be when it starts.
    package struct Endpoint: Sendable {
        /// The network as it was asked for: name or ID; `bridge` by default.
        package var network: String
        /// EndpointSettings as they were asked for.
        package var settings: JSON
        /// What it got; nil while it isn't running.
        package var state: EndpointState?
        package init(network: String, settings: JSON, state: EndpointState? = nil) {
            self.network = network
            self.settings = settings
            self.state = state
        }
    }

    /// A mount that a user, a volume or the image asked for.
    package struct MountPoint: Sendable, Equatable {
        package enum Kind: String, Sendable { case bind, volume, tmpfs, image }
        package var kind: Kind
        /// The volume's name, or the image as it was asked for; empty for others.
        package var name = ""
        /// The folder or file on the host; for a volume its mountpoint; empty for tmpfs.
        package var source = ""
        /// Absolute, clean path in the container.
        package var destination: String
        package var driver = ""
        /// The options as they were written after the second colon.
        package var mode = ""
        package var isWritable = true
        package var propagation = ""
        /// The volume was made for this container and goes with it on `rm -v` or `--rm`.
        package var isAnonymous = false
        /// Fill the empty volume with what the image has at the destination.
        package var copiesUp = false
        /// Mount the part of the volume or image below this path.
        package var subpath = ""
        /// Type-specific options: the `TmpfsOptions`, `BindOptions`, `VolumeOptions` that were asked; for an image its
        /// ID, once it is known.
        package var options: JSON = .null

        package init(kind: Kind, destination: String) {
            self.kind = kind
            self.destination = destination
        }
    }

    package var shortID: String { String(id.prefix(12)) }
    package var isTerminal: Bool { config["Tty"].bool ?? false }
    package var networkMode: String { hostConfig["NetworkMode"].string ?? "default" }
}

/// The health check's answer so far; Engine API, Health.
package struct HealthState: Sendable, Equatable {
    package enum Status: String, Sendable { case none, starting, healthy, unhealthy }
    package struct Probe: Sendable, Equatable {
        /// Nanoseconds since the epoch.
        package var start: Int64, end: Int64
        package var exitCode: Int32
        package var output: String
    }
    package var status = Status.starting
    package var failingStreak = 0
    /// The last five.
    package var log: [Probe] = []
    package init() {}
}
