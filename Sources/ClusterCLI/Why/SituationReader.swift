import JSON
import KubeClient
import KubeModel

/// Reads what a diagnosis needs. What one may not read is taken for missing, except the object itself.
struct SituationReader {
    let api: any ObjectAPI
    /// In seconds since 1970.
    let now: Double
    /// Gives the last lines that a container printed; nil: nobody can be asked.
    var output: Why.Output?

    /// - Parameter pod: the one that it is about; nil: any of the namespace may matter.
    func read(_ namespace: String, pod: String? = nil) async -> Situation {
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
        async let claims = list(.persistentVolumeClaims, namespace)
        async let classes = list(ResourceID("storage.k8s.io", "v1", "storageclasses"), "")
        async let allServices = list(.services, "")
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
        situation.claims = await claims
        situation.storageClasses = await classes
        situation.allServices = await allServices
        let speakers = situation.pods(in: namespace).filter {
            (pod == nil || $0["metadata"].text("name") == pod) && !EvictionDiagnosis.isEvicted($0)
        }
        situation.outputs = await outputs(of: speakers)
        return situation
    }

    /// Containers whose output is asked for, at most: the first that don't get on.
    private static let mostOutputs = 20

    /// What containers printed that keep ending, or that others wait for.
    private func outputs(of pods: [JSON]) async -> [String: String] {
        guard let output else { return [:] }
        var wanted: [(pod: JSON, container: String, isPrevious: Bool)] = []
        for pod in pods {
            for list in ["initContainerStatuses", "containerStatuses"] {
                for status in pod["status"][list].array ?? [] where wanted.count < Self.mostOutputs {
                    let state = status["state"]
                    let isWaiting = state["waiting"].text("reason") == "CrashLoopBackOff"
                    let hasFailed = state["terminated"]["exitCode"].int.map { $0 != 0 } ?? false
                    let isInit = list == "initContainerStatuses" && state.has("running")
                    guard isWaiting || hasFailed || isInit else { continue }
                    wanted.append((pod, status.text("name"), isWaiting))
                }
            }
        }
        var outputs: [String: String] = [:]
        for (pod, container, isPrevious) in wanted {
            let name = pod["metadata"].text("name")
            outputs["\(name)/\(container)"] = await output(
                pod["metadata"].text("namespace"), name, container, isPrevious)
        }
        return outputs.filter { !$0.value.isEmpty }
    }

    private func list(_ resource: ResourceID, _ namespace: String) async -> [JSON] {
        (try? await api.list(resource, namespace).items) ?? []
    }
}

/// What can be asked about, by the words that name it.
enum Asked: String, CaseIterable {
    case pod, service, deployment, replicaSet, statefulSet, daemonSet, job, cronJob, node, podDisruptionBudget
    case persistentVolumeClaim

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
        case .cronJob: short = ["cj"]
        case .node: short = ["no"]
        case .podDisruptionBudget: short = ["pdb"]
        case .persistentVolumeClaim: short = ["pvc"]
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
        case .cronJob: .cronJobs
        case .node: .nodes
        case .podDisruptionBudget: .podDisruptionBudgets
        case .persistentVolumeClaim: .persistentVolumeClaims
        }
    }

    var kind: String { rawValue.prefix(1).uppercased() + rawValue.dropFirst() }

    var isNamespaced: Bool { self != .node }
}
