import CommandLine
import Compose
import DockerCLI
import JSON

struct ComposePullOptions: Sendable {
    var quiet = false, includeDependencies = false, ignoreFailures = false, ignoreBuildable = false, ignored = false
    var policy = ""
}

extension ComposeTree {
    static func pull() -> ComposeCommand {
        ComposeCommand(
            "pull", "Pull service images", usage: "[OPTIONS] [SERVICE...]", count: .atLeast(0),
            options: ComposePullOptions(),
            flags: [
                .toggle("ignore-buildable", \.ignoreBuildable, "Leave images alone that can be built"),
                .toggle("ignore-pull-failures", \.ignoreFailures, "Pull what can be pulled"),
                .toggle("include-deps", \.includeDependencies, "Pull what services depend on too"),
                .toggle("no-parallel", \.ignored, hidden: true, "Has no effect"),
                .toggle("parallel", \.ignored, hidden: true, "Has no effect"),
                .text("policy", \.policy, "When to pull (\"missing\"|\"always\")"),
                .toggle("quiet", short: "q", \.quiet, "Pull without showing progress"),
            ]
        ) { options, parsed, context in
            let project = try await context.project(
                parsed.arguments, withDependencies: options.includeDependencies || parsed.arguments.isEmpty)
            let api = try context.api(project.name)
            let progress = try ProgressReport(context, title: "Pulling")
            var images = Images(context: context, project: project, api: api, progress: progress)
            images.isQuietPull = options.quiet
            var names: [String] = []
            for name in project.serviceNames {
                guard let service = project.services[name] else { continue }
                let reason = try await skips(service, options, api)
                if let reason, !options.quiet { progress.event(name, .done, "Skipped", details: reason) }
                if reason == nil { names.append(name) }
            }
            try await progress.during { [images, names] in
                try await images.pull(names, ignoresFailures: options.ignoreFailures)
            }
            return 0
        }
    }

    /// Why a service's image isn't pulled; nil: it is.
    private static func skips(_ service: Service, _ options: ComposePullOptions, _ api: ProjectAPI) async throws
        -> String?
    {
        if service.image.isEmpty { return "No image to be pulled" }
        if options.ignoreBuildable, service.isBuilt { return "Image can be built" }
        let policy = options.policy.isEmpty ? service.pullPolicy : options.policy
        if policy == "never" || policy == "build" { return "Image is not to be pulled" }
        guard policy == "missing" || policy == "if_not_present" else { return nil }
        let isThere = try await api.find("/images/\(PercentEncoding.path(service.image))/json") != nil
        return isThere ? "Image is already present locally" : nil
    }
}
