import Cluster
import CommandLine
import DockerCLI
import JSON
import KubeClient
import KubeModel

struct StatusOptions: ProfileOptions {
    var profile = ""
    var output = "text"
    var format = ""
    var node = ""
}

/// One node's state, in minikube's words.
struct NodeStatus: Sendable {
    var name: String
    var isControlPlane: Bool
    var host = "Nonexistent", kubelet = "Stopped", server = "Stopped", kubeconfig = "Misconfigured"

    var json: JSON {
        [
            "Name": .string(name), "Host": .string(host), "Kubelet": .string(kubelet),
            "APIServer": .string(isControlPlane ? server : "Irrelevant"),
            "Kubeconfig": .string(isControlPlane ? kubeconfig : "Irrelevant"), "Worker": .bool(!isControlPlane),
        ]
    }

    var text: String {
        guard isControlPlane else { return "\(name)\ntype: Worker\nhost: \(host)\nkubelet: \(kubelet)\n" }
        return "\(name)\ntype: Control Plane\nhost: \(host)\nkubelet: \(kubelet)\napiserver: \(server)\n"
            + "kubeconfig: \(kubeconfig)\n"
    }

    /// minikube's exit code: what doesn't run, as bits for host, cluster and Kubernetes.
    var code: Int32 {
        var code: Int32 = 0
        if host != "Running" { code |= 1 }
        if isControlPlane, server != "Running" { code |= 2 }
        if kubelet != "Running" { code |= 4 }
        return code
    }
}

extension Verbs {
    static func status() -> ClusterCommand {
        ClusterCommand(
            "status", group: .common, "Gets the status of a local Kubernetes cluster", usage: "[flags]", count: .none,
            options: StatusOptions(),
            flags: [
                .profile, .text("output", short: "o", \.output, default: "text", "text or json"),
                .text("format", short: "f", \.format, "A Go template for each node"),
                .text("node", short: "n", \.node, "The node to show; all when left out"),
            ]
        ) { options, _, session in
            let profile = try session.existing(options.profile)
            var nodes: [NodeStatus] = []
            for node in profile.nodes where options.node.isEmpty || node.name == options.node {
                nodes.append(try await session.status(of: node, profile))
            }
            try session.show(nodes, options)
            return nodes.reduce(0) { $0 | $1.code }
        }
    }
}

extension ClusterSession {
    func status(of node: Profile.Node, _ profile: Profile) async throws -> NodeStatus {
        var status = NodeStatus(name: node.name, isControlPlane: node.isControlPlane)
        guard let state = try await engine.container(node.name)?["State"] else { return status }
        let isPaused = state["Paused"].bool == true
        status.host = isPaused || state["Running"].bool == true ? "Running" : "Stopped"
        let config = try? Kubeconfig.load(environment)
        let isConfigured = config?.entry(.clusters, profile.name)?["server"].string?.contains(
            profile.controlPlane?.address ?? "?")
        status.kubeconfig = isConfigured == true ? "Configured" : "Misconfigured"
        guard status.host == "Running" else { return status }
        if isPaused {
            (status.kubelet, status.server) = ("Stopped", "Paused")
            return status
        }
        do {
            let api = try api(of: profile)
            let object = try await api.get(.nodes, "", node.name)
            status.server = "Running"
            let ready = object["status"]["conditions"].array?.first { $0["type"].string == "Ready" }
            status.kubelet = ready?["status"].string == "True" ? "Running" : "Stopped"
        } catch let error as APIStatus where error.code == 404 {
            status.server = "Running"
        } catch {
            status.server = "Stopped"
        }
        return status
    }

    /// The cluster's API, by the kubeconfig's own entry.
    func api(of profile: Profile) throws -> RemoteAPI {
        var overrides = ClusterOverrides()
        overrides.context = profile.name
        let target = try ClusterTarget(try Kubeconfig.load(environment), overrides)
        return RemoteAPI(KubeConnection(target, agent: "hako/\(version)"))
    }

    fileprivate func show(_ nodes: [NodeStatus], _ options: StatusOptions) throws {
        if !options.format.isEmpty {
            for node in nodes { out.write(try Template(parsing: options.format).execute(.json(node.json))) }
            return
        }
        switch options.output {
        case "json": out.line(nodes.count == 1 ? nodes[0].json.text : JSON.array(nodes.map(\.json)).text)
        case "text": for node in nodes { out.line(node.text) }
        default:
            throw Failure("invalid output format: \(options.output). Valid values: 'text', 'json'", exitCode: 14)
        }
    }
}
