import JSON
import KubeModel

/// Resolves pods' priority classes, and keeps one class the default.
struct PriorityPlugin: AdmissionPlugin {
    let name = "Priority"

    /// The classes that the system has always, also before their objects are written.
    static let system = ["system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000]

    func mutate(_ request: inout AdmissionRequest, _ reader: any ObjectReader) async throws(APIStatus) {
        guard request.isFor("pods") else { return }
        switch request.operation {
        case .create: try resolve(&request, reader)
        case .update:
            // Set at the creation, and not to be changed: a client that leaves them out means the same.
            for member in ["priority", "preemptionPolicy"] where request.object["spec", member].isNull {
                let old = request.old["spec", member]
                if !old.isNull { request.object["spec", member] = old }
            }
        default: return
        }
    }

    private func resolve(_ request: inout AdmissionRequest, _ reader: any ObjectReader) throws(APIStatus) {
        var spec = request.object["spec"]
        let className = spec.text("priorityClassName")
        var value = 0, policy: String? = "PreemptLowerPriority"
        if className.isEmpty {
            if let found = Self.defaultClass(reader) {
                spec["priorityClassName"] = found["metadata", "name"]
                value = found["value"].int ?? 0
                policy = found["preemptionPolicy"].string
            }
        } else if let found = reader.object(
            group: "scheduling.k8s.io", resource: "priorityclasses", namespace: "", name: className)
        {
            value = found["value"].int ?? 0
            policy = found["preemptionPolicy"].string
        } else if let known = Self.system[className] {
            value = known
        } else {
            throw request.forbidden("no PriorityClass with name \(className) was found")
        }
        if let given = spec["priority"].int, given != value {
            throw request.forbidden(
                "the integer value of priority (\(given)) must not be provided in pod spec; priority admission controller "
                    + "computed \(value) from the given PriorityClass name")
        }
        spec["priority"] = JSON(value)
        if let policy {
            if let given = spec["preemptionPolicy"].string, given != policy {
                throw request.forbidden(
                    "the string value of PreemptionPolicy (\(given)) must not be provided in pod spec; priority admission "
                        + "controller computed \(policy) from the given PriorityClass name")
            }
            spec["preemptionPolicy"] = .string(policy)
        }
        request.object["spec"] = spec
    }

    func validate(_ request: inout AdmissionRequest, _ reader: any ObjectReader) async throws(APIStatus) {
        guard request.isFor("priorityclasses", group: "scheduling.k8s.io"),
            request.operation == .create || request.operation == .update,
            request.object["globalDefault"] == true, let other = Self.defaultClass(reader)
        else { return }
        let otherName = other["metadata", "name"].string ?? ""
        guard request.operation == .create || otherName != request.object["metadata", "name"].string else { return }
        throw request.forbidden("PriorityClass \(otherName) is already marked as default. Only one default can exist")
    }

    /// The one with the lowest value, should a race have made two.
    private static func defaultClass(_ reader: any ObjectReader) -> JSON? {
        reader.objects(group: "scheduling.k8s.io", resource: "priorityclasses", namespace: "")
            .filter { $0["globalDefault"] == true }
            .min { ($0["value"].int ?? 0) < ($1["value"].int ?? 0) }
    }
}
