import Cluster
import CommandLine
import DockerCLI
import JSON

private struct VersionOptions: Sendable {
    var isShort = false
    var output = ""
}

private struct EngineOptions: ProfileOptions {
    var profile = ""
    var unsets = false
}

extension Verbs {
    static func version() -> ClusterCommand {
        ClusterCommand(
            "version", "Print the version of minikube", count: .none, options: VersionOptions(),
            flags: [
                .toggle("short", \.isShort, "Print just the version number."),
                .text("output", short: "o", \.output, "json or yaml"),
            ]
        ) { options, _, session in
            let version = "v\(session.version)"
            switch options.output {
            case "" where options.isShort: session.out.line(version)
            case "": session.out.line("minikube version: \(version)\ncommit: hako")
            case "json": session.out.line((["commit": "hako", "minikubeVersion": .string(version)] as JSON).text)
            case "yaml": session.out.write("commit: hako\nminikubeVersion: \(version)\n\n")
            default: throw Reason.outputUsage.failure("error: --output must be 'yaml' or 'json'")
            }
            return 0
        }
    }

    /// The engine of a cluster's images is the one that its nodes are containers of.
    static func dockerEnvironment() -> ClusterCommand {
        ClusterCommand(
            "docker-env", "Print what points a shell's docker to the cluster's engine", count: .none,
            options: EngineOptions(),
            flags: [.profile, .toggle("unset", short: "u", \.unsets, "Print what takes it back")]
        ) { options, _, session in
            if options.unsets {
                session.out.write("unset DOCKER_HOST;\nunset MINIKUBE_ACTIVE_DOCKERD;\n")
                return 0
            }
            let profile = try session.existing(options.profile)
            session.out.write(
                """
                export DOCKER_HOST="unix://\(session.engine.socket)"
                export MINIKUBE_ACTIVE_DOCKERD="\(profile.name)"

                # To point your shell to minikube's docker-daemon, run:
                # eval $(\(session.name) -p \(profile.name) docker-env)

                """)
            return 0
        }
    }

    /// minikube's commands that have no meaning here, or none yet, with the reason.
    static func refused() -> [ClusterCommand] {
        let reasons = [
            ("tunnel", "services of type LoadBalancer have an address on this machine without a tunnel"),
            ("mount", "give pods a folder of this machine by `hako cp`, or by a volume of an image"),
            ("dashboard", "there is none built in: install one with `kubectl apply` or helm"),
            ("podman-env", "the cluster's engine is reached as docker's is: see docker-env"),
            ("cache", "the cluster has all images that the engine has: `hako docker pull IMAGE`"),
        ]
        return reasons.map { verb, reason in
            ClusterCommand(
                verb, group: .hidden, "Not in this program", count: .atLeast(0), interspersed: false,
                options: PlainOptions(), flags: [.profile]
            ) { _, _, _ in throw Failure("\(verb) isn't in this program: \(reason)", exitCode: 16) }
        }
    }
}
