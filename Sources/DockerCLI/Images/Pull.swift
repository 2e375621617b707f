import CommandLine
import Fault
import OCI

struct PullOptions: Sendable { var allTags = false, platform = "", quiet = false, ignored = false }

extension CommandTree {
    static func pull() -> DockerCommand {
        DockerCommand(
            "pull", group: .common, "Download an image from a registry", usage: "[OPTIONS] NAME[:TAG|@DIGEST]",
            spellings: ["docker image pull", "docker pull"], count: .exactly(1), options: PullOptions(),
            flags: [
                .toggle("all-tags", short: "a", \.allTags, "Download every tag of the repository"),
                .toggle("disable-content-trust", \.ignored, default: true, "Don't check the image's signature"),
                .text("platform", \.platform, "Platform to use when the image has several"),
                .toggle("quiet", short: "q", \.quiet, "Show the name alone, not the progress"),
            ]
        ) { options, parsed, session in
            var reference = try Reference(parsing: parsed.arguments[0])
            if options.allTags, reference.tag != nil || reference.digest != nil {
                throw Failure("tag can't be used with --all-tags/-a")
            }
            if !options.allTags, reference.tag == nil, reference.digest == nil {
                reference = reference.withDefaultTag
                if !options.quiet { session.out.line("Using default tag: \(reference.tag ?? "")") }
            }
            let silent = Output { _ in true }
            try await ImagePull(session: session, platform: options.platform).run(
                reference, allTags: options.allTags, output: options.quiet ? silent : session.out)
            session.out.line(reference.canonical)
            return 0
        }
    }
}
