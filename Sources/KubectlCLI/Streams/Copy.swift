import CLinux
import CommandLine
import CoreFoundation
import Glibc
import JSON
import KubeClient
import KubeModel
import NIOCore
import Wire

struct CopyOptions: Sendable { var container = "", keepsNothing = false, retries = 0 }

extension VerbTree {
    static func cp() -> Verb {
        Verb(
            "cp", group: .debugging, "Copy files and directories to and from containers",
            usage: "cp <file-spec-src> <file-spec-dest> [options]",
            examples:
                "# A folder into a pod\nkubectl cp ./data web:/var/data\n\n# A file out of a pod of another namespace\nkubectl cp other/web:/etc/hosts ./hosts",
            options: CopyOptions(),
            flags: [
                .text("container", short: "c", \.container, "Container; else the annotated one, or the first"),
                .toggle("no-preserve", \.keepsNothing, "Don't keep owner and permissions in the container"),
                .int("retries", \.retries, "Taken for compatibility"),
            ]
        ) { options, parsed, session in
            guard parsed.arguments.count == 2 else { throw Refusal("source and destination are required") }
            try await Copying(options: options, session: session).run(parsed.arguments[0], parsed.arguments[1])
        }
    }
}

/// Copies by tar(1) in the container.
struct Copying: Sendable {
    let options: CopyOptions
    let session: Session

    /// `[[namespace/]pod:]path`.
    struct Place: Sendable {
        var namespace = "", pod = "", path: String

        init(_ text: String) throws {
            guard let colon = text.firstIndex(of: ":") else {
                path = text
                return
            }
            let head = String(text[..<colon])
            path = String(text[text.index(after: colon)...])
            let wrong = Refusal("filespec must match the canonical format: [[namespace/]pod:]file/path")
            guard !head.isEmpty else { throw wrong }
            let parts = head.parts("/")
            guard parts.count <= 2 else { throw wrong }
            if parts.count == 2 {
                (namespace, pod) = (parts[0], parts[1])
                guard !namespace.isEmpty, !pod.isEmpty else { throw wrong }
            } else {
                pod = head
            }
        }
    }

    func run(_ from: String, _ to: String) async throws {
        let source = try Place(from), target = try Place(to)
        if !source.pod.isEmpty, !target.pod.isEmpty {
            throw Refusal("one of src or dest must be a local file specification")
        }
        guard !source.path.isEmpty, !target.path.isEmpty else { throw Refusal("filepath can not be empty") }
        if !source.pod.isEmpty { return try await download(source, target.path) }
        guard !target.pod.isEmpty else { throw Refusal("one of src or dest must be a remote file specification") }
        try await upload(source.path, target)
    }

    /// - Parameter output: where the choice of a container is told; nil: standard error.
    private func pod(_ place: Place, tells output: Output? = nil) async throws -> (Item, String) {
        let namespace = place.namespace.isEmpty ? try session.namespace : place.namespace
        var item = Item(resource: Known.pods, namespace: namespace, name: place.pod)
        item.take(try await session.fetch(item))
        return (item, try PodChoice(session: session).container(options.container, in: item, tells: output))
    }

    private func query(_ command: [String], _ container: String, takesInput: Bool) -> KubeConnection.Query {
        command.map { ("command", $0) } + [("container", container)] + StreamQuery.of(takesInput, false)
    }

    private static func split(_ path: String) -> (folder: String, name: String) {
        var parts = path.split(separator: "/").map(String.init)
        let name = parts.popLast() ?? "/"
        let folder = parts.joined(separator: "/")
        return (path.hasPrefix("/") ? "/\(folder)" : folder.isEmpty ? "." : folder, name)
    }

    private static func finish(_ error: CommandEnded, _ session: Session) -> any Error {
        session.err.line("command terminated with exit code \(error.code)")
        return Exit(error.code)
    }

    // MARK: Into the pod

    private func upload(_ path: String, _ target: Place) async throws {
        var status = stat()
        guard stat(path, &status) == 0 else { throw Refusal("\(path) doesn't exist in local filesystem") }
        let (item, container) = try await pod(target)
        var destination = target.path
        if try await isFolder(destination, item, container) {
            destination += (destination.hasSuffix("/") ? "" : "/") + Self.split(path).name
        }
        let (folder, name) = Self.split(destination)
        let packing = TarPacking(path: path, name: name)
        var command = ["tar"]
        if options.keepsNothing { command += ["--no-same-permissions", "--no-same-owner"] }
        command += ["-xmf", "-", "-C", folder]
        var stream = PodStream(session: session, takesInput: true, isTerminal: false)
        stream.source = { try await packing.next() }
        do { try await stream.run("\(item.path)/exec", query(command, container, takesInput: true)) } catch let ended
            as CommandEnded
        {
            throw Self.finish(ended, session)
        }
    }

    private func isFolder(_ path: String, _ item: Item, _ container: String) async throws -> Bool {
        var stream = PodStream(session: session, takesInput: false, isTerminal: false)
        stream.output = { _ in }
        do {
            try await stream.run("\(item.path)/exec", query(["test", "-d", path], container, takesInput: false))
            return true
        } catch is CommandEnded { return false }
    }

    // MARK: Out of the pod

    /// Pieces of the archive on their way to the disk.
    private static let piecesInFlight = 64

    private func download(_ source: Place, _ path: String) async throws {
        // As the original does it, which has standard output left over there.
        let (item, container) = try await pod(source, tells: session.out)
        let (folder, name) = Self.split(source.path)
        var target = path
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
            target += (path.hasSuffix("/") ? "" : "/") + name
        }
        let pieces = BoundedInbox<ByteBuffer>(limit: Self.piecesInFlight)
        var stream = PodStream(session: session, takesInput: false, isTerminal: false)
        stream.output = { await pieces.put(ByteBuffer(bytes: $0)) }
        let running = stream, destination = target
        let command = query(["tar", "cf", "-", "-C", folder, name], container, takesInput: false)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { pieces.end() }
                do { try await running.run("\(item.path)/exec", command) } catch let ended as CommandEnded {
                    throw Self.finish(ended, session)
                }
            }
            group.addTask {
                defer { pieces.end() }
                _ = try await TarUnpacking.unpack(to: destination) { await pieces.take() }
            }
            try await group.waitForAll()
        }
    }
}
