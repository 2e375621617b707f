/// Why a plugin keeps a pod off a node.
struct Rejection: Sendable, Equatable {
    /// The original's words, counted over nodes in the message.
    let reasons: [String]
    /// Whether the node could do if pods on it were evicted.
    let isResolvable: Bool
    let plugin: PluginName

    init(_ plugin: PluginName, _ reasons: [String], isResolvable: Bool) {
        self.plugin = plugin
        self.reasons = reasons
        self.isResolvable = isResolvable
    }

    /// Evicting pods wouldn't help.
    static func final(_ plugin: PluginName, _ reason: String) -> Rejection {
        Rejection(plugin, [reason], isResolvable: false)
    }

    static func resolvable(_ plugin: PluginName, _ reason: String) -> Rejection {
        Rejection(plugin, [reason], isResolvable: true)
    }
}

/// The original's plugins; messages name some.
enum PluginName: String, Sendable, Comparable {
    case nodeUnschedulable = "NodeUnschedulable"
    case nodeName = "NodeName"
    case taintToleration = "TaintToleration"
    case nodeAffinity = "NodeAffinity"
    case nodePorts = "NodePorts"
    case nodeResourcesFit = "NodeResourcesFit"
    case balancedAllocation = "NodeResourcesBalancedAllocation"
    case volumeRestrictions = "VolumeRestrictions"
    case volumeBinding = "VolumeBinding"
    case volumeZone = "VolumeZone"
    case podTopologySpread = "PodTopologySpread"
    case interPodAffinity = "InterPodAffinity"
    case imageLocality = "ImageLocality"
    case defaultPreemption = "DefaultPreemption"
    case defaultBinder = "DefaultBinder"

    static func < (a: PluginName, b: PluginName) -> Bool { a.rawValue < b.rawValue }
}
