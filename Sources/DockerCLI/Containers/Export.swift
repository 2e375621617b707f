import CommandLine
import Glibc
import NIOCore
import NIOHTTP1
import Wire

struct ExportOptions: Sendable { var output = "" }

extension CommandTree {
    static func export() -> DockerCommand {
        DockerCommand(
            "export", "Export a container's filesystem as a tar archive", usage: "[OPTIONS] CONTAINER",
            spellings: ["docker container export", "docker export"], count: .exactly(1), options: ExportOptions(),
            flags: [.text("output", short: "o", \.output, "File to write to, instead of STDOUT")],
            completes: .containers(all: true)
        ) { options, parsed, session in
            try await Download.run(session, to: options.output, command: "export") {
                try await session.client.send(.GET, "/containers/\(PercentEncoding.path(parsed.arguments[0]))/export")
            }
        }
    }
}

/// An answer's body to a file or standard output.
enum Download {
    static func run(
        _ session: Session, to path: String, command: String, _ request: () async throws -> HTTPAnswer
    ) async throws -> Int32 {
        if path.isEmpty {
            guard !session.out.isTerminal else {
                throw Failure("cowardly refusing to save to a terminal. Use the -o flag or redirect")
            }
            let answer = try await request()
            while let chunk = try await answer.nextBodyPart() { session.out.write(chunk.readableBytesView) }
            return 0
        }
        try check(path, command)
        let answer = try await request()
        let temporary = "\(path).\(getpid()).tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Failure("open \(temporary): \(WholeFile.message(errno))") }
        let file = Output.descriptor(descriptor)
        do {
            while let chunk = try await answer.nextBodyPart() {
                guard file.write(chunk.readableBytesView) else {
                    throw Failure("write \(path): \(WholeFile.message(errno))")
                }
            }
            guard fsync(descriptor) == 0, rename(temporary, path) == 0 else {
                throw Failure("write \(path): \(WholeFile.message(errno))")
            }
            close(descriptor)
        } catch {
            close(descriptor)
            unlink(temporary)
            throw error
        }
        return 0
    }

    /// Refuses a path that can't be written, in the words of the original, before anything is asked of the daemon.
    private static func check(_ path: String, _ command: String) throws {
        let what = "failed to \(command) \(command == "save" ? "image" : "container")"
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        var status = stat()
        guard folder.isEmpty || stat(folder, &status) == 0 else {
            throw Failure("\(what): invalid output path: stat \(folder): \(WholeFile.message(errno))")
        }
        if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
            throw Failure("\(what): cannot write to a directory")
        }
    }
}
