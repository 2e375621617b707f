/// Why a pod found no node. Source of the message's form: kube-scheduler `framework.FitError`.
struct Diagnosis {
    let nodeCount: Int
    /// A rule rejects the pod for all nodes.
    var general: Rejection?
    var rejections: [String: Rejection] = [:]
    /// Why nodes that no rule was asked about don't come into question.
    var others: Rejection?
    /// What preemption says.
    var afterword = ""

    init(nodeCount: Int) { self.nodeCount = nodeCount }

    /// Rules whose opinion must change before the pod fits.
    var rejectors: Set<PluginName> {
        var names = Set(rejections.values.map(\.plugin))
        if let general { names.insert(general.plugin) }
        if let others, rejections.count < nodeCount { names.insert(others.plugin) }
        return names
    }

    /// `0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient memory. preemption: …`
    var message: String {
        var text = "0/\(nodeCount) nodes are available:"
        if let general {
            text += " \(general.reasons.joined(separator: ", "))."
        } else {
            let counted = counts.map { "\($0.value) \($0.key)" }.sorted {
                Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8))
            }
            if !counted.isEmpty { text += " \(counted.joined(separator: ", "))." }
        }
        return afterword.isEmpty ? text : text + " " + afterword
    }

    private var counts: [String: Int] {
        var counts: [String: Int] = [:]
        for rejection in rejections.values {
            for reason in rejection.reasons { counts[reason, default: 0] += 1 }
        }
        if rejections.count < nodeCount {
            for reason in others?.reasons ?? [] { counts[reason, default: 0] += nodeCount - rejections.count }
        }
        return counts
    }
}
