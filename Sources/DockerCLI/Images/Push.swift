import CommandLine
import JSON
import NIOHTTP1
import OCI

extension CommandTree {
    static func push() -> DockerCommand {
        DockerCommand(
            "push", group: .common, "Upload an image to a registry", usage: "[OPTIONS] NAME[:TAG]",
            spellings: ["docker image push", "docker push"], count: .exactly(1), options: PullOptions(),
            flags: [
                .toggle("all-tags", short: "a", \.allTags, "Push every tag of the image"),
                .toggle("disable-content-trust", \.ignored, default: true, "Don't sign the image"),
                .text(
                    "platform", \.platform,
                    "Platform whose manifest to push ('os[/arch[/variant]]'); all that are there when not given"),
                .toggle("quiet", short: "q", \.quiet, "Show the name alone, not the progress"),
            ], completes: .images
        ) { options, parsed, session in
            var reference = try Reference(parsing: parsed.arguments[0])
            guard reference.digest == nil else { throw Failure("cannot push a digest reference") }
            if options.allTags {
                guard reference.tag == nil else { throw Failure("tag can't be used with --all-tags/-a") }
            } else if reference.tag == nil {
                reference = reference.withDefaultTag
                if !options.quiet { session.out.line("Using default tag: \(reference.tag ?? "")") }
            }
            var headers = RegistryAuth.headers(session, registry: reference.registry)
            // The daemon wants the header even when there is nothing to say in it.
            if headers.isEmpty { headers = [("X-Registry-Auth", DockerConfig.authHeader([:]))] }
            var query = try PlatformArgument.query(options.platform)
            query.append(("tag", reference.tag ?? ""))
            let path = "/images/\(PercentEncoding.path(reference.name))/push"
            let answer = try await session.client.send(.POST, path, query, headers: headers)
            let silent = Output { _ in true }
            try await ProgressOutput.show(session.client.documents(answer), on: options.quiet ? silent : session.out)
            if options.quiet { session.out.line(reference.canonical) }
            return 0
        }
    }
}
