import CommandLine
import JSON

extension CommandTree {
    /// `image inspect`.
    static func inspectImages() -> DockerCommand {
        DockerCommand(
            "inspect", "Display detailed information on one or more images", usage: "[OPTIONS] IMAGE [IMAGE...]",
            count: .atLeast(1), options: InspectOptions(),
            flags: [
                .inspectFormat, .text("platform", \.platform, "Platform whose variant to show; 'os[/arch[/variant]]'"),
            ],
            completes: .images
        ) { options, parsed, session in
            try await Inspection(session: session, format: options.format).run(parsed.arguments) { name in
                try await InspectedObject.image.find(name, options, session)
            }
        }
    }
}
