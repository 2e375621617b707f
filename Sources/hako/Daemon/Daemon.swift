import BuildKit
import Builder
import CLinux
import CommandLine
import Engine
import EngineAPI
import Fault
import Linux
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Wire

/// `hako daemon`: the engine behind its sockets, until a signal ends it. Containers go on without it.
enum Daemon {
    /// Threads for sockets, and for system calls that block.
    private static let loops = 2
    private static let blockingThreads = 4
    /// glibc gives each thread an arena of its own, which keeps what it once got; two keep an idle daemon small.
    private static let arenas: CInt = 2
    private static let arenaOption: CInt = -8  // M_ARENA_MAX

    static func main(_ arguments: [String]) async -> CInt {
        var options = DaemonOptions()
        do {
            let parsed = try FlagParser(DaemonSetting.all.map(\.flag), interspersed: true).parse(
                arguments, into: &options)
            if parsed.wantsHelp {
                write(usage)
                return 0
            }
            if options.wantsVersion {
                write("hako \(Product.version)\n")
                return 0
            }
            if let word = parsed.positional.first {
                throw Fault(.invalid, "\"hako daemon\" accepts no arguments: \(word)")
            }
            let ignored = try DaemonFile.apply(to: &options, given: parsed.given)
            try options.check()
            if options.validate {
                write("configuration OK\n")
                return 0
            }
            guard geteuid() == 0 else {
                throw Fault(.denied, "hako daemon needs to be started with root privileges: use sudo")
            }
            try await run(options, ignored, reload: { try reloaded(arguments) })
            return 0
        } catch let error as UsageError {
            write("\(error)\nSee 'hako daemon --help'.\n", to: STDERR_FILENO)
            return 125
        } catch {
            write("\(sentence(error))\n", to: STDERR_FILENO)
            return 1
        }
    }

    private static func reloaded(_ arguments: [String]) throws -> DaemonOptions {
        var options = DaemonOptions()
        let parsed = try FlagParser(DaemonSetting.all.map(\.flag), interspersed: true).parse(arguments, into: &options)
        _ = try DaemonFile.apply(to: &options, given: parsed.given)
        try options.check()
        return options
    }

    private static var usage: String {
        let rows = DaemonSetting.all.map(\.flag.shape).map { flag in
            let short = flag.short.map { "-\($0), " } ?? "    "
            let spelled = "  \(short)--\(flag.name)\(flag.value.map { " " + $0 } ?? "")"
            let shown = flag.shownDefault.map { " (default \($0))" } ?? ""
            return spelled + String(repeating: " ", count: max(2, 34 - spelled.count)) + flag.help + shown
        }
        return "Usage: hako daemon [OPTIONS]\n\nRuns the container engine.\n\nOptions:\n" + rows.joined(separator: "\n")
            + "\n"
    }

    private static func run(_ options: DaemonOptions, _ ignored: [String], reload: () throws -> DaemonOptions)
        async throws
    {
        mallopt(arenaOption, arenas)
        NIOSingletons.groupLoopCountSuggestion = loops
        NIOSingletons.blockingPoolThreadCountSuggestion = blockingThreads
        DescriptorLimit.raise()
        umask(0o022)
        LogOutput.level.withLockedValue { $0 = options.isVerbose ? .debug : LogOutput.level(named: options.logLevel) }
        LoggingSystem.bootstrap { LogOutput(label: $0) }
        let log = Logger(label: "daemon")
        for key in ignored {
            log.warning("ignored in the configuration file: it changes nothing here", metadata: ["key": "\(key)"])
        }

        for folder in [options.execRoot, options.dataRoot] { try makeFolder(folder, mode: 0o711) }
        let locks = try DaemonLocks.take(options)
        defer { locks.release() }
        let group = MultiThreadedEventLoopGroup.singleton
        let signals = try await Signals.stream([SIGTERM, SIGINT, SIGHUP, SIGPIPE], on: group)
        let engine = try Engine(options: options.engine, log: log)
        try await engine.start()
        do { try await serve(engine, signals, options, log, reload) } catch {
            // It can't listen: what start made is taken down where no container needs it.
            await engine.shutdown()
            throw error
        }
        await engine.shutdown()
    }

    private static func serve(
        _ engine: Engine, _ signals: AsyncStream<CInt>, _ options: DaemonOptions, _ log: Logger,
        _ reload: () throws -> DaemonOptions
    ) async throws {
        let builder = try Builder(engine: engine)
        let buildKit = BuildKit(builder: builder, log: log)
        let api = DockerAPI(
            backend: engine, builder: builder,
            buildKit: BuildKitDoor(
                check: { try buildKit.check(session: $0) }, session: { try await buildKit.session($0, $1) },
                calls: { try await buildKit.grpc($0) }),
            serverVersion: Product.version, log: log)
        let server = HTTPServer(group: MultiThreadedEventLoopGroup.singleton, log: log) { await api.handle($0, $1) }
        try await listen(server, options, log)
        log.info("daemon is ready", metadata: ["version": "\(Product.version)", "data-root": "\(options.dataRoot)"])
        Readiness.announce()
        await wait(signals, log, reload)
        await server.shutdown(patience: .seconds(min(Int64(options.shutdownTimeout), longestPatience)))
    }

    /// Requests that follow a log or wait for a container would hold the daemon for ever, in seconds.
    private static let longestPatience: Int64 = 2

    private static func listen(_ server: HTTPServer, _ options: DaemonOptions, _ log: Logger) async throws {
        let tls = options.tlsFiles(home: getenv("HOME").map { String(cString: $0) } ?? "/root")
        for host in options.listensOn {
            if host == SocketActivation.host {
                for descriptor in try SocketActivation.take() { try await server.listen(descriptor: descriptor) }
                log.info("API listen", metadata: ["host": "\(host)"])
                continue
            }
            let endpoint = try DaemonOptions.endpoint(host, hasTLS: tls != nil)
            switch endpoint {
            case .unix(let path):
                let folder = path.split(separator: "/").dropLast().joined(separator: "/")
                try makeFolder("/" + folder, mode: 0o755)
                try await server.listen(on: endpoint, socketGroup: options.group, needsGroup: options.group != "docker")
            case .tcp:
                if tls == nil {
                    log.warning(
                        "anybody who reaches this port is root on this machine: use --tlsverify",
                        metadata: ["host": "\(host)"])
                }
                try await server.listen(on: endpoint, tls: tls)
            }
            log.info("API listen", metadata: ["host": "\(endpoint)"])
        }
    }

    /// Until a signal says to end.
    private static func wait(_ signals: AsyncStream<CInt>, _ log: Logger, _ reload: () throws -> DaemonOptions) async {
        for await signal in signals {
            switch signal {
            case SIGPIPE: continue
            case SIGHUP:
                do {
                    let options = try reload()
                    LogOutput.level.withLockedValue {
                        $0 = options.isVerbose ? .debug : LogOutput.level(named: options.logLevel)
                    }
                    log.info("configuration is read again: the log level is taken over, the rest needs a new start")
                } catch {
                    log.error("configuration is not taken over", metadata: ["error": "\(sentence(error))"])
                }
            default:
                log.info("daemon ends; containers go on", metadata: ["signal": "\(signal)"])
                return
            }
        }
    }
}
