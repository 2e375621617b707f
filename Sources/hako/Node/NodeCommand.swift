import CLinux
import Cluster
import CommandLine
import Fault
import Linux
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Node

/// `hako node`: one node of a cluster, inside the container that `hako start` makes for it.
enum NodeCommand {
    private static let loops = 2, blockingThreads = 4
    /// glibc gives each thread an arena of its own, which keeps what it once got.
    private static let arenas: CInt = 2
    private static let arenaOption: CInt = -8  // M_ARENA_MAX

    static let flags: [Flag<NodeSettings>] = [
        .text("name", \.name, "The node's name"), .text("address", \.address, "Its own address"),
        .text("pod-cidr", \.podRange, "The range of its pods' addresses"),
        .toggle("control-plane", \.isControlPlane, "Serve the API, run controllers and scheduler"),
        .int("port", \.port, default: 8_443, "Where the API is served"),
        .text("server", \.server, "The cluster's API server, for a node that joins"),
        .text("token", \.token, "What a joining node shows"),
        .text("engine-socket", \.engineSocket, "The socket of the engine outside"),
        .int("process-ids", \.processIDs, "Process IDs that the machine has for all its containers"),
        .list("extra-config", \.extraConfig, "A setting of one of its parts: kubelet.NAME=VALUE"),
        .int("simulated-nodes", \.simulatedNodes, "Nodes that exist in the API only, of a control plane"),
    ]

    static func main(_ arguments: [String], version: String) async -> CInt {
        var settings = NodeSettings()
        settings.productVersion = version
        do {
            let parsed = try FlagParser(flags, interspersed: true).parse(arguments, into: &settings)
            if let word = parsed.positional.first {
                throw Fault(.invalid, "\"hako node\" accepts no arguments: \(word)")
            }
            try await run(settings)
            return 0
        } catch {
            write("hako node: \(sentence(error))\n", to: STDERR_FILENO)
            return 1
        }
    }

    private static func run(_ settings: NodeSettings) async throws {
        mallopt(arenaOption, arenas)
        NIOSingletons.groupLoopCountSuggestion = loops
        NIOSingletons.blockingPoolThreadCountSuggestion = blockingThreads
        DescriptorLimit.raise()
        umask(0o022)
        LogOutput.level.withLockedValue { $0 = .info }
        LoggingSystem.bootstrap { LogOutput(label: $0) }
        unlink(NodeWords.file)
        let group = MultiThreadedEventLoopGroup.singleton
        let signals = try await Signals.stream([SIGTERM, SIGINT, SIGPIPE], on: group)
        let node = try await RunningNode.start(settings, group: group, log: Logger(label: "node"))
        if settings.isControlPlane { say(NodeWords.serves) }
        let work = Task { await node.run { say(NodeWords.isReady) } }
        for await signal in signals where signal == SIGTERM || signal == SIGINT { break }
        work.cancel()
        await work.value
    }

    /// For those who follow the output, and for those who come later.
    private static func say(_ word: String) {
        try? KernelFile.replace(NodeWords.file, Array(word.utf8))
        write(word + "\n")
    }
}
