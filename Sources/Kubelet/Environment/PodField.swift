import JSON
import KubeModel

/// `fieldRef`: a pod's own fields as text.
enum PodField {
    /// What any pod's object tells: names, labels, annotations.
    static func value(_ pod: JSON, _ path: String) throws(PodConfigError) -> String {
        let metadata = pod["metadata"]
        if let (path, key) = subscripted(path) {
            switch path {
            case "metadata.annotations":
                try check(key.lowercased(), "\(path)['\(key)']")
                return metadata["annotations"][key].string ?? ""
            case "metadata.labels":
                try check(key, "\(path)['\(key)']")
                return metadata["labels"][key].string ?? ""
            default: throw PodConfigError("fieldPath \(GoText.quoted("\(path)['\(key)']")) does not support subscript")
            }
        }
        switch path {
        case "metadata.annotations": return lines(metadata["annotations"])
        case "metadata.labels": return lines(metadata["labels"])
        case "metadata.name": return metadata["name"].string ?? ""
        case "metadata.namespace": return metadata["namespace"].string ?? ""
        case "metadata.uid": return metadata["uid"].string ?? ""
        default: throw PodConfigError("unsupported fieldPath: \(path)")
        }
    }

    /// Also what is known only while it runs; variables alone may ask for that.
    static func value(_ pod: JSON, _ path: String, _ facts: PodFacts) throws(PodConfigError) -> String {
        switch path {
        case "spec.nodeName", "spec.host": return pod["spec"]["nodeName"].string ?? facts.nodeName
        case "spec.serviceAccountName": return pod["spec"]["serviceAccountName"].string ?? ""
        case "status.hostIP": return facts.hostIPs.first ?? ""
        case "status.hostIPs": return facts.hostIPs.joined(separator: ",")
        case "status.podIP": return facts.podIPs.first ?? ""
        case "status.podIPs": return facts.podIPs.joined(separator: ",")
        default: return try value(pod, path)
        }
    }

    /// `key="value"` lines, sorted by key.
    static func lines(_ map: JSON) -> String {
        map.stringMap.sorted { $0.key < $1.key }.map { "\($0.key)=\(GoText.quoted($0.value))" }
            .joined(separator: "\n")
    }

    private static func check(_ key: String, _ path: String) throws(PodConfigError) {
        let faults = Names.qualifiedName(key)
        guard faults.isEmpty else {
            throw PodConfigError("invalid key subscript in \(path): \(faults.joined(separator: ";"))")
        }
    }

    /// `metadata.labels['a']` to `metadata.labels` and `a`.
    private static func subscripted(_ path: String) -> (path: String, key: String)? {
        guard path.hasSuffix("']"), let open = path.firstIndex(of: "["), open > path.startIndex else { return nil }
        let key = path[path.index(after: open)...]
        guard key.hasPrefix("'"), key.count > 2 else { return nil }
        return (String(path[..<open]), String(key.dropFirst().dropLast(2)))
    }
}
