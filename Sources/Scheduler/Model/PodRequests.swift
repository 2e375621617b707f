import JSON
import KubeModel

/// What a pod takes from a node. Source: component-helpers `resource.PodRequests`.
struct PodRequests: Sendable, Equatable {
    /// What its specification asks for, or what it has while that is being lowered.
    var exact: Resources
    /// The same, counting a container that asks for no cpu or memory with something: for scores only.
    var guessed: Resources

    /// What a container counts for that doesn't say.
    static let guessedCPU = 100
    static let guessedMemory = 200 << 20

    init(_ pod: JSON) {
        let spec = pod["spec"]
        exact = Self.sum(pod) { $0 }
        guessed = Self.sum(pod) { own in
            var own = own
            if own.cpu == 0 { own.cpu = Self.guessedCPU }
            if own.memory == 0 { own.memory = Self.guessedMemory }
            return own
        }
        for (name, amount) in spec["resources"]["requests"].object ?? JSONObject() {
            guard let quantity = Quantity(amount) else { continue }
            Self.set(&exact, name, quantity)
            Self.set(&guessed, name, quantity)
        }
        let overhead = Resources(spec["overhead"])
        exact += overhead
        guessed += overhead
    }

    private static func set(_ amounts: inout Resources, _ name: String, _ quantity: Quantity) {
        switch name {
        case "cpu": amounts.cpu = quantity.milliValue
        case "memory": amounts.memory = quantity.value
        default: if name.hasPrefix("hugepages-") { amounts.others[name] = quantity.value }
        }
    }

    /// All containers at the busiest moment: sidecars stay, other init containers run one at a time before the rest.
    private static func sum(_ pod: JSON, _ adjust: (Resources) -> Resources) -> Resources {
        let (spec, status) = (pod["spec"], pod["status"])
        var total = Resources()
        for container in spec["containers"].array ?? [] {
            total += adjust(requests(container, status["containerStatuses"]))
        }
        let initial = spec["initContainers"].array ?? []
        guard !initial.isEmpty else { return total }
        var (sidecars, highest) = (Resources(), Resources())
        for container in initial {
            let own = adjust(requests(container, status["initContainerStatuses"]))
            if container["restartPolicy"].string == "Always" {
                sidecars += own
                total += own
                highest.raise(to: sidecars)
            } else {
                highest.raise(to: own + sidecars)
            }
        }
        total.raise(to: highest)
        return total
    }

    /// While a container is being resized, the most of what it had, was given and asks for now.
    private static func requests(_ container: JSON, _ statuses: JSON) -> Resources {
        var amounts = Resources(container["resources"]["requests"])
        guard let statuses = statuses.array, !statuses.isEmpty, let name = container["name"].string,
            let status = statuses.first(where: { $0["name"].string == name }), !status["resources"].isNull
        else { return amounts }
        amounts.raise(to: Resources(status["resources"]["requests"]))
        amounts.raise(to: Resources(status["allocatedResources"]))
        return amounts
    }
}
