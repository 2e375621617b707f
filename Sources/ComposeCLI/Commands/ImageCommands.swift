import CommandLine
import Compose
import DockerCLI
import JSON
import NIOHTTP1
import OCI

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

struct ComposePushOptions: Sendable { var quiet = false, includeDependencies = false, ignoreFailures = false }

extension ComposeTree {
    static func push() -> ComposeCommand {
        ComposeCommand(
            "push", "Push service images", usage: "[OPTIONS] [SERVICE...]", count: .atLeast(0),
            options: ComposePushOptions(),
            flags: [
                .toggle("ignore-push-failures", \.ignoreFailures, "Push what can be pushed"),
                .toggle("include-deps", \.includeDependencies, "Push what services depend on too"),
                .toggle("quiet", short: "q", \.quiet, "Push without showing progress"),
            ]
        ) { options, parsed, context in
            let project = try await context.project(
                parsed.arguments, withDependencies: options.includeDependencies || parsed.arguments.isEmpty)
            let api = try context.api(project.name)
            let progress = try ProgressReport(context, title: "Pushing")
            try await progress.during {
                for name in project.serviceNames {
                    guard let service = project.services[name], service.isBuilt, !service.image.isEmpty else {
                        progress.event(name, .done, "Skipped")
                        continue
                    }
                    do {
                        try await push(
                            [service.image] + service.json["build", "tags"].strings, name, api, context, progress,
                            options.quiet)
                    } catch {
                        if !options.ignoreFailures { throw error }
                        progress.event(name, .warning, "\(error)")
                    }
                }
            }
            return 0
        }
    }

    private static func push(
        _ images: [String], _ name: String, _ api: ProjectAPI, _ context: ComposeContext, _ progress: ProgressReport,
        _ isQuiet: Bool
    ) async throws {
        for image in images {
            let reference = try Reference(parsing: image).withDefaultTag
            progress.event(name, .working, "Pushing")
            if context.options.dryRun { continue }
            var headers = RegistryAuth.headers(context.session, registry: reference.registry)
            // The daemon wants the header, though it says nothing.
            if headers.isEmpty { headers = [("X-Registry-Auth", "e30=")] }
            let answer = try await api.client.send(
                .POST, "/images/\(PercentEncoding.path(reference.name))/push", [("tag", reference.tag ?? "")],
                headers: headers)
            let documents = api.client.documents(answer)
            while let message = try await documents.next() {
                if let fault = message["errorDetail", "message"].string ?? message["error"].string {
                    progress.event(name, .error, "Error")
                    throw Failure(fault)
                }
                guard !isQuiet, let id = message["id"].string, let status = message["status"].string,
                    message["progressDetail"]["total"].isNull, id != reference.tag
                else { continue }
                progress.event(id, ["Pushed", "Layer already exists"].contains(status) ? .done : .working, status)
            }
            progress.event(name, .done, "Pushed")
        }
    }
}

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
