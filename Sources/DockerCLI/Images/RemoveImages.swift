import NIOHTTP1
import CommandLine
import JSON

struct RemoveImagesOptions: Sendable { var force = false, keepsParents = false, platforms: [String] = [] }

extension CommandTree {
    static func rmi() -> DockerCommand {
        DockerCommand(
            "rmi", "Remove one or more images", usage: "[OPTIONS] IMAGE [IMAGE...]",
            spellings: ["docker image rm", "docker image remove", "docker rmi"], count: .atLeast(1),
            options: RemoveImagesOptions(),
            flags: [
                .toggle("force", short: "f", \.force, "Remove the image in any case"),
                .toggle("no-prune", \.keepsParents, "Keep parents that have no name"),
                .commaList(
                    "platform", \.platforms, "Platform whose variant to remove; 'os[/arch[/variant]]', comma-separated"),
            ], completes: .images
        ) { options, parsed, session in
            var query: Query = []
            if options.force { query.append(("force", "1")) }
            if options.keepsParents { query.append(("noprune", "1")) }
            for platform in options.platforms {
                query += try PlatformArgument.query(platform).map { ("platforms", $0.1) }
            }
            var complaints: [String] = [], isFatal = false
            for name in parsed.arguments {
                do {
                    let result = try await session.client.json(.DELETE, "/images/\(PercentEncoding.path(name))", query)
                    for entry in result.array ?? [] {
                        if let deleted = entry["Deleted"].string {
                            session.out.line("Deleted: \(deleted)")
                        } else {
                            session.out.line("Untagged: \(entry["Untagged"].string ?? "")")
                        }
                    }
                } catch {
                    if (error as? DaemonError)?.isNotFound != true { isFatal = true }
                    complaints.append("\(error)")
                }
            }
            guard !complaints.isEmpty else { return 0 }
            let text = complaints.joined(separator: "\n")
            // With --force an image that isn't there is as good as removed.
            guard isFatal || !options.force else {
                session.err.line(text)
                return 0
            }
            throw Failure(text)
        }
    }
}
