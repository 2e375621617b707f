import JSON
import KubeModel

/// Which of a deployment's replica sets is its newest, and how they are numbered.
enum DeploymentRevisions {
    static let revision = "deployment.kubernetes.io/revision"
    static let history = "deployment.kubernetes.io/revision-history"
    static let desiredReplicas = "deployment.kubernetes.io/desired-replicas"
    static let maxReplicas = "deployment.kubernetes.io/max-replicas"
    static let rollbackTo = "deprecated.deployment.rollback.to"
    static let hashLabel = "pod-template-hash"
    /// Longest history of revisions in an annotation, in bytes.
    private static let historyLimit = 2_000

    /// Annotations that a deployment and its replica sets don't share.
    static let own: Set<String> = [
        "kubectl.kubernetes.io/last-applied-configuration", revision, history, desiredReplicas, maxReplicas, rollbackTo,
    ]

    /// 0 when the object has none; nil when it has one that is no number.
    static func number(_ object: JSON) -> Int? {
        guard let text = object.annotation(revision) else { return 0 }
        return Int(text)
    }

    static func highest(_ sets: [JSON]) -> Int { sets.compactMap { number($0) }.reduce(0, max) }

    /// The second highest number; 0 when there is none.
    static func last(_ sets: [JSON]) -> Int {
        var (highest, second) = (0, 0)
        for number in sets.compactMap({ number($0) }) {
            if number >= highest { (second, highest) = (highest, number) } else { second = max(second, number) }
        }
        return second
    }

    static func byAge(_ sets: [JSON]) -> [JSON] { sets.sorted { isOlder($0, $1) } }

    static func byRevision(_ sets: [JSON]) -> [JSON] {
        sets.sorted { a, b in
            guard let x = number(a), let y = number(b), x != y else { return isOlder(a, b) }
            return x < y
        }
    }

    static func isOlder(_ a: JSON, _ b: JSON) -> Bool {
        let (x, y) = (a.creationTime, b.creationTime)
        if x == y { return a.objectName < b.objectName }
        guard let x, let y else { return x == nil }
        return x < y
    }

    /// Whether both are the same but for the hash label.
    static func isSameTemplate(_ a: JSON, _ b: JSON) -> Bool {
        withoutHash(a).isAlike(withoutHash(b))
    }

    static func withoutHash(_ template: JSON) -> JSON {
        var template = template
        template.edit("metadata") { $0.edit("labels") { $0.remove(hashLabel) } }
        return template
    }

    /// The oldest set with the deployment's template, and the others.
    static func split(_ deployment: JSON, _ sets: [JSON]) -> (newest: JSON?, old: [JSON]) {
        let sorted = byAge(sets)
        let newest = sorted.first { isSameTemplate($0["spec"]["template"], deployment["spec"]["template"]) }
        return (newest, sorted.filter { $0.uid != newest?.uid })
    }

    /// Gives the newest set the deployment's annotations and its number.
    /// - Returns: whether anything has changed.
    static func annotate(_ set: inout JSON, as number: Int, of deployment: JSON, exists: Bool) -> Bool {
        var isChanged = false
        for (name, value) in deployment["metadata"].map("annotations") where !own.contains(name) {
            guard let text = value.string, set.annotation(name) != text else { continue }
            set.setAnnotation(name, text)
            isChanged = true
        }
        let oldText = set.annotation(revision)
        guard let old = self.number(set) else { return oldText == "" ? isChanged : false }
        if old < number {
            set.setAnnotation(revision, "\(number)")
            isChanged = true
            if let oldText { remember(oldText, in: &set) }
        }
        if !exists, setReplicas(&set, deployment) { isChanged = true }
        return isChanged
    }

    private static func remember(_ old: String, in set: inout JSON) {
        let history = set.annotation(Self.history) ?? ""
        var numbers = history.split(separator: ",").map(String.init)
        numbers.append(old)
        while numbers.count > 1, numbers.joined(separator: ",").utf8.count > historyLimit { numbers.removeFirst() }
        set.setAnnotation(Self.history, numbers.joined(separator: ","))
    }

    /// Writes down for what size of the deployment the set has its size.
    /// - Returns: whether that is new.
    static func setReplicas(_ set: inout JSON, _ deployment: JSON) -> Bool {
        let size = DeploymentSize(deployment)
        var isChanged = false
        for (name, value) in [(desiredReplicas, size.replicas), (maxReplicas, size.replicas + size.maxSurge)]
        where set.annotation(name) != "\(value)" {
            set.setAnnotation(name, "\(value)")
            isChanged = true
        }
        return isChanged
    }
}
