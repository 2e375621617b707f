import JSON
import KubeClient
import KubeModel

/// Reads what a diagnosis needs. What one may not read is taken for missing, except the object itself.
struct SituationReader {
    let api: any ObjectAPI
    /// In seconds since 1970.
    let now: Double

    func read(_ namespace: String) async -> Situation {
        var situation = Situation(now: now)
        async let pods = list(.pods, "")
        async let nodes = list(.nodes, "")
        async let events = list(.events, namespace)
        async let services = list(.services, namespace)
        async let slices = list(.endpointSlices, namespace)
        async let configMaps = list(.configMaps, namespace)
        async let secrets = list(.secrets, namespace)
        async let budgets = list(.podDisruptionBudgets, namespace)
        async let deployments = list(.deployments, namespace)
        async let replicaSets = list(.replicaSets, namespace)
        async let statefulSets = list(.statefulSets, namespace)
        async let daemonSets = list(.daemonSets, namespace)
        async let jobs = list(.jobs, namespace)
        situation.pods = await pods
        situation.nodes = await nodes
        situation.events = await events
        situation.services = await services
        situation.slices = await slices
        situation.configMaps = await configMaps
        situation.secrets = await secrets
        situation.budgets = await budgets
        situation.deployments = await deployments
        situation.replicaSets = await replicaSets
        situation.statefulSets = await statefulSets
        situation.daemonSets = await daemonSets
        situation.jobs = await jobs
        return situation
    }

    private func list(_ resource: ResourceID, _ namespace: String) async -> [JSON] {
        (try? await api.list(resource, namespace).items) ?? []
    }
}

/// What can be asked about, by the words that name it.
enum Asked: String, CaseIterable {
    case pod, service, deployment, replicaSet, statefulSet, daemonSet, job, node, podDisruptionBudget

    static func named(_ word: String) -> Asked? {
        let word = word.lowercased().split(separator: ".").first.map(String.init) ?? ""
        return allCases.first { $0.names.contains(word) }
    }

    private var names: [String] {
        let full = rawValue.lowercased()
        let short: [String]
        switch self {
        case .pod: short = ["po"]
        case .service: short = ["svc"]
        case .deployment: short = ["deploy"]
        case .replicaSet: short = ["rs"]
        case .statefulSet: short = ["sts"]
        case .daemonSet: short = ["ds"]
        case .job: short = []
        case .node: short = ["no"]
        case .podDisruptionBudget: short = ["pdb"]
        }
        return [full, "\(full)s"] + short
    }

    var resource: ResourceID {
        switch self {
        case .pod: .pods
        case .service: .services
        case .deployment: .deployments
        case .replicaSet: .replicaSets
        case .statefulSet: .statefulSets
        case .daemonSet: .daemonSets
        case .job: .jobs
        case .node: .nodes
        case .podDisruptionBudget: .podDisruptionBudgets
        }
    }

    var kind: String { rawValue.prefix(1).uppercased() + rawValue.dropFirst() }

    var isNamespaced: Bool { self != .node }
}
