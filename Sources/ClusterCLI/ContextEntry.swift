import CommandLine
import Cluster
import Fault
import JSON
import KubeClient
import KubeModel

/// A cluster's cluster, user and context in the kubeconfig that kubectl reads; everything else there is left alone.
struct ContextEntry {
    private let name: String
    private let cluster: JSON
    private let user: JSON

    /// - Parameter administrator: the kubeconfig that the control plane wrote.
    init(_ profile: Profile, _ administrator: [UInt8]) throws {
        let tree = try YAML.parse(administrator).value
        name = profile.name
        cluster = tree["clusters"][0]["cluster"]
        user = tree["users"][0]["user"]
        guard cluster["server"].string != nil else {
            throw Fault(.internalFault, "the control plane of \(profile.name) wrote no kubeconfig that can be read")
        }
    }

    func write(_ environment: [String: String], selects: Bool) throws {
        var config = try Kubeconfig.load(environment)
        config.set(.clusters, name, cluster)
        config.set(.users, name, user)
        config.set(
            .contexts, name, ["cluster": .string(name), "namespace": "default", "user": .string(name)])
        if selects { config.setCurrentContext(name) }
        try config.save()
    }

    /// Idempotent. The current context is unset when it was this one.
    static func remove(_ name: String, _ environment: [String: String]) throws {
        var config = try Kubeconfig.load(environment)
        for section in Kubeconfig.Section.allCases where config.entry(section, name) != nil {
            config.remove(section, name)
        }
        if config.currentContext == name { config.setCurrentContext("") }
        try config.save()
    }
}
