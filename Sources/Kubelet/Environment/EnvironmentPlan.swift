import JSON
import KubeModel

/// A container's environment, from objects that are already at hand.
struct EnvironmentPlan {
    let container: JSON
    let pod: JSON
    let facts: PodFacts
    /// All services that the node knows.
    let services: [JSON]
    /// The node's `status.allocatable`.
    let allocatable: JSON
    /// A config map or secret, or why there is none.
    let object: (ObjectReference) -> Result<JSON, APIStatus>
    /// The text of a file in a volume: by the volume's name and the path in it.
    let file: (String, String) throws(PodConfigError) -> String

    private struct Values {
        var order: [String] = []
        var byName: [String: String] = [:]

        mutating func set(_ name: String, _ value: String) {
            if byName.updateValue(value, forKey: name) == nil { order.append(name) }
        }
    }

    /// `NAME=value` lines: the container's variables, then services' that it doesn't set itself.
    func lines() throws(PodConfigError) -> [String] {
        let links = ServiceVariables.of(
            services, namespace: namespace, links: pod["spec"]["enableServiceLinks"].bool ?? true)
        let ofServices = Dictionary(links.map { ($0.name, $0.value) }) { $1 }
        var values = Values()
        for source in container["envFrom"].array ?? [] {
            for (name, value) in try all(source) { values.set(name, value) }
        }
        for variable in container["env"].array ?? [] {
            guard let name = variable["name"].string else { continue }
            if let text = variable["value"].string, !text.isEmpty {
                let known = values.byName
                values.set(name, VariableExpansion.expand(text) { known[$0] ?? ofServices[$0] })
            } else if let value = try resolve(variable["valueFrom"]) {
                values.set(name, value)
            }
        }
        var told = Set(values.order)
        var lines = values.order.map { "\($0)=\(values.byName[$0] ?? "")" }
        for (name, _) in links where told.insert(name).inserted { lines.append("\(name)=\(ofServices[name] ?? "")") }
        return lines
    }

    private var namespace: String { pod["metadata"]["namespace"].string ?? "" }

    /// Every key of a config map or secret; none when it is optional and isn't there.
    private func all(_ source: JSON) throws(PodConfigError) -> [(String, String)] {
        let prefix = source["prefix"].string ?? ""
        let isSecret = source["secretRef"].object != nil
        let reference = isSecret ? source["secretRef"] : source["configMapRef"]
        guard let object = try find(isSecret ? .secret : .configMap, reference) else { return [] }
        return object["data"].stringMap.sorted { $0.key < $1.key }.map { key, value in
            (prefix + key, isSecret ? Self.decoded(value) : value)
        }
    }

    private func find(_ kind: ObjectReference.Kind, _ reference: JSON) throws(PodConfigError) -> JSON? {
        switch object(ObjectReference(kind, namespace, reference["name"].string ?? "")) {
        case .success(let object): return object
        case .failure(let status):
            if status.code == 404, reference["optional"].bool == true { return nil }
            throw PodConfigError(status)
        }
    }

    /// Nil: an optional source that isn't there, so there is no such variable.
    private func resolve(_ source: JSON) throws(PodConfigError) -> String? {
        if let path = source["fieldRef"]["fieldPath"].string { return try PodField.value(pod, path, facts) }
        if source["resourceFieldRef"].object != nil {
            return try ResourceField.value(
                source["resourceFieldRef"], pod: pod, own: container, allocatable: allocatable)
        }
        if source["configMapKeyRef"].object != nil { return try key(.configMap, source["configMapKeyRef"]) }
        if source["secretKeyRef"].object != nil { return try key(.secret, source["secretKeyRef"]) }
        if source["fileKeyRef"].object != nil { return try fileKey(source["fileKeyRef"]) }
        return ""
    }

    private func key(_ kind: ObjectReference.Kind, _ reference: JSON) throws(PodConfigError) -> String? {
        guard let object = try find(kind, reference) else { return nil }
        let key = reference["key"].string ?? ""
        guard let value = object["data"][key].string else {
            if reference["optional"].bool == true { return nil }
            let place = "\(namespace)/\(reference["name"].string ?? "")"
            throw PodConfigError("couldn't find key \(key) in \(kind == .secret ? "Secret" : "ConfigMap") \(place)")
        }
        return kind == .secret ? Self.decoded(value) : value
    }

    private func fileKey(_ reference: JSON) throws(PodConfigError) -> String? {
        let key = reference["key"].string ?? "", path = reference["path"].string ?? ""
        let text = try file(reference["volumeName"].string ?? "", path)
        guard let value = try? EnvironmentFile.value(of: key, in: text) else {
            throw PodConfigError("couldn't parse env file")
        }
        if !value.isEmpty { return value }
        if reference["optional"].bool == true { return nil }
        throw PodConfigError(
            "environment variable key \(GoText.quoted(key)) not found in file \(GoText.quoted(path))")
    }

    private static func decoded(_ base64: String) -> String {
        String(decoding: decodeBase64(base64) ?? [], as: UTF8.self)
    }
}
