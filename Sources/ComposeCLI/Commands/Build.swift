import CommandLine
import Compose
import DockerCLI
import JSON

struct ComposeBuildOptions: Sendable {
    var push = false, quiet = false, pull = false, dependencies = false, noCache = false, check = false, ignored = false
    var arguments: [String] = []
    var builder = "", attestation = "", memory = "", ignoredText = ""
}

extension ComposeTree {
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
                .text("progress", \.ignoredText, hidden: true, "Has no effect"),
                .text("provenance", \.attestation, "Attest how images were made: needs BuildKit"),
                .text("sbom", \.attestation, "Attest what images are made of: needs BuildKit"),
                .text("ssh", \.attestation, "Keys that builds may use: needs BuildKit"),
                .toggle("pull", \.pull, "Look for newer versions of the base images"),
                .toggle("push", \.push, "Push the images"),
                .toggle("quiet", short: "q", \.quiet, "Build without showing output"),
                .toggle("with-dependencies", \.dependencies, "Build what services depend on too"),
            ]
        ) { options, parsed, context in
            let project = try await context.project(
                parsed.arguments, withDependencies: options.dependencies || parsed.arguments.isEmpty)
            guard ["", "false"].contains(options.attestation) else {
                throw Failure(
                    "--provenance, --sbom and --ssh need BuildKit, which `docker build` of this version doesn't use")
            }
            let progress = try ProgressReport(context, title: "Building")
            var builds = Builds(context: context, project: project, progress: progress, isQuiet: options.quiet)
            builds.arguments = options.arguments.map { text in
                text.contains("=") ? text : context.session.environment[text].map { "\(text)=\($0)" } ?? text
            }
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
            return try await push().run(names, under: "docker compose", context: context)
        }
    }
}
