import CommandLine
import Compose
import DockerCLI
import JSON

struct ComposeBuildOptions: Sendable {
    var push = false, quiet = false, pull = false, dependencies = false, noCache = false, check = false, ignored = false
    var arguments: [String] = []
    var agents: [String] = []
    var builder = "", attestation = "", memory = "", progress = ""
}

extension ComposeTree {
    /// One value with commas, or none but the flag itself: the user's own agent.
    private static var agents: Flag<ComposeBuildOptions> {
        Flag("ssh", value: "string", help: "Keys and agents that builds may use (\"default\", \"NAME=FILE\")") {
            for text in $1.split(separator: ",") { $0.agents.append(String(text)) }
        }
    }

    static func build() -> ComposeCommand {
        ComposeCommand(
            "build", "Build or rebuild services", usage: "[OPTIONS] [SERVICE...]", count: .atLeast(0),
            options: ComposeBuildOptions(),
            flags: [
                .list("build-arg", \.arguments, value: "stringArray", "Set a variable of the builds (NAME=value)"),
                .text("builder", \.builder, "Accepted for the original's sake: the daemon builds"),
                .toggle("compress", \.ignored, hidden: true, "Has no effect"),
                .toggle("force-rm", \.ignored, hidden: true, "Has no effect"),
                .text("memory", short: "m", \.memory, value: "bytes", "Memory limit of the RUN instructions"),
                .toggle("no-cache", \.noCache, "Run every step anew"),
                .toggle("no-rm", \.ignored, hidden: true, "Has no effect"),
                .toggle("parallel", \.ignored, hidden: true, "Has no effect"),
                .text("progress", \.progress, hidden: true, "How builds show their progress"),
                .text("provenance", \.attestation, "Accepted for the original's sake"),
                .text("sbom", \.attestation, "Accepted for the original's sake"),
                agents,
                .toggle("pull", \.pull, "Look for newer versions of the base images"),
                .toggle("push", \.push, "Push the images"),
                .toggle("quiet", short: "q", \.quiet, "Build without showing output"),
                .toggle("with-dependencies", \.dependencies, "Build what services depend on too"),
            ]
        ) { options, parsed, context in
            let project = try await context.project(
                parsed.arguments, withDependencies: options.dependencies || parsed.arguments.isEmpty)
            let progress = try ProgressReport(context, title: "Building")
            var builds = Builds(context: context, project: project, progress: progress, isQuiet: options.quiet)
            builds.arguments = options.arguments.map { text in
                text.contains("=") ? text : context.session.environment[text].map { "\(text)=\($0)" } ?? text
            }
            builds.agents = options.agents
            builds.style = options.progress
            builds.pushesPlatforms = options.push
            builds.ignoresCache = options.noCache
            builds.pulls = options.pull
            builds.memory = options.memory
            let names = project.serviceNames.filter { project.services[$0]?.isBuilt == true }
            guard !names.isEmpty else {
                context.warn("No services to build")
                return 0
            }
            try await builds.build(names)
            guard options.push else { return 0 }
            // Builds for several platforms have gone there by themselves.
            let kept = names.filter { name in
                project.services[name].map { !BuildWords(service: $0, project: project).isForSeveralPlatforms } ?? false
            }
            guard !kept.isEmpty else { return 0 }
            return try await push().run(kept, under: "docker compose", context: context)
        }
    }
}
