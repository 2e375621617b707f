import CommandLine
import Fault
import JSON
import OCI

extension CommandTree {
    static func tag() -> DockerCommand {
        DockerCommand(
            "tag", "Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE",
            usage: "SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]",
            spellings: ["docker image tag", "docker tag"], count: .exactly(2), options: 0, completes: .images
        ) { _, parsed, session in
            let target: Reference
            do { target = try Reference(parsing: parsed.arguments[1]).withDefaultTag } catch {
                throw Failure(
                    "Error parsing reference: \"\(parsed.arguments[1])\" is not a valid repository/tag: \(sentence(error))"
                )
            }
            guard target.digest == nil else { throw Failure("refusing to create a tag with a digest reference") }
            _ = try await session.client.post(
                "/images/\(PercentEncoding.path(parsed.arguments[0]))/tag",
                [("repo", target.name), ("tag", target.tag ?? "")])
            return 0
        }
    }
}
