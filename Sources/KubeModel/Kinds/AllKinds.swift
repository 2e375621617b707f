/// Every built-in kind's own rules.
package enum AllKinds {
    /// One line a file under Kinds/.
    static let list: [KindRules] = [
        ControllerRevision.rules,
        CronJob.rules,
        DaemonSet.rules,
        Deployment.rules,
        Job.rules,
        ReplicaSet.rules,
        StatefulSet.rules,
    ]

    private static let byKind: [String: KindRules] = Dictionary(
        list.map { ("\($0.group)/\($0.kind)", $0) }, uniquingKeysWith: { first, _ in first })

    /// The kind's rules; those of a kind without a file of its own when there is none.
    package static func rules(group: String, kind: String) -> KindRules {
        byKind["\(group)/\(kind)"] ?? KindRules(group: group, kind: kind)
    }
}
