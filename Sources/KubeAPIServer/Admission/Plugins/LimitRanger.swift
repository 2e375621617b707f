import JSON
import KubeModel

/// Gives containers the namespace's default requests and limits, and holds pods and claims to its bounds.
struct LimitRanger: AdmissionPlugin {
    let name = "LimitRanger"
    private static let annotation = "kubernetes.io/limit-ranger"

    func mutate(_ request: inout AdmissionRequest, _ reader: any ObjectReader) async throws(APIStatus) {
        guard request.isOf("pods"), Self.applies(request) else { return }
        for range in ranges(request, reader) { Self.setDefaults(&request.object, range) }
    }

    func validate(_ request: inout AdmissionRequest, _ reader: any ObjectReader) async throws(APIStatus) {
        guard Self.applies(request) else { return }
        for range in ranges(request, reader) {
            let faults =
                request.isOf("pods")
                ? Self.podFaults(request.object["spec"], range) : Self.claimFaults(request.object["spec"], range)
            if !faults.isEmpty { throw request.forbidden(GoText.aggregate(faults)) }
        }
    }

    private static func applies(_ request: AdmissionRequest) -> Bool {
        guard request.old["metadata", "deletionTimestamp"].isNull else { return false }
        if request.isOf("pods") {
            // A pod's containers change by resizing only.
            return request.operation == .create && request.subresource.isEmpty
                || request.operation == .update && request.subresource == "resize"
        }
        return request.isFor("persistentvolumeclaims")
            && (request.operation == .create || request.operation == .update)
    }

    private func ranges(_ request: AdmissionRequest, _ reader: any ObjectReader) -> [JSON] {
        guard !request.namespace.isEmpty else { return [] }
        return reader.objects(group: "", resource: "limitranges", namespace: request.namespace)
    }

    // MARK: defaults

    private static func setDefaults(_ pod: inout JSON, _ range: JSON) {
        var requests = ResourceAmounts(), limits = ResourceAmounts()
        for limit in range["spec"].list("limits") where limit["type"] == "Container" {
            requests.merge(ResourceAmounts(limit["defaultRequest"])) { _, new in new }
            limits.merge(ResourceAmounts(limit["default"])) { _, new in new }
        }
        guard !requests.isEmpty || !limits.isEmpty else { return }
        var notes: [String] = []
        pod.edit("spec") { spec in
            for (list, kind) in [("containers", "container"), ("initContainers", "init container")] {
                spec.editEach(list) { container in
                    let name = container.text("name")
                    let set = fill(&container, "requests", requests), limited = fill(&container, "limits", limits)
                    if !set.isEmpty { notes.append("\(set.joined(separator: ", ")) request for \(kind) \(name)") }
                    if !limited.isEmpty { notes.append("\(limited.joined(separator: ", ")) limit for \(kind) \(name)") }
                }
            }
        }
        if !notes.isEmpty {
            pod["metadata", "annotations", annotation] = .string(
                "LimitRanger plugin set: \(notes.joined(separator: "; "))")
        }
    }

    /// The names of what was missing and is set now.
    private static func fill(_ container: inout JSON, _ member: String, _ defaults: ResourceAmounts) -> [String] {
        let missing = defaults.keys.filter { container["resources", member, $0].isNull }.sorted()
        for name in missing { container["resources", member, name] = .string(defaults[name]?.description ?? "0") }
        return missing
    }

    // MARK: bounds

    private static func podFaults(_ spec: JSON, _ range: JSON) -> [String] {
        range["spec"].list("limits").flatMap { limit -> [String] in
            switch limit["type"].string {
            case "Container":
                return (spec.list("containers") + spec.list("initContainers")).flatMap { container in
                    faults(
                        limit, ResourceAmounts(container["resources", "requests"]),
                        ResourceAmounts(container["resources", "limits"]))
                }
            case "Pod":
                return faults(
                    limit, PodResources.requests(spec, withOverhead: false),
                    PodResources.limits(spec, withOverhead: false))
            default: return []
            }
        }
    }

    private static func faults(_ limit: JSON, _ requests: ResourceAmounts, _ limits: ResourceAmounts) -> [String] {
        let type = limit.text("type")
        func each(_ member: String, _ check: (String, Quantity) -> String?) -> [String] {
            ResourceAmounts(limit[member]).sorted { $0.key < $1.key }.compactMap { check($0.key, $0.value) }
        }
        return each("min") { minimum(type, $0, $1, requests[$0], limits[$0]) }
            + each("max") { maximum(type, $0, $1, requests[$0], limits[$0]) }
            + each("maxLimitRequestRatio") { ratio(type, $0, $1, requests[$0], limits[$0]) }
    }

    private static func claimFaults(_ spec: JSON, _ range: JSON) -> [String] {
        let requests = ResourceAmounts(spec["resources", "requests"])
        return range["spec"].list("limits").filter { $0["type"] == "PersistentVolumeClaim" }.flatMap { limit in
            let type = limit.text("type")
            return ResourceAmounts(limit["min"]).sorted { $0.key < $1.key }
                .compactMap { minimum(type, $0.key, $0.value, requests[$0.key], nil) }
                + ResourceAmounts(limit["max"]).sorted { $0.key < $1.key }.compactMap { name, bound in
                    let start = "maximum \(name) usage per \(type) is \(bound)"
                    guard let request = requests[name] else { return "\(start).  No request is specified" }
                    return request.compare(to: bound) > 0 ? "\(start), but request is \(request)" : nil
                }
        }
    }

    private static func minimum(
        _ type: String, _ name: String, _ bound: Quantity, _ request: Quantity?, _ limit: Quantity?
    ) -> String? {
        let start = "minimum \(name) usage per \(type) is \(bound)"
        guard let request else { return "\(start).  No request is specified" }
        if request.compare(to: bound) < 0 { return "\(start), but request is \(request)" }
        if let limit, limit.compare(to: bound) < 0 { return "\(start), but limit is \(limit)" }
        return nil
    }

    private static func maximum(
        _ type: String, _ name: String, _ bound: Quantity, _ request: Quantity?, _ limit: Quantity?
    ) -> String? {
        let start = "maximum \(name) usage per \(type) is \(bound)"
        guard let limit else { return "\(start).  No limit is specified" }
        if limit.compare(to: bound) > 0 { return "\(start), but limit is \(limit)" }
        if let request, request.compare(to: bound) > 0 { return "\(start), but request is \(request)" }
        return nil
    }

    private static func ratio(
        _ type: String, _ name: String, _ bound: Quantity, _ request: Quantity?, _ limit: Quantity?
    ) -> String? {
        let start = "\(name) max limit to request ratio per \(type) is \(bound)"
        guard let request, !request.isZero else { return "\(start), but no request is specified or request is 0" }
        guard let limit, !limit.isZero else { return "\(start), but no limit is specified or limit is 0" }
        let observed = limit.double / request.double
        return observed > bound.double ? "\(start), but provided ratio is \(sixDecimals(observed))" : nil
    }

    /// `%f`.
    private static func sixDecimals(_ value: Double) -> String {
        guard value.isFinite, value < 1e12 else { return "\(value)" }
        let scaled = Int64((value * 1e6).rounded())
        let fraction = "\(scaled % 1_000_000)"
        return "\(scaled / 1_000_000)." + String(repeating: "0", count: 6 - fraction.count) + fraction
    }
}
