import JSON
import KubeClient

/// A change after which pods that were rejected may fit.
enum ClusterEvent {
    case nodeAdded(NodeFacts)
    case nodeChanged(old: NodeFacts, new: NodeFacts)
    case nodeRemoved(NodeFacts)
    /// A pod got a node.
    case podPlaced(PodFacts)
    /// A pod that has a node has other labels, or asks for less.
    case podChanged(old: PodFacts, new: PodFacts)
    /// A pod that had a node, or one that room was made for, is gone.
    case podRemoved(PodFacts)
    case related(ResourceID, JSON)
}
