import CLinux
import CommandLine
import DockerCLI
import Fault
import KubeClient
import Logging
import NIOHTTP1

struct SeeOptions: Sendable {
    /// "" for the kubeconfig's current context.
    var profile = ""
    /// "" for the context's.
    var namespace = ""
    var isForAll = false
    var output = ""
    var isOnce = false
}

/// The loop made visible.
extension Verbs {
    static func why() -> ClusterCommand {
        ClusterCommand(
            "why", group: .common, "Says why an object isn't as it should be, and the smallest change that would help",
            usage: "KIND/NAME [flags]", count: .exactly(1), options: SeeOptions(), flags: flags
        ) { options, parsed, session in
            let (api, namespace) = try session.connection(options)
            let output: Why.Output = { await lastOutput(api.connection, $0, $1, $2, isPrevious: $3) }
            let why = Why(api, output: output, now: hako_wall_clock) { session.out.write($0) }
            var asked = Why.Options()
            asked.namespace = namespace
            asked.output = options.output
            return try await why.run(parsed.arguments[0], asked)
        }
    }

    static func timeline() -> ClusterCommand {
        ClusterCommand(
            "timeline", group: .common,
            "Tells what is desired, what is observed, and who did what and why, as it happens",
            usage: "[KIND/NAME] [flags]", count: .atMost(1), options: SeeOptions(),
            flags: flags + [
                .toggle("all-namespaces", short: "A", \.isForAll, "Objects of all namespaces"),
                .toggle("once", \.isOnce, "End after what has happened already"),
            ]
        ) { options, parsed, session in
            let (api, namespace) = try session.connection(options)
            let timeline = Timeline(api, log: Logger(label: "timeline"), now: hako_wall_clock) { session.out.write($0) }
            var asked = Timeline.Options()
            asked.namespace = options.isForAll ? "" : namespace
            asked.output = options.output
            asked.isFollowing = !options.isOnce
            try await timeline.run(parsed.arguments.first, asked)
            return 0
        }
    }

    /// Lines of a container's output that are looked at.
    private static let outputLines = 20

    private static func lastOutput(
        _ connection: KubeConnection, _ namespace: String, _ pod: String, _ container: String, isPrevious: Bool
    ) async -> String? {
        let path = ResourceID.pods.path(namespace: namespace, name: pod, subresource: "log")
        let query = [("container", container), ("tailLines", "\(outputLines)"), ("previous", "\(isPrevious)")]
        guard let answer = try? await connection.accepted(try await connection.send(.GET, path, query)),
            let bytes = try? await connection.whole(answer)
        else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static var flags: [Flag<SeeOptions>] {
        [
            .text("profile", short: "p", \.profile, "The cluster; the current context's when left out"),
            .text("namespace", short: "n", \.namespace, "The object's namespace; the context's when left out"),
            .text("output", short: "o", \.output, "json, or text when left out"),
        ]
    }
}

extension ClusterSession {
    /// The API that the kubeconfig leads to, and the namespace that is meant.
    fileprivate func connection(_ options: SeeOptions) throws -> (api: RemoteAPI, namespace: String) {
        guard ["", "text", "json"].contains(options.output) else {
            throw Failure("invalid output format: \(options.output). Valid values: 'text', 'json'", exitCode: 14)
        }
        var overrides = ClusterOverrides()
        overrides.context = options.profile
        overrides.namespace = options.namespace
        let config = try Kubeconfig.load(environment)
        let namespace = try ClusterTarget.namespace(config, overrides)
        let target = try ClusterTarget(config, overrides)
        return (
            RemoteAPI(KubeConnection(target, agent: "hako/\(version)")),
            namespace.isEmpty ? "default" : namespace
        )
    }
}
