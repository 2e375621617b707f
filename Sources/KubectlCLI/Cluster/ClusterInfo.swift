import CommandLine
import JSON
import KubeClient
import KubeModel

extension VerbTree {
    static func clusterInfo() -> Verb {
        Verb(
            "cluster-info", group: .cluster, "Display cluster information", usage: "cluster-info [flags] [options]",
            options: 0, subverbs: [clusterInfoDump()]
        ) { _, _, session in
            let connection = try session.connection
            func line(_ name: String, _ address: String) {
                let isTerminal = session.out.isTerminal
                session.out.line(
                    isTerminal
                        ? "\u{1B}[0;32m\(name)\u{1B}[0m is running at \u{1B}[0;33m\(address)\u{1B}[0m"
                        : "\(name) is running at \(address)")
            }
            let namespace = session.options.namespaceGiven ? try session.namespace : "kube-system"
            let services: JSON
            do {
                services = try await session.get(
                    ResourceID.services.path(namespace: namespace),
                    [("labelSelector", "kubernetes.io/cluster-service=true")])
            } catch {
                session.out.write(
                    "\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n")
                throw error
            }
            line("Kubernetes control plane", connection.target.server)
            for service in services["items"].array ?? [] {
                let metadata = service["metadata"], labels = metadata["labels"]
                let name = labels["kubernetes.io/name"].string ?? metadata["name"].plain
                let port = service["spec"]["ports"][0]
                let scheme = port["port"].int == 443 || port["name"].string == "https" ? "https:" : ""
                let suffix = port["name"].plain.isEmpty ? scheme.isEmpty ? "" : ":" : ":\(port["name"].plain)"
                line(
                    name,
                    "\(connection.target.server)/api/v1/namespaces/\(metadata["namespace"].plain)/services/\(scheme)\(metadata["name"].plain)\(suffix)/proxy"
                )
            }
            session.out.write("\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n")
        }
    }
}
