import DockerModel
import JSON
import KubeClient
import KubeModel
import Logging
import NIOConcurrencyHelpers

/// What the workers of all pods share.
struct PodParts: Sendable {
    let settings: KubeletSettings
    let api: any ObjectAPI
    let engine: any (ContainerBackend & ImageBackend & SystemBackend)
    let volumes: any VolumeManager
    let environment: any EnvironmentBuilder
    let events: EventRecorder
    let statuses: StatusWriter
    let groups: any PodGroups
    let images: ImageCollector
    /// What the node is short of.
    let pressures = NIOLockedValueBox<Set<NodePressureKind>>([])
    let ledger: NodeLedger
    let node: OwnNode
    /// Finds a pod's worker by its UID.
    let workers = NIOLockedValueBox<@Sendable (String) -> PodWorker?>({ _ in nil })
    let log: Logger
    /// Seconds since 1970, with fractions.
    let now: @Sendable () -> Double
    /// The node's memory in bytes.
    let memory: Int

    /// An event about the pod, or about one of its containers.
    func tell(
        _ level: EventRecorder.Level, _ pod: PodSpec, container: String? = nil, _ reason: String, _ message: String
    ) {
        events.record(
            level, about: pod.pod, part: container.map(pod.path) ?? "", reason: reason, message)
    }
}
