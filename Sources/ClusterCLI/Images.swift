import Cluster
import CommandLine
import DockerCLI

extension Verbs {
    /// A cluster's nodes use the engine's own images, so there is nothing to carry.
    static func image() -> ClusterCommand {
        func passed(_ verb: String, aliases: [String] = [], _ summary: String, _ docker: [String]) -> ClusterCommand {
            ClusterCommand(
                verb, aliases: aliases, summary, count: .atLeast(0), interspersed: false, options: PlainOptions(),
                flags: [.profile]
            ) { _, parsed, session in await session.docker(docker + parsed.arguments) }
        }
        return ClusterCommand(
            "image", "Manage images: the cluster has all that the engine has",
            subcommands: [
                passed("ls", aliases: ["list"], "List images", ["images"]),
                passed("rm", aliases: ["remove", "unload"], "Remove images", ["rmi"]),
                passed("pull", "Pull images", ["pull"]), passed("push", "Push images", ["push"]),
                passed("tag", "Tag an image", ["tag"]), imageBuild(), imageLoad(), imageSave(),
            ])
    }

    private static func imageBuild() -> ClusterCommand {
        ClusterCommand(
            "build", "Build an image from a Dockerfile", usage: "PATH", count: .atLeast(0), interspersed: false,
            options: PlainOptions(), flags: [.profile]
        ) { _, _, _ in
            throw Reason.imageBuild.failure(
                "Failed to build image: the engine can't build images in this version yet; build it with another program "
                    + "and bring its archive in with `image load FILE`")
        }
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
