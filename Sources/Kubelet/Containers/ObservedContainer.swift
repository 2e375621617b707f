import JSON
import KubeModel

/// One of a pod's containers as the engine has it.
struct ObservedContainer: Sendable, Equatable {
    enum Phase: Sendable, Equatable { case created, running, exited }

    var id = ""
    /// The container's name in the pod; `POD` for the sandbox.
    var name = ""
    /// The sandbox in which it was started; "" for sandboxes.
    var sandbox = ""
    /// Counts from 0, one more at each restart.
    var attempt = 0
    var phase = Phase.created
    /// Seconds since 1970; nil: never.
    var startedAt: Double?, finishedAt: Double?
    var exitCode = 0
    var isOutOfMemory = false
    /// Why it couldn't be started; "" when it could.
    var startFault = ""
    /// The image as it was asked for, and its ID.
    var image = "", imageID = ""
    /// The sandbox's own addresses, the preferred first.
    var addresses: [String] = []
    /// What the container left behind for people.
    var message = ""
    /// Of the definition that it was made from.
    var hash = ""
    /// What its control group holds it to; nil: not known.
    var limits: Limits?

    struct Limits: Sendable, Equatable {
        var shares = 0
        /// Microseconds in a tenth of a second; 0: no limit.
        var quota = 0
        /// Bytes; 0: no limit.
        var memory = 0

        init(host: JSON) {
            shares = host["CpuShares"].int ?? 0
            quota = host["CpuQuota"].int ?? 0
            memory = host["Memory"].int ?? 0
        }
    }

    init() {}

    /// From `docker inspect`'s document; nil for a container that is no pod's.
    init?(inspected: JSON) {
        typealias Label = ContainerIdentity.Label
        let labels = inspected["Config"].map("Labels")
        func label(_ name: String) -> String { labels[name]?.string ?? "" }
        guard !label(Label.podUID).isEmpty, !label(Label.container).isEmpty else { return nil }
        let state = inspected["State"]
        id = inspected.text("Id")
        name = label(Label.container)
        sandbox = label(Label.sandbox)
        attempt = Int(label(Label.attempt)) ?? 0
        hash = label(Label.hash)
        limits = Limits(host: inspected["HostConfig"])
        startedAt = Self.time(state.text("StartedAt"))
        finishedAt = Self.time(state.text("FinishedAt"))
        exitCode = state["ExitCode"].int ?? 0
        isOutOfMemory = state.flag("OOMKilled")
        image = inspected["Config"].text("Image")
        imageID = inspected.text("Image")
        phase = Self.phase(state)
        if phase != .running, startedAt == nil, !state.text("Error").isEmpty {
            startFault = state.text("Error")
            phase = .exited
            exitCode = 128
            finishedAt = Self.time(inspected.text("Created"))
        }
        let network = inspected["NetworkSettings"]
        addresses = [network.text("IPAddress"), network.text("GlobalIPv6Address")].filter { !$0.isEmpty }
    }

    private static func phase(_ state: JSON) -> Phase {
        switch state.text("Status") {
        case "running", "paused": .running
        case "created": .created
        // Between two runs of a policy, or on its way out: neither is for ours to stay in.
        default: state["StartedAt"].string.flatMap(time) == nil ? .created : .exited
        }
    }

    /// Nil for the year 1, by which Docker means never.
    private static func time(_ text: String) -> Double? {
        guard let stamp = try? Timestamp(parsing: text), stamp.seconds > 0 else { return nil }
        return stamp.time
    }
}
