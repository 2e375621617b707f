/// A container of a service as it is.
package struct ObservedContainer: Sendable, Equatable {
    package var id: String
    package var name: String
    package var number: Int
    package var state: String
    package var configHash: String
    /// The ID of the image that it was made from, as its label says.
    package var image: String
    /// Seconds since 1970.
    package var created: Int
    /// IDs of networks that it is connected to.
    package var networks: Set<String>
    /// Names of volumes that it has mounted.
    package var volumes: Set<String>

    package init(
        id: String, name: String, number: Int, state: String, configHash: String, image: String, created: Int,
        networks: Set<String> = [], volumes: Set<String> = []
    ) {
        self.id = id
        self.name = name
        self.number = number
        self.state = state
        self.configHash = configHash
        self.image = image
        self.created = created
        self.networks = networks
        self.volumes = volumes
    }
}

/// When containers that exist are made anew.
package enum RecreatePolicy: Sendable { case changed, always, never }

/// What is to be done so that a service has the containers that it is to have.
package struct ServicePlan: Sendable, Equatable {
    package var keep: [ObservedContainer] = []
    package var recreate: [ObservedContainer] = []
    package var remove: [ObservedContainer] = []
    /// Numbers of containers that are missing.
    package var create: [Int] = []

    package struct Wanted: Sendable {
        package var scale: Int
        package var configHash: String
        /// Empty: not known, so nothing is made anew for it.
        package var image: String
        package var networks: Set<String>
        package var volumes: Set<String>

        package init(
            scale: Int, configHash: String, image: String, networks: Set<String> = [], volumes: Set<String> = []
        ) {
            self.scale = scale
            self.configHash = configHash
            self.image = image
            self.networks = networks
            self.volumes = volumes
        }
    }

    /// Obsolete containers and those with the highest numbers go first when there are too many.
    package static func make(_ wanted: Wanted, _ containers: [ObservedContainer], _ policy: RecreatePolicy)
        -> ServicePlan
    {
        var plan = ServicePlan()
        let byWorth = containers.map { ($0, isObsolete($0, wanted, policy)) }.sorted { a, b in
            if a.1 != b.1 { return !a.1 }
            return (a.0.number, a.0.created) < (b.0.number, b.0.created)
        }
        for (at, (container, isObsolete)) in byWorth.enumerated() {
            if at >= wanted.scale {
                plan.remove.append(container)
            } else if isObsolete {
                plan.recreate.append(container)
            } else {
                plan.keep.append(container)
            }
        }
        let next = (containers.map(\.number).max() ?? 0) + 1
        let missing = max(0, wanted.scale - containers.count)
        plan.create = (0..<missing).map { next + $0 }
        return plan
    }

    private static func isObsolete(_ container: ObservedContainer, _ wanted: Wanted, _ policy: RecreatePolicy) -> Bool {
        switch policy {
        case .always: return true
        case .never: return false
        case .changed: break
        }
        if container.configHash != wanted.configHash { return true }
        if !wanted.image.isEmpty, container.image != wanted.image { return true }
        if container.state == "running", !wanted.networks.isSubset(of: container.networks) { return true }
        return !wanted.volumes.isSubset(of: container.volumes)
    }
}
