import JSON

/// What one node's kubelet is told when it starts.
package struct KubeletSettings: Sendable {
    package var nodeName: String
    /// The node's own addresses, the preferred first.
    package var addresses: [String]
    /// Where pods' files lie.
    package var rootFolder = "/var/lib/kubelet"
    /// The folder of static pods' manifests; nil: there are none.
    package var manifestFolder: String?
    package var clusterDNS = ["10.96.0.10"]
    package var clusterDomain = "cluster.local"
    /// The node's own resolver settings, for pods that take them over.
    package var resolverFile = "/etc/resolv.conf"
    package var sandboxImage = "registry.k8s.io/pause:3.10"
    /// The range of the pods' addresses here; nil: the cluster gives one.
    package var podCIDR: String?
    /// Beside those that every node has.
    package var labels: [String: String] = [:]
    package var annotations: [String: String] = [:]
    package var taints: [JSON] = []
    package var kubernetesVersion = "v1.36.0"
    package var maximumPods = 110
    /// Fewer than the machine has; nil: all.
    package var processors: Int?
    /// Bytes, less than the machine has; nil: all.
    package var memory: Int?
    /// Process IDs that the machine has for all; nil: as many as the node sees. A container's own namespace of them may
    /// show more than it can have.
    package var processIDs: Int?
    /// The control group of all pods, from the top of what the node sees.
    package var groupRoot = "/kubepods"
    /// Where images lie, when that is known.
    package var imageFolder: String?
    /// Below these pods are evicted.
    package var evictionThresholds = [EvictionThreshold.standardMemory]
    /// Below these pods are evicted after a while, and get time to end.
    package var softThresholds: [EvictionThreshold] = []
    /// How many seconds each of them must be met first.
    package var softGrace: [EvictionSignal: Double] = [:]
    /// The most seconds that such a pod gets to end; below 0: as many as it wants.
    package var longestSoftEnd = 0
    /// Seconds that a condition lasts after it was seen last; the original's.
    package var pressureTransition = 300.0
    /// Percent of their disk at which unused images go, down to the lower one; at 100 none ever does.
    package var imageHighMark = 100, imageLowMark = 80
    /// Where the kubelet's own server listens.
    package var port = 10_250

    package init(nodeName: String, addresses: [String]) {
        self.nodeName = nodeName
        self.addresses = addresses
    }

    /// All of them: those that count at once first.
    var allThresholds: [EvictionThreshold] {
        evictionThresholds
            + softThresholds.map { threshold in
                var threshold = threshold
                threshold.grace = softGrace[threshold.signal] ?? 0
                return threshold
            }
    }

    func podFolder(_ uid: String) -> String { "\(rootFolder)/pods/\(uid)" }
}

/// Numbers that bound what the kubelet does.
enum Limit {
    /// Pause before a failed container starts again, in seconds, doubled up to the most; the original's.
    static let firstBackOff = 10.0, longestBackOff = 300.0
    /// Pause before volumes that failed are tried again, in seconds, doubled up to the most; the original's.
    static let firstVolumeBackOff = 0.5, longestVolumeBackOff = 122.0
    /// Seconds for which a failed pull is shown as such before it is shown as waiting.
    static let pullFailureShown = 2.0
    /// Seconds that a container has at least to end.
    static let leastGrace = 1
    /// Bytes of a termination message, and those of one that is taken from the log with its lines.
    static let terminationMessage = 4_096, terminationLog = 2_048, terminationLogLines = 80
    /// Ended containers that are kept for each of a pod's containers, beside the one that runs.
    static let keptDead = 1
    /// Seconds before a pod's sandbox that couldn't be made is tried again.
    static let sandboxRetry = 1.0
}
