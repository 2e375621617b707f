/// The plugins, in the order in which they are asked, and the scores' weights. Source: kube-scheduler's default profile.
struct SchedulingProfile: Sendable {
    let filters: [any FilterPlugin]
    let scores: [(plugin: any ScorePlugin, weight: Int)]

    func filter(_ name: PluginName) -> (any FilterPlugin)? { filters.first { $0.name == name } }

    static let standard = SchedulingProfile(
        filters: [
            NodeUnschedulable(), NodeName(), TaintToleration(), NodeAffinity(), NodePorts(), NodeResourcesFit(),
            VolumeRestrictions(), VolumeBinding(), PodTopologySpread(), InterPodAffinity(),
        ],
        scores: [
            (TaintToleration(), 3), (NodeAffinity(), 2), (NodeResourcesFit(), 1), (PodTopologySpread(), 2),
            (InterPodAffinity(), 2), (BalancedAllocation(), 1), (ImageLocality(), 1),
        ])
}
