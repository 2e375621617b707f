import CommandLine
import JSON
import KubeModel

// What storage is made of.
extension ObjectDescriber {
    func persistentVolume(_ text: inout DescribedText) async {
        let metadata = object["metadata"], spec = object["spec"], status = object["status"], claim = spec["claimRef"]
        text.pair(0, "Name", item.name)
        text.labelsAndAnnotations(object)
        text.pair(0, "Finalizers", "[\(metadata["finalizers"].strings.joined(separator: " "))]")
        text.pair(
            0, "StorageClass",
            metadata["annotations"]["volume.beta.kubernetes.io/storage-class"].string ?? spec["storageClassName"].plain)
        let age = AgeText.since(metadata["deletionTimestamp"], now: ModelTime.now)
        text.pair(
            0, "Status",
            metadata["deletionTimestamp"].isNull ? status["phase"].plain : "Terminating (lasts \(age))")
        text.pair(0, "Claim", claim.isNull ? "" : "\(claim["namespace"].plain)/\(claim["name"].plain)")
        text.pair(0, "Reclaim Policy", spec["persistentVolumeReclaimPolicy"].plain)
        text.pair(0, "Access Modes", AccessModeText.of(spec["accessModes"]))
        if !spec["volumeMode"].isNull { text.pair(0, "VolumeMode", spec["volumeMode"].plain) }
        text.pair(0, "Capacity", spec["capacity"]["storage"].string ?? "0")
        nodeAffinity(spec["nodeAffinity"]["required"], &text)
        text.pair(0, "Message", status["message"].plain)
        text.line(0, "Source:")
        VolumeText.source(spec, isPersistent: true, &text)
        text.events(await events())
    }

    private func nodeAffinity(_ required: JSON, _ text: inout DescribedText) {
        guard !required.isNull else { return text.line(0, "Node Affinity:\t<none>") }
        text.line(0, "Node Affinity:\t")
        let terms = required["nodeSelectorTerms"].array ?? []
        text.line(1, "Required Terms:\t\(terms.isEmpty ? "<none>" : "")")
        for (at, term) in terms.enumerated() {
            let lines = (term["matchExpressions"].array ?? []).map { expression in
                let values = expression["values"].strings
                return "\(expression["key"].plain) \(expression["operator"].plain.lowercased())"
                    + (values.isEmpty ? "" : " [\(values.joined(separator: ", "))]")
            }
            self.term(at, 2, lines, &text)
        }
    }

    private func term(_ number: Int, _ level: Int, _ lines: [String], _ text: inout DescribedText) {
        text.write(level, "Term \(number):\t")
        if lines.isEmpty { text.line(0, "<none>") }
        for (at, line) in lines.enumerated() {
            if at > 0 { text.write(level, "\t") }
            text.line(0, line)
        }
    }

    /// Where volumes of a class may be.
    func allowedTopologies(_ text: inout DescribedText) {
        guard let terms = object["allowedTopologies"].array else { return }
        text.line(0, "AllowedTopologies:\t\(terms.isEmpty ? "<none>" : "")")
        for (at, term) in terms.enumerated() {
            let lines = (term["matchLabelExpressions"].array ?? []).map { expression in
                "\(expression["key"].plain) in [\(expression["values"].strings.joined(separator: ", "))]"
            }
            self.term(at, 1, lines, &text)
        }
    }

    func volumeAttributesClass(_ text: inout DescribedText) async {
        text.pair(0, "Name", item.name)
        text.pair(0, "Annotations", TablePrinter.labels(object["metadata"]["annotations"].stringMap))
        text.pair(0, "DriverName", object["driverName"].plain)
        text.pair(0, "Parameters", TablePrinter.labels(object["parameters"].stringMap))
        text.events(await events())
    }

    func storageNode(_ text: inout DescribedText) async {
        text.pair(0, "Name", item.name)
        text.labelsAndAnnotations(object)
        text.pair(0, "CreationTimestamp", DateText.of(object["metadata"]["creationTimestamp"]))
        text.line(0, "Spec:")
        if let drivers = object["spec"]["drivers"].array {
            text.line(1, "Drivers:")
            for driver in drivers {
                text.line(2, "\(driver["name"].plain):")
                text.pair(3, "Node ID", driver["nodeID"].plain)
                if let count = driver["allocatable"]["count"].int {
                    text.line(3, "Allocatables:")
                    text.pair(4, "Count", "\(count)")
                }
                if !driver["topologyKeys"].isNull {
                    text.pair(3, "Topology Keys", "[\(driver["topologyKeys"].strings.joined(separator: " "))]")
                }
            }
        }
        text.events(await events())
    }
}

enum AccessModeText {
    private static let short = [
        "ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP",
    ]

    /// `RWO,ROX`.
    static func of(_ modes: JSON) -> String { modes.strings.compactMap { short[$0] }.joined(separator: ",") }
}
