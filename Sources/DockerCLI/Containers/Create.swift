import CommandLine
import Fault
import JSON

extension CommandTree {
    static func create() -> DockerCommand {
        DockerCommand(
            "create", "Create a new container", usage: "[OPTIONS] IMAGE [COMMAND] [ARG...]",
            spellings: ["docker container create", "docker create"], count: .atLeast(1), interspersed: false,
            options: CreateOptions(),
            flags: Flag<CreateOptions>.creating + [
                .text(
                    "pull", \.pull, default: "missing",
                    "Whether to pull the image before creating (\"always\", \"|missing\", \"never\")")
            ], completes: .images
        ) { options, parsed, session in
            try Run.checkPull(options.pull, "create")
            let body: JSON
            do {
                var maker = CreateBody(
                    options: options, image: parsed.arguments[0], command: Array(parsed.arguments.dropFirst()))
                maker.proxyEnvironment = try Run.proxies(session, options)
                body = try maker.json()
            } catch { throw Run.decorated(error, "create", exitCode: 125) }
            session.out.line(try await ContainerCreation(session: session, options: options).create(body))
            return 0
        }
    }
}
