import JSON
import KubeModel

/// What a job's `podFailurePolicy` makes of a failed pod.
enum PodFailurePolicy: Equatable {
    /// As if there were no policy.
    case counts
    case ignored
    case failsIndex
    case failsJob(message: String)

    init(_ job: JSON, _ pod: JSON) {
        for (number, rule) in job["spec"]["podFailurePolicy"].list("rules").enumerated() {
            guard let what = Self.match(rule, pod) else { continue }
            switch rule.text("action") {
            case "Ignore": self = .ignored
            case "FailIndex": self = .failsIndex
            case "FailJob": self = .failsJob(message: "\(what) matching FailJob rule at index \(number)")
            default: self = .counts
            }
            return
        }
        self = .counts
    }

    /// - Returns: what of the pod fits the rule, in words; nil when nothing does.
    private static func match(_ rule: JSON, _ pod: JSON) -> String? {
        let name = "\(pod.objectNamespace)/\(pod.objectName)"
        let codes = rule["onExitCodes"]
        if !codes.isNull {
            for list in ["containerStatuses", "initContainerStatuses"] {
                for status in pod["status"].list(list) {
                    let code = status["state"]["terminated"]["exitCode"].int ?? 0
                    guard code != 0, codes["containerName"].string.map({ $0 == status.text("name") }) ?? true,
                        codes.list("values").contains(where: { $0.int == code }) == (codes.text("operator") == "In")
                    else { continue }
                    return "Container \(status.text("name")) for pod \(name) failed with exit code \(code)"
                }
            }
            return nil
        }
        for pattern in rule.list("onPodConditions") {
            let found = PodFacts.condition(pod, pattern.text("type"))
            if !found.isNull, found["status"] == pattern["status"] {
                return "Pod \(name) has condition \(pattern.text("type"))"
            }
        }
        return nil
    }
}
