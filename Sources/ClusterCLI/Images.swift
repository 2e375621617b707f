import Cluster
import CommandLine
import DockerCLI

extension Verbs {
    /// A cluster's nodes use the engine's own images, so there is nothing to carry.
    static func image() -> ClusterCommand {
        ClusterCommand(
            "image", "Manage images: the cluster has all that the engine has",
            subcommands: ImageVerb.all.map(passed) + [imageLoad(), imageSave()])
    }

    private static func passed(_ verb: ImageVerb) -> ClusterCommand {
        ClusterCommand(
            verb.name, aliases: verb.aliases, verb.summary, count: .atLeast(0), options: PlainOptions(),
            flags: [.profile]
        ) { _, parsed, session in await session.docker([verb.docker] + parsed.arguments) }
    }

    private static func imageLoad() -> ClusterCommand {
        ClusterCommand(
            "load", "Load an image from a file; one of the engine's is there already", usage: "IMAGE|FILE",
            count: .exactly(1), options: PlainOptions(), flags: [.profile]
        ) { _, parsed, session in
            let name = parsed.arguments[0]
            if [".tar", ".tar.gz", ".tgz", ".tar.zst"].contains(where: { name.hasSuffix($0) }) {
                return await session.docker(["load", "-i", name])
            }
            return await session.docker(["image", "inspect", "--format", "{{.Id}}", name])
        }
    }

    private static func imageSave() -> ClusterCommand {
        ClusterCommand(
            "save", "Save an image to a file, or to standard output", usage: "IMAGE [FILE]", count: .range(1, 2),
            options: PlainOptions(), flags: [.profile]
        ) { _, parsed, session in
            let file = parsed.arguments.dropFirst().first.map { ["-o", $0] } ?? []
            return await session.docker(["save"] + file + [parsed.arguments[0]])
        }
    }
}

/// A verb of `image` that is one of docker's.
struct ImageVerb: Sendable {
    let name: String
    var aliases: [String] = []
    let docker: String
    let summary: String

    static let all = [
        ImageVerb(name: "ls", aliases: ["list"], docker: "images", summary: "List images"),
        ImageVerb(name: "rm", aliases: ["remove", "unload"], docker: "rmi", summary: "Remove images"),
        ImageVerb(name: "pull", docker: "pull", summary: "Pull images"),
        ImageVerb(name: "push", docker: "push", summary: "Push images"),
        ImageVerb(name: "tag", docker: "tag", summary: "Tag an image"),
        ImageVerb(name: "build", docker: "build", summary: "Build an image from a Dockerfile"),
    ]

    /// Docker's words for `image VERB …` where flags follow, which are docker's own, all but the profile's; else nil.
    static func docker(_ arguments: [String]) -> [String]? {
        guard arguments.count > 2, arguments[0] == "image",
            let verb = all.first(where: { $0.name == arguments[1] || $0.aliases.contains(arguments[1]) })
        else { return nil }
        var words = [verb.docker]
        var rest = arguments.dropFirst(2)
        while let word = rest.popFirst() {
            if word == "-p" || word == "--profile" {
                rest = rest.dropFirst()
            } else if !word.hasPrefix("--profile=") {
                words.append(word)
            }
        }
        return words.contains { $0.hasPrefix("-") } ? words : nil
    }
}
