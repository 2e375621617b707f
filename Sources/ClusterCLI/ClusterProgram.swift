import Cluster
import CommandLine
import DockerCLI
import Fault
import JSON
import Wire

package typealias ClusterCommand = Command<ClusterSession>

/// What the commands share.
package struct ClusterSession: Sendable {
    package let engine: ClusterEngine
    let home: HomeFolder
    let environment: [String: String]
    let notes: Notes
    let out: Output
    /// How the program was called: `minikube`, `hako`.
    let name: String
    /// This program's path and version.
    let program: String, version: String
    /// `kubectl ARGUMENTS…` and `docker ARGUMENTS…` in this process.
    let kubectl: @Sendable ([String]) async -> Int32
    let docker: @Sendable ([String]) async -> Int32
}

/// The minikube command line.
package struct ClusterProgram: Sendable {
    let engine: ClusterEngine
    let environment: [String: String]
    let out: Output
    let err: Output
    let program: String, version: String
    let kubectl: @Sendable ([String]) async -> Int32
    let docker: @Sendable ([String]) async -> Int32

    package init(
        engine: ClusterEngine, environment: [String: String], out: Output, err: Output, program: String,
        version: String,
        kubectl: @escaping @Sendable ([String]) async -> Int32, docker: @escaping @Sendable ([String]) async -> Int32
    ) {
        self.engine = engine
        self.environment = environment
        self.out = out
        self.err = err
        self.program = program
        self.version = version
        self.kubectl = kubectl
        self.docker = docker
    }

    /// First words that are clusters' commands.
    package static let verbs: Set<String> = Set(commands.map(\.name) + ["kubectl"])

    static let commands: [ClusterCommand] =
        [
            Verbs.start(), Verbs.stop(), Verbs.delete(), Verbs.status(), Verbs.pause(), Verbs.unpause(),
            Verbs.service(),
            Verbs.ip(), Verbs.logs(), Verbs.ssh(), Verbs.node(), Verbs.profile(), Verbs.image(), Verbs.updateContext(),
            Verbs.why(), Verbs.timeline(), Verbs.config(), Verbs.addons(), Verbs.copy(), Verbs.completion(),
            Verbs.complete(), Verbs.version(), Verbs.dockerEnvironment(),
        ] + Verbs.refused()

    /// - Parameter name: how the program was called, for help: `minikube`, `hako`.
    package func run(_ arguments: [String], name: String) async -> Int32 {
        if arguments.first == "kubectl" { return await runKubectl(Array(arguments.dropFirst())) }
        if let words = ImageVerb.docker(arguments) { return await docker(words) }
        let session = ClusterSession(
            engine: engine, home: HomeFolder(environment), environment: environment, notes: Notes(out, environment),
            out: out, name: name, program: program, version: version, kubectl: kubectl, docker: docker)
        let root = ClusterCommand(name, "Local Kubernetes clusters", subcommands: Self.commands)
        do { return try await root.run(arguments, under: "", context: session) } catch let misuse as Misuse {
            err.write(misuse.message.hasSuffix("\n") ? misuse.message : misuse.message + "\n")
            return misuse.exitCode
        } catch let help as HelpRequest {
            (help.wasAsked ? out : err).write(help.text)
            return help.wasAsked ? 0 : 1
        } catch let failure as Failure {
            if !failure.description.isEmpty { Notes(err, environment).say(.failure, failure.description) }
            return failure.exitCode
        } catch {
            Notes(err, environment).say(.failure, "Exiting due to: \(sentence(error))")
            return 1
        }
    }

    /// `kubectl -- ARGUMENTS…`: everything behind is kubectl's own, also without the hyphens.
    private func runKubectl(_ arguments: [String]) async -> Int32 {
        await kubectl(arguments.first == "--" ? Array(arguments.dropFirst()) : arguments)
    }
}

/// Home of the commands; one file a verb.
enum Verbs {}

/// `-p`, which most commands have.
protocol ProfileOptions: Sendable {
    /// "": the preferred one.
    var profile: String { get set }
}

extension Flag where Options: ProfileOptions {
    static var profile: Flag<Options> {
        .text(
            "profile", short: "p", \.profile, default: Profile.standardName,
            "The name of the cluster, so that several can be there")
    }
}

struct PlainOptions: ProfileOptions {
    var profile = ""
}

extension ClusterSession {
    /// Throws minikube's sentence when there is no such cluster.
    /// - Parameter given: as on the command line; "": the preferred one.
    func existing(_ given: String) throws -> Profile {
        let name = try profileName(given)
        guard let profile = try home.profile(name) else {
            throw Failure(
                "Profile \"\(name)\" not found. Run \"minikube profile list\" to view all profiles.\n"
                    + "To start a cluster, run: \"minikube start\(name == Profile.standardName ? "" : " -p \(name)")\"",
                exitCode: 85)
        }
        return profile
    }

    func isRunning(_ node: String) async throws -> Bool {
        try await engine.container(node)?["State"]["Running"].bool == true
    }
}
