import CommandLine
import Glibc
import JSON
import NIOCore
import NIOHTTP1
import Wire

struct SaveOptions: Sendable { var output = "", platform = "" }
struct LoadOptions: Sendable { var input = "", quiet = false, platform = "" }

extension CommandTree {
    static func save() -> DockerCommand {
        DockerCommand(
            "save", "Save one or more images to a tar archive (streamed to STDOUT by default)",
            usage: "[OPTIONS] IMAGE [IMAGE...]", spellings: ["docker image save", "docker save"], count: .atLeast(1),
            options: SaveOptions(),
            flags: [
                .text("output", short: "o", \.output, "File to write to, instead of STDOUT"),
                .text("platform", \.platform, "Platform whose variant to save; 'os[/arch[/variant]]'"),
            ], completes: .images
        ) { options, parsed, session in
            let platform = try PlatformArgument.query(options.platform)
            return try await Download.run(session, to: options.output, command: "save") {
                try await session.client.send(.GET, "/images/get", parsed.arguments.map { ("names", $0) } + platform)
            }
        }
    }

    static func load() -> DockerCommand {
        DockerCommand(
            "load", "Load an image from a tar archive or STDIN", usage: "[OPTIONS]",
            spellings: ["docker image load", "docker load"], count: .none, options: LoadOptions(),
            flags: [
                .text("input", short: "i", \.input, "Tar archive to read, instead of STDIN"),
                .text("platform", \.platform, "Platform whose variant to load; 'os[/arch[/variant]]'"),
                .toggle("quiet", short: "q", \.quiet, "Don't show the progress"),
            ], completes: .files
        ) { options, _, session in
            let source: Input
            if options.input.isEmpty {
                guard !session.input.isTerminal else { throw Failure("requested load from stdin, but stdin is empty") }
                source = session.input
            } else {
                source = try FileInput.open(options.input)
            }
            let quiet = options.quiet || !session.out.isTerminal
            let query: Query = try [("quiet", quiet ? "1" : "0")] + PlatformArgument.query(options.platform)
            let answer = try await session.client.send(
                .POST, "/images/load", query, headers: [("Content-Type", "application/x-tar")], body: source.body)
            guard answer.headers.first(name: "Content-Type")?.hasPrefix("application/json") == true else {
                while let part = try await answer.nextBodyPart() { session.out.write(part.readableBytesView) }
                return 0
            }
            try await ProgressOutput.show(session.client.documents(answer), on: session.out)
            return 0
        }
    }
}

enum FileInput {
    /// Throws `Failure` in the shell's words.
    static func open(_ path: String) throws -> Input {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure("open \(path): \(WholeFile.message(errno))") }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else {
            close(descriptor)
            throw Failure("read \(path): is a directory")
        }
        return .descriptor(descriptor)
    }
}

extension Input {
    /// Bytes of a request's body that are read at a time.
    private static let bodyBytes = 256 << 10

    /// Everything that comes, as a request's body.
    var body: HTTPBodyToSend {
        .stream {
            let bytes = try await read(Self.bodyBytes)
            return bytes.isEmpty ? nil : ByteBuffer(bytes: bytes)
        }
    }
}
