import JSON
import KubeModel

/// Gives pods the overhead, node selector and tolerations of their runtime class.
struct RuntimeClassPlugin: AdmissionPlugin {
    let name = "RuntimeClass"

    func mutate(_ request: inout AdmissionRequest, _ reader: any ObjectReader) async throws(APIStatus) {
        guard request.operation == .create, request.isFor("pods"), let found = try runtimeClass(request, reader)
        else { return }
        var spec = request.object["spec"]
        let overhead = found["overhead", "podFixed"]
        if found.has("overhead") {
            if spec.has("overhead"), !Self.isEqual(spec["overhead"], overhead) { throw Self.mismatch(request) }
            if overhead.isNull { spec.remove("overhead") } else { spec["overhead"] = overhead }
        }
        if found.has("scheduling") { try schedule(&spec, found["scheduling"], request) }
        request.object["spec"] = spec
    }

    func validate(_ request: inout AdmissionRequest, _ reader: any ObjectReader) async throws(APIStatus) {
        guard request.operation == .create, request.isFor("pods") else { return }
        let found = try runtimeClass(request, reader), overhead = request.object["spec", "overhead"]
        if let found, found.has("overhead") {
            guard Self.isEqual(found["overhead", "podFixed"], overhead) else { throw Self.mismatch(request) }
        } else if !overhead.isNull {
            throw request.forbidden(
                "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead")
        }
    }

    private static func mismatch(_ request: AdmissionRequest) -> APIStatus {
        request.forbidden("pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead")
    }

    private func runtimeClass(_ request: AdmissionRequest, _ reader: any ObjectReader) throws(APIStatus) -> JSON? {
        guard let name = request.object["spec", "runtimeClassName"].string else { return nil }
        guard let found = reader.object(group: "node.k8s.io", resource: "runtimeclasses", namespace: "", name: name)
        else { throw request.forbidden("pod rejected: RuntimeClass \(GoText.quoted(name)) not found") }
        return found
    }

    /// Quantities are compared as numbers: `1Gi` is `1024Mi`.
    private static func isEqual(_ a: JSON, _ b: JSON) -> Bool {
        let a = a.object ?? JSONObject(), b = b.object ?? JSONObject()
        return a.count == b.count
            && a.allSatisfy { member in
                guard let other = b[member.key] else { return false }
                guard let x = Quantity(member.value), let y = Quantity(other) else { return member.value == other }
                return x.compare(to: y) == 0
            }
    }

    private func schedule(_ spec: inout JSON, _ scheduling: JSON, _ request: AdmissionRequest) throws(APIStatus) {
        let given = spec["nodeSelector"].stringMap
        for (key, value) in scheduling["nodeSelector"].stringMap.sorted(by: { $0.key < $1.key }) {
            if let own = given[key], own != value {
                throw request.forbidden(
                    "conflict: runtimeClass.scheduling.nodeSelector[\(key)] = \(value); pod.spec.nodeSelector[\(key)] = "
                        + own)
            }
            spec["nodeSelector", key] = .string(value)
        }
        let merged = Self.merge(spec.list("tolerations") + scheduling.list("tolerations"))
        if !merged.isEmpty { spec["tolerations"] = .array(merged) }
    }

    /// Leaves out what another toleration covers.
    private static func merge(_ all: [JSON]) -> [JSON] {
        var merged: [JSON] = []
        for (at, toleration) in all.enumerated() {
            if merged.contains(where: { covers($0, toleration) }) { continue }
            if all[(at + 1)...].contains(where: { $0 != toleration && covers($0, toleration) }) { continue }
            merged.append(toleration)
        }
        return merged
    }

    private static func covers(_ wide: JSON, _ narrow: JSON) -> Bool {
        if wide == narrow { return true }
        let isExists = wide.text("operator") == "Exists"
        if wide.text("key") != narrow.text("key"), !(wide.text("key").isEmpty && isExists) { return false }
        if wide.text("effect") != narrow.text("effect"), !wide.text("effect").isEmpty { return false }
        if wide.text("effect") == "NoExecute", let seconds = wide["tolerationSeconds"].int {
            guard let own = narrow["tolerationSeconds"].int, own <= seconds else { return false }
        }
        switch wide.text("operator") {
        case "Exists": return true
        case "", "Equal": return narrow.text("operator") == "Equal" && narrow.text("value") == wide.text("value")
        default: return false
        }
    }
}
