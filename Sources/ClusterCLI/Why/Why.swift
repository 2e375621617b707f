import Fault
import JSON
import KubeClient
import KubeModel

/// `hako why KIND/NAME`: why an object isn't as it should be, and the smallest change that would help.
package struct Why: Sendable {
    package struct Options: Sendable {
        package var namespace = "default"
        /// "" for text.
        package var output = ""
        package init() {}
    }

    /// The last lines that a container printed, of its run before if so; nil: they can't be had.
    package typealias Output =
        @Sendable (_ namespace: String, _ pod: String, _ container: String, _ isPrevious: Bool)
        async -> String?

    private let api: any ObjectAPI
    private let output: Output?
    private let now: @Sendable () -> Double
    private let write: @Sendable (String) -> Void

    /// - Parameter now: seconds since 1970.
    package init(
        _ api: any ObjectAPI, output: Output? = nil, now: @escaping @Sendable () -> Double,
        write: @escaping @Sendable (String) -> Void
    ) {
        self.api = api
        self.output = output
        self.now = now
        self.write = write
    }

    /// - Parameter target: `pod/web`, or a pod's name alone.
    /// - Returns: 0 when nothing is wrong, else 1.
    package func run(_ target: String, _ options: Options) async throws(Fault) -> Int32 {
        let parts = target.split(separator: "/", maxSplits: 1).map(String.init)
        let word = parts.count == 2 ? parts[0] : "pod", name = parts.last ?? ""
        guard let asked = Asked.named(word), !name.isEmpty else {
            let known = Asked.allCases.map { $0.rawValue.lowercased() }.joined(separator: ", ")
            throw Fault(.invalid, "\"\(target)\" can't be asked about; these can: \(known), as KIND/NAME")
        }
        let namespace = asked.isNamespaced ? options.namespace : ""
        let object: JSON
        do throws(APIStatus) {
            object = try await api.get(asked.resource, namespace, name)
        } catch {
            throw Fault(error.code == 404 ? .notFound : .unavailable, try await explain(error, asked, namespace, name))
        }
        // A node's pods may be of any namespace.
        let situation = await SituationReader(api: api, now: now(), output: output).read(
            asked.isNamespaced ? namespace : "", pod: asked == .pod ? name : nil)
        let diagnosis = Self.diagnose(object, asked.kind, situation)
        write(options.output == "json" ? diagnosis.json.pretty() + "\n" : diagnosis.text)
        return diagnosis.isWell ? 0 : 1
    }

    /// - Parameter kind: of objects that don't say it themselves, as those of lists.
    package static func diagnose(_ object: JSON, _ kind: String, _ situation: Situation) -> Diagnosis {
        switch kind {
        case "Pod": return PodDiagnosis(pod: object, situation: situation).diagnose()
        case "Service": return ServiceDiagnosis(service: object, situation: situation).diagnose()
        case "Node": return NodeDiagnosis(node: object, situation: situation).diagnose()
        case "PersistentVolumeClaim": return ClaimDiagnosis(claim: object, situation: situation).diagnose()
        case "CronJob": return CronJobDiagnosis(cronJob: object, situation: situation).diagnose()
        case "PodDisruptionBudget": return BudgetDiagnosis(budget: object, situation: situation).diagnose()
        default:
            var object = object
            object["kind"] = .string(kind)
            return WorkloadDiagnosis(object: object, situation: situation).diagnose()
        }
    }

    /// With the name that may be meant.
    private func explain(
        _ error: APIStatus, _ asked: Asked, _ namespace: String, _ name: String
    ) async throws(Fault) -> String {
        guard error.code == 404 else { return error.message }
        let names = ((try? await api.list(asked.resource, namespace).items) ?? []).map { $0["metadata"].text("name") }
        guard let near = NearName.of(name, among: names) else { return error.message }
        return "\(error.message); \(near) may be meant"
    }
}
