import CLinux
import CommandLine
import Fault
import KubeAPIServer
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// `hako apiserver`: the Kubernetes API over an embedded store, until a signal ends it.
enum APIServerCommand {
    private static let loops = 2

    static func main(_ arguments: [String], version: String) async -> CInt {
        var options = APIServerOptions()
        do {
            let parsed = try FlagParser(APIServerOptions.flags, interspersed: true).parse(arguments, into: &options)
            if parsed.wantsHelp {
                write(usage)
                return 0
            }
            if options.wantsVersion {
                write("hako \(version)\n")
                return 0
            }
            if let word = parsed.positional.first {
                throw Fault(.invalid, "\"hako apiserver\" accepts no arguments: \(word)")
            }
            guard !options.configuration.dataFolder.isEmpty else {
                throw Fault(.invalid, "hako apiserver needs a folder for its state: --data-dir DIR")
            }
            try await run(options, version: version)
            return 0
        } catch let error as UsageError {
            write("\(error)\nSee 'hako apiserver --help'.\n", to: STDERR_FILENO)
            return 125
        } catch {
            write("hako apiserver: \(sentence(error))\n", to: STDERR_FILENO)
            return 1
        }
    }

    private static func run(_ options: APIServerOptions, version: String) async throws {
        NIOSingletons.groupLoopCountSuggestion = loops
        umask(0o077)
        DescriptorLimit.raise()
        LogOutput.level.withLockedValue { $0 = LogOutput.level(named: options.logLevel) }
        LoggingSystem.bootstrap { LogOutput(label: $0) }
        let group = MultiThreadedEventLoopGroup.singleton
        let signals = try await Signals.stream([SIGTERM, SIGINT, SIGPIPE], on: group)
        var configuration = options.configuration
        configuration.productVersion = version
        let server = try await RunningAPIServer.start(configuration, group: group, log: Logger(label: "apiserver"))
        if !options.kubeconfig.isEmpty { try server.writeKubeconfig(to: options.kubeconfig) }
        write("hako apiserver listens on \(server.address)\n", to: STDERR_FILENO)
        for await signal in signals where signal == SIGTERM || signal == SIGINT { break }
        await server.stop()
    }

    private static var usage: String {
        let rows = APIServerOptions.flags.map(\.shape).map { flag in
            let spelled = "      --\(flag.name)\(flag.value.map { " " + $0 } ?? "")"
            let shown = flag.shownDefault.map { " (default \($0))" } ?? ""
            return spelled + String(repeating: " ", count: max(2, 48 - spelled.count)) + flag.help + shown
        }
        return "Usage: hako apiserver --data-dir DIR [OPTIONS]\n\nServes the Kubernetes API from an embedded store.\n\n"
            + "Options:\n" + rows.joined(separator: "\n") + "\n"
    }
}
