import JSON
import KubeModel

/// Config maps, secrets and volumes that a container wants and can't have.
struct ConfigurationDiagnosis {
    let container: ContainerDiagnosis

    init(of container: ContainerDiagnosis) { self.container = container }

    private var namespace: String { container.pod["metadata"].text("namespace") }
    private var flag: String { Changeable.flag(namespace) }
    private var start: String { "pod/\(container.podName) isn't Running: its \(container.place)" }

    func find(_ message: String) -> Finding {
        if let missing = missingKey(message) { return missing }
        if let missing = missingObject(message, wants: "\(start) refers to") { return missing }
        return Finding(
            .configuration, "\(start) can't be configured: \(container.clean(message)).",
            fix: "Correct what the message names.", command: "kubectl edit \(container.owner.path)\(flag)")
    }

    /// - Parameter message: of a FailedMount event.
    func findVolume(_ message: String) -> Finding {
        let volume = message.firstMatch(of: #/for volume "([^"]+)"/#).map { String($0.1) } ?? ""
        let wants = "pod/\(container.podName) isn't Running: its volume \(volume) is made from"
        if let missing = missingObject(message, wants: wants) { return missing }
        if let match = message.firstMatch(of: #/references non-existent (?:config|secret) key: (\S+)/#) {
            let source = (container.pod["spec"]["volumes"].array ?? []).first { $0.text("name") == volume } ?? .null
            let isSecret = source.has("secret")
            let name = isSecret ? source["secret"].text("secretName") : source["configMap"].text("name")
            return missing(key: String(match.1), isSecret: isSecret, name, wants: wants)
        }
        return Finding(
            .volume, "pod/\(container.podName) isn't Running: \(container.clean(message)).",
            fix: "Correct what the message names.", command: "kubectl describe pod \(container.podName)\(flag)")
    }

    private func missingKey(_ message: String) -> Finding? {
        guard let match = message.firstMatch(of: #/couldn't find key (\S+) in (ConfigMap|Secret) [^\/]+\/(\S+)/#) else {
            return nil
        }
        return missing(key: String(match.1), isSecret: match.2 == "Secret", String(match.3), wants: "\(start) takes")
    }

    private func missing(key: String, isSecret: Bool, _ name: String, wants: String) -> Finding {
        let kind = isSecret ? "secret" : "configmap"
        let objects = isSecret ? container.situation.secrets : container.situation.configMaps
        let object = objects.first { $0["metadata"].text("name") == name } ?? .null
        let keys = (object["data"].object?.names ?? []) + (object["binaryData"].object?.names ?? [])
        let has = keys.isEmpty ? "which is empty" : "which has only \(keys.sorted().joined(separator: ", "))"
        let finding = "\(wants) the key \(key) of \(kind)/\(name), \(has)."
        if let near = NearName.of(key, among: keys) {
            return Finding(
                .configuration, finding, fix: "The key \(near) may be meant: correct the reference, or add \(key).",
                command: "kubectl edit \(container.owner.path)\(flag)")
        }
        let member = isSecret ? "stringData" : "data"
        return Finding(
            .configuration, finding, fix: "Add it.",
            command: "kubectl patch \(kind) \(name)\(flag) --type=merge -p '{\"\(member)\":{\"\(key)\":\"VALUE\"}}'")
    }

    private func missingObject(_ message: String, wants: String) -> Finding? {
        guard let match = message.firstMatch(of: #/(configmap|secret)s? "([^"]+)" not found/#) else { return nil }
        let isSecret = match.1 == "secret", name = String(match.2)
        let objects = isSecret ? container.situation.secrets : container.situation.configMaps
        let finding = "\(wants) \(match.1)/\(name), which doesn't exist in namespace \(namespace)."
        if let near = NearName.of(name, among: objects.map { $0["metadata"].text("name") }) {
            return Finding(
                .configuration, finding,
                fix: "\(match.1)/\(near) may be meant: correct the reference, or create \(name).",
                command: "kubectl edit \(container.owner.path)\(flag)")
        }
        let create = isSecret ? "secret generic" : "configmap"
        return Finding(
            .configuration, finding, fix: "Create it.",
            command: "kubectl create \(create) \(name)\(flag) --from-literal=KEY=VALUE")
    }
}
