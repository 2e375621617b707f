import JSON
import KubeModel

/// The sizes that a deployment's replica sets are to have.
enum DeploymentPlan {
    /// A set and its new size; `always`: its annotations are to be written even if the size stays.
    struct Resize: Equatable {
        let set: JSON
        let size: Int
        var always = false
    }

    /// How many pods the newest set may have.
    static func newestSize(_ deployment: JSON, newest: JSON, all: [JSON]) -> Int {
        let size = DeploymentSize(deployment)
        guard size.isRolling else { return size.replicas }
        let surge =
            (try? IntOrString(deployment["spec"]["strategy"]["rollingUpdate"]["maxSurge"])?
                .resolved(of: size.replicas, rounding: .up)) ?? 0
        let room = size.replicas + surge - all.wanted
        if room <= 0 { return newest.wanted }
        return newest.wanted + min(room, size.replicas - newest.wanted)
    }

    // MARK: Rolling update

    /// The newest set's step up, or down to the deployment's size; nil when it is there.
    static func growth(_ deployment: JSON, newest: JSON, old: [JSON]) -> Resize? {
        let replicas = DeploymentSize(deployment).replicas
        if newest.wanted == replicas { return nil }
        if newest.wanted > replicas { return Resize(set: newest, size: replicas) }
        let size = newestSize(deployment, newest: newest, all: old + [newest])
        return size == newest.wanted ? nil : Resize(set: newest, size: size)
    }

    /// The old sets' steps down: first their unhealthy pods, then as many of the others as are not needed.
    static func shrinking(_ deployment: JSON, newest: JSON, old: [JSON]) -> [Resize] {
        let active = old.active
        guard !active.isEmpty else { return [] }
        let size = DeploymentSize(deployment)
        let unavailable = newest.wanted - newest.count("availableReplicas")
        let most = (old + [newest]).wanted - size.minAvailable - unavailable
        guard most > 0 else { return [] }
        var sizes: [String: Int] = [:]
        var cleaned = 0
        let sorted = DeploymentRevisions.byAge(active)
        for set in sorted where cleaned < most {
            let sick = set.wanted - set.count("availableReplicas")
            guard sick > 0 else { continue }
            let count = min(most - cleaned, sick)
            sizes[set.uid] = set.wanted - count
            cleaned += count
        }
        var spare = (active + [newest]).count("availableReplicas") - size.minAvailable
        for set in sorted where spare > 0 {
            let now = sizes[set.uid] ?? set.wanted
            guard now > 0 else { continue }
            let count = min(now, spare)
            sizes[set.uid] = now - count
            spare -= count
        }
        return sorted.compactMap { set in sizes[set.uid].map { Resize(set: set, size: $0) } }
    }

    // MARK: Scaling

    /// Whether the deployment's size has changed since the sets got theirs.
    static func isScaling(_ deployment: JSON, _ sets: [JSON]) -> Bool {
        sets.active.contains { set in
            guard let desired = count(set, DeploymentRevisions.desiredReplicas) else { return false }
            return desired != DeploymentSize(deployment).replicas
        }
    }

    /// The sets' sizes after the deployment's has changed: one active set takes all; in the midst of a rollout each
    /// gets its share.
    static func scaling(_ deployment: JSON, newest: JSON?, old: [JSON]) -> [Resize] {
        let size = DeploymentSize(deployment)
        if let one = activeOrLatest(newest, old) {
            return one.wanted == size.replicas ? [] : [Resize(set: one, size: size.replicas)]
        }
        if let newest, isSaturated(deployment, newest) {
            return old.active.map { Resize(set: $0, size: 0) }
        }
        guard size.isRolling else { return [] }
        return shares(deployment, size, (old + [newest].compactMap { $0 }).active)
    }

    private static func activeOrLatest(_ newest: JSON?, _ old: [JSON]) -> JSON? {
        let active = (old + [newest].compactMap { $0 }).active
        switch active.count {
        case 0: return newest ?? DeploymentRevisions.byAge(old).last
        case 1: return active[0]
        default: return nil
        }
    }

    /// Whether the newest set has all its pods, for the deployment's size as it is now.
    private static func isSaturated(_ deployment: JSON, _ set: JSON) -> Bool {
        let replicas = DeploymentSize(deployment).replicas
        return set.wanted == replicas && count(set, DeploymentRevisions.desiredReplicas) == replicas
            && set.count("availableReplicas") == replicas
    }

    private static func shares(_ deployment: JSON, _ size: DeploymentSize, _ sets: [JSON]) -> [Resize] {
        let allowed = size.replicas > 0 ? size.replicas + size.maxSurge : 0
        let toAdd = allowed - sets.wanted
        let sorted = sets.sorted { a, b in
            if a.wanted != b.wanted { return a.wanted > b.wanted }
            return toAdd < 0 ? DeploymentRevisions.isOlder(a, b) : DeploymentRevisions.isOlder(b, a)
        }
        var added = 0
        var sizes = sorted.map { set -> Int in
            let share = toAdd == 0 ? 0 : self.share(set, deployment, size, toAdd, added)
            added += share
            return set.wanted + share
        }
        // What rounding left over goes to the largest.
        if toAdd != 0, !sizes.isEmpty { sizes[0] = max(0, sizes[0] + toAdd - added) }
        return zip(sorted, sizes).map { Resize(set: $0, size: $1, always: true) }
    }

    private static func share(_ set: JSON, _ deployment: JSON, _ size: DeploymentSize, _ toAdd: Int, _ added: Int)
        -> Int
    {
        guard set.wanted != 0, toAdd != added else { return 0 }
        let left = toAdd - added
        let fraction = self.fraction(set, deployment, size)
        return toAdd > 0 ? min(fraction, left) : max(fraction, left)
    }

    private static func fraction(_ set: JSON, _ deployment: JSON, _ size: DeploymentSize) -> Int {
        if size.replicas == 0 { return -set.wanted }
        var before = count(set, DeploymentRevisions.maxReplicas) ?? 0
        if before == 0 { before = deployment.count("replicas") }
        if before == 0 { return 0 }
        let new = Double(set.wanted * (size.replicas + size.maxSurge)) / Double(before)
        return Int(new.rounded(.toNearestOrAwayFromZero)) - set.wanted
    }

    /// A count in an annotation; nil when there is none.
    private static func count(_ set: JSON, _ annotation: String) -> Int? {
        set.annotation(annotation).flatMap { UInt32($0) }.map(Int.init)
    }

    // MARK: History

    /// Old sets beyond the history's limit that have no pods, the oldest revisions first.
    static func expired(_ deployment: JSON, old: [JSON]) -> [JSON] {
        guard let limit = deployment["spec"]["revisionHistoryLimit"].int, limit != Int(Int32.max) else { return [] }
        let alive = old.filter { !$0.isBeingDeleted }
        guard alive.count > limit else { return [] }
        return DeploymentRevisions.byRevision(alive).prefix(alive.count - limit).filter { set in
            set.count("replicas") == 0 && set.wanted == 0 && set.generation <= set.count("observedGeneration")
        }
    }
}
