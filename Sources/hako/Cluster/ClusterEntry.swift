import CLinux
import Cluster
import ClusterCLI
import CommandLine
import DockerCLI
import Engine
import Fault
import KubectlCLI
import Wire

/// `hako start`, `hako service …`, and the same under the name minikube.
enum ClusterEntry {
    static func main(_ arguments: [String], name: String) async -> CInt {
        let environment = ProcessEnvironment.current
        do {
            let engine = try engine(environment)
            let program = ClusterProgram(
                engine: engine, environment: environment, out: .descriptor(STDOUT_FILENO),
                err: .descriptor(STDERR_FILENO), program: try AutoStart.executable(), version: Product.version,
                kubectl: { await kubectlMain($0) },
                docker: { await dockerMain($0) { try AutoStart.ensureDaemon() } })
            return await program.run(arguments, name: name)
        } catch {
            write("\(name): \(sentence(error))\n", to: STDERR_FILENO)
            return 1
        }
    }

    /// The engine whose containers the nodes are: the one of `DOCKER_HOST`, else this machine's, started when needed.
    private static func engine(_ environment: [String: String]) throws -> ClusterEngine {
        let host = environment["DOCKER_HOST"] ?? ""
        guard host.isEmpty || host.hasPrefix("unix://") else {
            throw Fault(.invalid, "clusters need an engine on this machine: DOCKER_HOST is \(host), not unix://PATH")
        }
        let socket = host.isEmpty ? AutoStart.socket : String(host.dropFirst("unix://".count))
        let revive: @Sendable () async throws -> Void = { try AutoStart.ensureDaemon() }
        let transport = HTTPClient(.unix(path: socket), revive: host.isEmpty ? revive : nil)
        return ClusterEngine(DockerClient(transport: transport, host: "unix://\(socket)"), socket: socket)
    }
}
