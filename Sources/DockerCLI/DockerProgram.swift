import CommandLine
import Fault
import Glibc
import NIOConcurrencyHelpers
import Wire

/// The docker command line, from arguments to exit code.
///
/// - Parameters:
///   - arguments: what follows the program's name.
///   - plugins: commands of other modules, each made when it is looked up.
///   - ensureDaemon: starts our daemon when it isn't running; called at most once, and only for the default endpoint.
package func dockerMain(
    _ arguments: [String], plugins: [DockerPlugin] = [], ensureDaemon: @escaping @Sendable () async throws -> Void
) async -> Int32 {
    let program = DockerProgram(
        input: .descriptor(STDIN_FILENO), out: .descriptor(STDOUT_FILENO), err: .descriptor(STDERR_FILENO),
        environment: ProcessEnvironment.current, plugins: plugins)
    let code = await program.run(arguments) { address in
        HTTPClient(
            address.endpoint, tls: address.tls, revive: address.isDefault ? ensureDaemon : nil,
            dialer: address.ssh.map { ssh in HTTPDialer { try ProgramLine.open(ssh.command) } })
    }
    RawMode.leave()
    return code
}

/// A word of the docker program that another module knows.
package struct DockerPlugin: Sendable {
    package let name: String
    package let make: @Sendable () -> DockerCommand

    package init(_ name: String, make: @escaping @Sendable () -> DockerCommand) {
        self.name = name
        self.make = make
    }
}

package struct DockerProgram: Sendable {
    let input: Input
    let out: Output
    let err: Output
    let environment: [String: String]
    let plugins: [DockerPlugin]

    package init(
        input: Input, out: Output, err: Output, environment: [String: String], plugins: [DockerPlugin] = []
    ) {
        self.plugins = plugins
        self.input = input
        self.out = out
        self.err = err
        self.environment = environment
    }

    /// The client's release whose behaviour this one has.
    package static let clientVersion = "28.2.2"

    package func run(
        _ arguments: [String], connect: @escaping @Sendable (DaemonAddress) throws -> any DockerTransport
    ) async -> Int32 {
        do { return try await execute(arguments, connect) } catch let request as HelpRequest {
            (request.wasAsked ? out : err).write(request.text)
            return 0
        } catch let misuse as Misuse {
            err.line(misuse.message)
            return misuse.exitCode
        } catch let failure as Failure {
            if !failure.description.isEmpty { err.line(failure.description) }
            return failure.exitCode
        } catch {
            err.line(sentence(error))
            return 1
        }
    }

    private static let logLevels: Set<String> = [
        "trace", "debug", "info", "warn", "warning", "error", "fatal", "panic",
    ]

    private func execute(
        _ arguments: [String], _ connect: @escaping @Sendable (DaemonAddress) throws -> any DockerTransport
    ) async throws -> Int32 {
        var options = GlobalOptions()
        let flags = GlobalOptions.flags(folder: GlobalOptions.defaultFolder(environment))
        let root = RootPage(flags: flags.map(\.shape), plugins: plugins)
        let parsed: FlagParser<GlobalOptions>.Result
        do { parsed = try FlagParser(flags, interspersed: false).parse(arguments, into: &options) } catch {
            throw Misuse(message: root.flagComplaint("\(error)"), exitCode: 125)
        }
        if parsed.wantsHelp {
            if parsed.usedShortHelp { err.line(HelpPage.shortFormIsOld) }
            throw HelpRequest(text: root.help)
        }
        guard Self.logLevels.contains(options.logLevel) else {
            throw Failure("Unable to parse logging level: \(options.logLevel)")
        }
        if options.version {
            out.line("Docker version \(Self.clientVersion), build hakobune")
            return 0
        }
        guard let word = parsed.positional.first else { throw HelpRequest(text: root.help, wasAsked: false) }
        // What is to be completed isn't ours to parse.
        let rest = (word.hasPrefix("__complete") ? ["--"] : []) + parsed.positional.dropFirst()
        if word == "help" { return try await help(rest, root, options, connect) }
        if word.hasPrefix("__complete"), let name = rest.dropFirst().first, rest.count > 2,
            let plugin = plugins.first(where: { $0.name == name })
        {
            return try await plugin.make().run(
                ["__complete"] + rest.dropFirst(2), under: "docker", context: try session(options, connect))
        }
        guard let command = command(word) else {
            throw root.unknown(word, CommandTree.names + plugins.map(\.name))
        }
        return try await command.run(rest, under: "docker", context: try session(options, connect))
    }

    private func command(_ word: String) -> DockerCommand? {
        plugins.first { $0.name == word }?.make() ?? CommandTree.command(word)
    }

    /// `docker help run` is `docker run --help`.
    private func help(
        _ words: [String], _ root: RootPage, _ options: GlobalOptions,
        _ connect: @escaping @Sendable (DaemonAddress) throws -> any DockerTransport
    ) async throws -> Int32 {
        guard let word = words.first else { throw HelpRequest(text: root.help) }
        guard let command = command(word) else {
            throw Misuse(message: "unknown help topic: \(words.joined(separator: " "))", exitCode: 1)
        }
        return try await command.run(
            words.dropFirst() + ["--help"], under: "docker", context: try session(options, connect))
    }

    private func session(
        _ options: GlobalOptions, _ connect: @escaping @Sendable (DaemonAddress) throws -> any DockerTransport
    ) throws -> Session {
        guard options.context.isEmpty || options.hosts.isEmpty else {
            throw Failure("conflicting options: cannot specify both --host and --context")
        }
        let folder = options.folder(environment)
        let configuration: DockerConfig
        do { configuration = try DockerConfig.load(folder: folder) } catch {
            err.line("WARNING: Error \(sentence(error))")
            configuration = DockerConfig(folder: folder)
        }
        let contexts = ContextStore(configurationFolder: folder)
        let version = environment["DOCKER_API_VERSION"].flatMap {
            $0.isEmpty ? nil : $0.hasPrefix("v") ? String($0.dropFirst()) : $0
        }
        let variables = environment
        return Session(
            input: input, out: out, err: err, environment: variables, configuration: configuration, contexts: contexts,
            contextName: DaemonAddress.contextName(options, environment: variables, configuration: configuration),
            plugins: plugins
        ) {
            let address = try DaemonAddress.choose(
                options, environment: variables, configuration: configuration, contexts: contexts)
            return DockerClient(
                transport: try connect(address), host: address.text,
                headers: configuration.httpHeaders.sorted { $0.key < $1.key }.map { ($0.key, $0.value) },
                fixedVersion: version)
        }
    }
}
