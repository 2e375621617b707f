import JSON
import KubeModel

/// The pods of a stateful set: `web-0`, `web-1`, …, each with its name, host name and claims.
enum StatefulPod {
    static let nameLabel = "statefulset.kubernetes.io/pod-name"
    static let indexLabel = "apps.kubernetes.io/pod-index"

    /// Nil for names that end in no number.
    static func ordinal(_ pod: JSON) -> Int? {
        guard let dash = pod.objectName.lastIndex(of: "-") else { return nil }
        let digits = pod.objectName[pod.objectName.index(after: dash)...]
        return digits.allSatisfy { $0.isASCII && $0.isNumber } ? Int32(digits).map(Int.init) : nil
    }

    static func isMember(_ pod: JSON, of set: JSON) -> Bool {
        ordinal(pod).map { name(set, $0) == pod.objectName } ?? false
    }

    static func name(_ set: JSON, _ ordinal: Int) -> String { "\(set.objectName)-\(ordinal)" }

    static func first(_ set: JSON) -> Int { set["spec"]["ordinals"]["start"].int ?? 0 }

    static func replicas(_ set: JSON) -> Int { set["spec"]["replicas"].int ?? 1 }

    static func ordinals(_ set: JSON) -> Range<Int> { first(set)..<first(set) + replicas(set) }

    static func revision(_ pod: JSON) -> String { pod.labels.text(RevisionHistory.hashLabel) }

    /// - Parameter set: with the template of the revision.
    static func make(_ set: JSON, _ ordinal: Int, revision: String) -> JSON {
        var pod = PodControl.pod(set["spec"]["template"], owner: set)
        let name = name(set, ordinal)
        pod.edit("metadata") { $0.remove("generateName") }
        pod["metadata", "name"] = .string(name)
        setIdentity(&pod, ordinal)
        pod["metadata", "labels", RevisionHistory.hashLabel] = .string(revision)
        pod["spec", "hostname"] = .string(name)
        let service = set["spec"].text("serviceName")
        if !service.isEmpty { pod["spec", "subdomain"] = .string(service) }
        setStorage(&pod, set, ordinal)
        return pod
    }

    static func setIdentity(_ pod: inout JSON, _ ordinal: Int) {
        pod["metadata", "labels", nameLabel] = .string(pod.objectName)
        pod["metadata", "labels", indexLabel] = .string("\(ordinal)")
    }

    static func hasIdentity(_ pod: JSON) -> Bool { pod.labels.text(nameLabel) == pod.objectName }

    // MARK: Claims

    static func claimName(_ template: JSON, _ set: JSON, _ ordinal: Int) -> String {
        "\(template["metadata"].text("name"))-\(set.objectName)-\(ordinal)"
    }

    static func claims(_ set: JSON, _ ordinal: Int) -> [JSON] {
        set["spec"].list("volumeClaimTemplates").map { template in
            var claim = template
            claim["apiVersion"] = "v1"
            claim["kind"] = "PersistentVolumeClaim"
            claim.remove("status")
            claim["metadata", "name"] = .string(claimName(template, set, ordinal))
            claim["metadata", "namespace"] = set["metadata"]["namespace"]
            var labels = claim.labels
            for (key, value) in set["spec"]["selector"].map("matchLabels") { labels[key] = value }
            if !labels.isNull { claim["metadata", "labels"] = labels }
            return claim
        }
    }

    static func setStorage(_ pod: inout JSON, _ set: JSON, _ ordinal: Int) {
        let templates = set["spec"].list("volumeClaimTemplates")
        guard !templates.isEmpty else { return }
        let own: [JSON] = templates.map { template in
            [
                "name": template["metadata"]["name"],
                "persistentVolumeClaim": ["claimName": .string(claimName(template, set, ordinal))],
            ]
        }
        let others = pod["spec"].list("volumes").filter { volume in !own.contains { $0["name"] == volume["name"] } }
        pod["spec", "volumes"] = .array(own + others)
    }

    static func hasStorage(_ pod: JSON, _ set: JSON, _ ordinal: Int) -> Bool {
        set["spec"].list("volumeClaimTemplates").allSatisfy { template in
            pod["spec"].list("volumes").contains {
                $0["name"] == template["metadata"]["name"]
                    && $0["persistentVolumeClaim"].text("claimName") == claimName(template, set, ordinal)
            }
        }
    }
}
