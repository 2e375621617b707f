import CommandLine
import Compose
import DockerCLI

struct ComposeWaitOptions: Sendable { var down = false }

extension ComposeTree {
    static func wait() -> ComposeCommand {
        ComposeCommand(
            "wait", "Block until containers of all (or specified) services stop.",
            usage: "SERVICE [SERVICE...] [OPTIONS]", count: .atLeast(1), options: ComposeWaitOptions(),
            flags: [.toggle("down-project", \.down, "Take the project down when the first container stops")]
        ) { options, parsed, context in
            let existing = try await Existing.load(context, parsed.arguments, all: false)
            guard !existing.containers.isEmpty else {
                throw Failure("no containers for project \(GoText.quote(existing.project.name))")
            }
            let session = context.session
            let code = try await withThrowingTaskGroup(of: (String, Int32).self) { group in
                for container in existing.containers {
                    group.addTask {
                        (container.name, try await ExitWait.arm(session, container.id, .notRunning).code())
                    }
                }
                var last: Int32 = 0
                while let (name, code) = try await group.next() {
                    context.out.line("container \(GoText.quote(name)) exited with status code \(code)")
                    if code != 0 { last = code }
                    if options.down {
                        group.cancelAll()
                        return code
                    }
                }
                return last
            }
            if options.down { try await Down(options: DownOptions(), context: context).run([]) }
            return code
        }
    }
}
