import CommandLine
import Compose
import DockerCLI
import JSON
import NIOHTTP1
import OCI

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
