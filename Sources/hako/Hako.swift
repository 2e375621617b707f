import CLinux
import ClusterCLI
import ComposeCLI
import ContainerRuntime
import Dispatch
import DockerCLI
import Engine
import Fault
import KubectlCLI

/// One program, several names: by `argv[0]` it is `docker`; as `hako` its first word says what it is to be.
@main
struct Hako {
    /// The OCI runtime runs on the first thread, alone: it waits for signals, which a second thread would take from
    /// it, and starting the concurrency runtime's threads takes a good part of its time. All else is asynchronous.
    static func main() {
        var arguments = CommandLine.arguments[...]
        let name = arguments.popFirst().map { String($0.split(separator: "/").last ?? "hako") } ?? "hako"
        let words = Array(arguments)
        if !otherPrograms.contains(name), words.first == "runtime" { exit(runtimeMain(Array(words.dropFirst()))) }
        Task { exit(await run(name, words)) }
        dispatchMain()
    }

    /// Names under which it is another program; under any other it is `hako`.
    private static let otherPrograms: Set<String> = ["docker", "kubectl", "minikube", "docker-compose"]

    private static func run(_ name: String, _ arguments: [String]) async -> CInt {
        if name == "docker" { return await docker(arguments) }
        if name == "kubectl" { return await kubectlMain(arguments) }
        if name == "minikube" { return await ClusterEntry.main(arguments, name: name) }
        if name == "docker-compose" { return await docker(["compose"] + arguments) }
        let rest = Array(arguments.dropFirst())
        switch arguments.first {
        case nil, "help", "--help", "-h":
            write(help)
            return 0
        case "version", "--version":
            write("hako \(Product.version)\n")
            return 0
        case "docker": return await docker(rest)
        case "compose": return await docker(arguments)
        case "node" where rest.first?.hasPrefix("--") == true:
            return await NodeCommand.main(rest, version: Product.version)
        case let word? where ClusterProgram.verbs.contains(word):
            return await ClusterEntry.main(arguments, name: "hako")
        case "daemon": return await Daemon.main(rest)
        case "apiserver": return await APIServerCommand.main(rest, version: Product.version)
        case "snapshot": return SnapshotCommand.main(rest)
        case "registry": return await RegistryCommand.main(rest)
        case "install": return Install.main(rest)
        case let word?:
            return fail("'\(word)' is not a hako command: see `hako help`; docker's commands go `hako docker \(word)`")
        }
    }

    private static func docker(_ arguments: [String]) async -> CInt {
        await dockerMain(arguments, plugins: [.compose]) { try AutoStart.ensureDaemon() }
    }

    private static func fail(_ message: String) -> CInt {
        write("hako: \(message)\n", to: STDERR_FILENO)
        return 1
    }

    private static let help = """
        Usage: hako COMMAND

        Containers and Kubernetes clusters: engine, runtime, cluster and their command lines in one program.

        Commands:
          start      Start a Kubernetes cluster; stop, delete, status, service and others go with it
                     (also under the name minikube: ln -s hako minikube)
          why        Say why an object isn't as it should be, and what would help
          timeline   Tell what happens in a cluster, who did it and why, as it happens
          docker     The docker command line (also under the name docker: ln -s hako docker)
          compose    Services from a compose file (also under the name docker-compose: ln -s hako docker-compose)
          kubectl    The kubectl command line (also under the name kubectl: ln -s hako kubectl)
          daemon     Run the engine; starts by itself when `hako docker` needs it
          runtime    The OCI runtime command line
          apiserver  Serve the Kubernetes API
          registry   Serve images to whoever pulls and pushes
          snapshot   Save a cluster's state to a file, or make it anew from one
          install    Have systemd run the engine
          version    Print the version

        Run 'hako COMMAND --help' for more. Other clients: DOCKER_HOST=unix:///run/hako/docker.sock

        """
}

/// Straight to the descriptor: the program may end at once afterwards.
func write(_ text: String, to descriptor: CInt = STDOUT_FILENO) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { CLinux.write(descriptor, $0.baseAddress, $0.count) }
        guard count > 0 || hako_errno() == EINTR else { return }
        rest = rest.dropFirst(max(0, count))
    }
}
