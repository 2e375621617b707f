import CommandLine
import Compose
import DockerCLI
import JSON

struct ComposeCopyOptions: Sendable { var index = 0, all = false, archive = false, follows = false }

extension ComposeTree {
    static func cp() -> ComposeCommand {
        ComposeCommand(
            "cp", "Copy files/folders between a service container and the local filesystem",
            usage: "[OPTIONS] SERVICE:SRC_PATH DEST_PATH|-\nSRC_PATH|- SERVICE:DEST_PATH", count: .exactly(2),
            options: ComposeCopyOptions(),
            flags: [
                .toggle("all", \.all, "Copy to containers that `run` made too"),
                .toggle("archive", short: "a", \.archive, "Keep owners"),
                .toggle("follow-link", short: "L", \.follows, "Follow a link in SRC_PATH"),
                .int("index", \.index, "Number of the container when a service has several"),
            ]
        ) { options, parsed, context in
            let places = parsed.arguments.map(place)
            guard (places[0].service == nil) != (places[1].service == nil) else {
                throw Failure(
                    places[0].service == nil ? "unknown copy direction" : "copying between services is not supported")
            }
            var words = ["cp"]
            if options.archive { words.append("-a") }
            if options.follows { words.append("-L") }
            if let service = places[0].service {
                let source = try await OneContainer.find(
                    context, service, index: options.index, all: true, oneOffs: options.all ? .with : .without)
                return try await context.session.docker(
                    words + ["\(source.id):\(places[0].path)", parsed.arguments[1]])
            }
            let service = places[1].service ?? ""
            let targets: [ProjectContainer]
            if options.index > 0 {
                targets = [try await OneContainer.find(context, service, index: options.index, all: true)]
            } else {
                _ = try await OneContainer.find(context, service, all: true, oneOffs: options.all ? .with : .without)
                let name = try await context.projectOrName().1
                targets = try await context.api(name).containers(
                    services: [service], oneOffs: options.all ? .with : .without)
            }
            for target in targets {
                let code = try await context.session.docker(
                    words + [parsed.arguments[0], "\(target.id):\(places[1].path)"])
                if code != 0 { return code }
            }
            return 0
        }
    }

    /// `SERVICE:PATH`, or a path of this machine.
    static func place(_ text: String) -> (service: String?, path: String) {
        guard !text.hasPrefix("."), !text.hasPrefix("/"), let (service, path) = text.cut(":") else {
            return (nil, text)
        }
        return (service, path)
    }
}
