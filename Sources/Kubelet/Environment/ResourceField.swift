import JSON
import KubeModel

/// `resourceFieldRef`: a container's requests and limits as whole numbers of a divisor.
enum ResourceField {
    /// - Parameters:
    ///   - own: the container that asks; null in a volume, where the reference names one.
    ///   - allocatable: of the node: a limit where neither the container nor the pod has one.
    static func value(
        _ reference: JSON, pod: JSON, own: JSON, allocatable: JSON
    ) throws(PodConfigError) -> String {
        let name = reference["containerName"].string ?? ""
        let container = name.isEmpty && !own.isNull ? own : try self.container(pod, name)
        let field = reference["resource"].string ?? ""
        let parts = field.split(separator: ".", maxSplits: 1).map(String.init)
        guard parts.count == 2, ["limits", "requests"].contains(parts[0]),
            ["cpu", "memory", "ephemeral-storage"].contains(parts[1]) || parts[1].hasPrefix("hugepages-")
        else { throw PodConfigError("unsupported container resource : \(field)") }
        var quantity = Quantity(container["resources"][parts[0]][parts[1]]) ?? .zero
        if parts[0] == "limits", quantity.isZero, !parts[1].hasPrefix("hugepages-") {
            quantity = fallback(parts[1], pod, allocatable)
        }
        var divisor = Quantity(reference["divisor"]) ?? .zero
        if divisor.isZero { divisor = Quantity(1) }
        return parts[1] == "cpu"
            ? quotient(quantity.milliValue, divisor.milliValue) : quotient(quantity.value, divisor.value)
    }

    private static func fallback(_ resource: String, _ pod: JSON, _ allocatable: JSON) -> Quantity {
        let ofNode = Quantity(allocatable[resource])
        if resource != "ephemeral-storage", ofNode != nil,
            let ofPod = Quantity(pod["spec"]["resources"]["limits"][resource]), !ofPod.isZero
        {
            return ofPod
        }
        return ofNode ?? .zero
    }

    private static func quotient(_ value: Int, _ divisor: Int) -> String {
        String(Int(clamping: Int128((Double(value) / Double(max(divisor, 1))).rounded(.up))))
    }

    private static func container(_ pod: JSON, _ name: String) throws(PodConfigError) -> JSON {
        for list in ["containers", "initContainers"] {
            if let found = pod["spec"][list].array?.first(where: { $0["name"].string == name }) { return found }
        }
        throw PodConfigError("container \(name) not found")
    }
}
