import JSON

/// Why a container can't be made now, as its status and an event tell it.
package struct PodFault: Error, Sendable {
    /// `FailedMount`, `CreateContainerConfigError`, `InvalidEnvironmentVariableNames`, …
    package let reason: String
    package let message: String

    package init(reason: String, message: String) {
        self.reason = reason
        self.message = message
    }
}

/// The volumes of the node's pods.
package protocol VolumeManager: Sendable {
    /// Makes or updates all volumes of the pod. Safe to repeat.
    /// - Returns: host paths by volume name.
    func prepare(_ pod: JSON) async throws(PodFault) -> [String: String]

    /// Takes all volumes of a pod away. Safe to repeat.
    func remove(podUID: String) async

    /// Docker's `HostConfig.Mounts` for one container. /etc/hosts, /etc/resolv.conf and the termination log are not
    /// among them.
    func mounts(_ container: JSON, _ pod: JSON, _ volumes: [String: String]) throws(PodFault) -> [JSON]
}

/// What a pod learns only on its node.
package struct PodFacts: Sendable {
    /// The preferred address first.
    package var podIPs: [String]
    package var hostIPs: [String]
    package var nodeName: String

    package init(podIPs: [String], hostIPs: [String], nodeName: String) {
        self.podIPs = podIPs
        self.hostIPs = hostIPs
        self.nodeName = nodeName
    }
}

/// A container's environment variables.
package protocol EnvironmentBuilder: Sendable {
    /// `NAME=value` lines, in order: `envFrom`, `env` with references resolved, and the variables of services.
    func environment(_ container: JSON, _ pod: JSON, _ facts: PodFacts) async throws(PodFault) -> [String]
}
