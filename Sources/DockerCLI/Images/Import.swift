import NIOHTTP1
import CommandLine
import NIOCore
import OCI
import Wire

struct ImportOptions: Sendable { var changes: [String] = [], message = "", platform = "" }

extension CommandTree {
    static func importImage() -> DockerCommand {
        DockerCommand(
            "import", "Import the contents from a tarball to create a filesystem image",
            usage: "[OPTIONS] file|URL|- [REPOSITORY[:TAG]]", spellings: ["docker image import", "docker import"],
            count: .atLeast(1), options: ImportOptions(),
            flags: [
                .list("change", short: "c", \.changes, "Dockerfile instruction to apply to the new image"),
                .text("message", short: "m", \.message, "Message of the import"),
                .text("platform", \.platform, "Platform to give the image"),
            ], completes: .files
        ) { options, parsed, session in
            let name = parsed.arguments[0]
            let isURL = name.hasPrefix("http://") || name.hasPrefix("https://") || name.hasPrefix("git://")
            let reference = parsed.arguments.count > 1 ? parsed.arguments[1] : ""
            if !reference.isEmpty { _ = try Reference(parsing: reference) }
            var query: Query = options.changes.map { ("changes", $0) }
            query.append(("fromSrc", isURL ? name : "-"))
            query.append(("message", options.message))
            if !options.platform.isEmpty { query.append(("platform", options.platform)) }
            query.append(("repo", reference))
            var body = HTTPBodyToSend.none
            if !isURL { body = name == "-" ? session.input.body : try FileInput.open(name).body }
            let answer = try await session.client.send(
                .POST, "/images/create", query, headers: [("Content-Type", "application/x-tar")], body: body)
            try await ProgressOutput.show(session.client.documents(answer), on: session.out)
            return 0
        }
    }
}
