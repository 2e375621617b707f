import CommandLine
import Fault
import JSON
import NIOConcurrencyHelpers
import NIOCore
import Wire

/// What all commands of one run share: streams, environment, configuration and the daemon.
package struct Session: Sendable {
    package let input: Input
    package let out: Output
    package let err: Output
    package let environment: [String: String]
    package let configuration: DockerConfig
    package let contexts: ContextStore
    /// The context in force.
    package let contextName: String
    /// Commands of other modules.
    let plugins: [DockerPlugin]
    private let connect: @Sendable () throws -> DockerClient
    private let known = NIOLockedValueBox<DockerClient?>(nil)
    /// Where a build is told of that is one of several; nil: on standard error, by itself.
    var display: BuildDisplay?

    package init(
        input: Input, out: Output, err: Output, environment: [String: String], configuration: DockerConfig,
        contexts: ContextStore, contextName: String = "default", plugins: [DockerPlugin] = [],
        connect: @escaping @Sendable () throws -> DockerClient
    ) {
        self.input = input
        self.out = out
        self.err = err
        self.environment = environment
        self.configuration = configuration
        self.contexts = contexts
        self.contextName = contextName
        self.plugins = plugins
        self.connect = connect
    }

    /// The daemon; chosen when first asked for, so that commands without one need no valid endpoint.
    package var client: DockerClient {
        get throws {
            if let client = known.withLockedValue({ $0 }) { return client }
            let client = try connect()
            known.withLockedValue { $0 = client }
            return client
        }
    }

    /// The same session with other streams and variables.
    package func with(
        input: Input? = nil, out: Output? = nil, err: Output? = nil, environment: [String: String]? = nil
    ) -> Session {
        var session = Session(
            input: input ?? self.input, out: out ?? self.out, err: err ?? self.err,
            environment: environment ?? self.environment,
            configuration: configuration, contexts: contexts, contextName: contextName, plugins: plugins,
            connect: { [self] in try client })
        session.display = display
        return session
    }

    /// Runs a command of the docker program; the exit code.
    package func docker(_ arguments: [String]) async throws -> Int32 {
        guard let word = arguments.first, let command = CommandTree.command(word) else {
            throw Failure("unknown command: docker \(arguments.first ?? "")")
        }
        return try await command.run(Array(arguments.dropFirst()), under: "docker", context: self)
    }

    /// Does the work for each name, in order, goes on after failures, prints what it gives, and fails at the end with
    /// all complaints, a line each.
    package func forEach(
        _ names: [String], exitCode: Int32 = 1, sideBySide: Bool = true,
        _ work: @escaping @Sendable (String) async throws -> String?
    ) async throws -> Int32 {
        var complaints: [String] = []
        func note(_ result: Result<String?, any Error>) {
            switch result {
            case .success(let text): if let text { out.line(text) }
            case .failure(let ignored as Ignored): err.line(ignored.description)
            case .failure(let error): complaints.append(sentence(error))
            }
        }
        if sideBySide, names.count > 1 {
            await Self.parallel(names, work, note)
        } else {
            for name in names { note(await Self.attempt(name, work)) }
        }
        guard complaints.isEmpty else { throw Failure(complaints.joined(separator: "\n"), exitCode: exitCode) }
        return 0
    }

    /// Requests of one command that run at the same time.
    private static let parallelRequests = 50

    private static func attempt(
        _ name: String, _ work: @Sendable (String) async throws -> String?
    ) async -> Result<String?, any Error> {
        do { return .success(try await work(name)) } catch { return .failure(error) }
    }

    private static func parallel(
        _ names: [String], _ work: @escaping @Sendable (String) async throws -> String?,
        _ note: (Result<String?, any Error>) -> Void
    ) async {
        await withTaskGroup(of: (Int, Result<String?, any Error>).self) { group in
            var results: [Result<String?, any Error>?] = names.map { _ in nil }
            var next = 0, told = 0
            func start() {
                guard next < names.count else { return }
                let at = next
                next += 1
                group.addTask { (at, await attempt(names[at], work)) }
            }
            for _ in 0..<parallelRequests { start() }
            while let (at, result) = await group.next() {
                results[at] = result
                start()
                // In the order of the names, each as soon as those before it are done.
                while told < names.count, let ready = results[told] {
                    note(ready)
                    told += 1
                }
            }
        }
    }

    /// A failure that is told but is none for the command.
    package struct Ignored: Error, CustomStringConvertible {
        package let description: String
    }

    /// Asks on the terminal; anything but `y` is no. End of input is no.
    package func confirms(_ question: String) async throws -> Bool {
        out.write("\(question) [y/N] ")
        var answer: [UInt8] = []
        while answer.count < 1_024 {
            let bytes = try await input.read(1)
            guard let byte = bytes.first else { break }
            if byte == UInt8(ascii: "\n") { break }
            answer.append(byte)
        }
        return String(decoding: answer, as: UTF8.self).trimmed.lowercased() == "y"
    }
}

/// Commands of the docker program.
package typealias DockerCommand = Command<Session>
