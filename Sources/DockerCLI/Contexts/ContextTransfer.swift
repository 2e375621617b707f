import CommandLine
import Fault
import Glibc
import JSON
import NIOCore

/// `docker context export` and `import`: a context as a tar archive with `meta.json` and `tls/docker/*.pem`.
extension CommandTree {
    /// Largest archive that is read, in bytes; the original's limit.
    private static let archiveBytes = 10 << 20

    static func exportContext() -> DockerCommand {
        DockerCommand(
            "export", "Export a context to a tar archive FILE or a tar stream on STDOUT.",
            usage: "[OPTIONS] CONTEXT [FILE|-]", count: .range(1, 2), options: 0, completes: .contexts
        ) { _, parsed, session in
            let name = parsed.arguments[0]
            let target = parsed.arguments.count > 1 ? parsed.arguments[1] : "\(name).dockercontext"
            let bytes = try archive(name, session)
            if target == "-" {
                guard !session.out.isTerminal else {
                    throw Failure("cowardly refusing to export to a terminal, specify a file path")
                }
                session.out.write(bytes)
                return 0
            }
            let descriptor = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw Failure("open \(target): \(WholeFile.message(errno))") }
            defer { close(descriptor) }
            guard Output.descriptor(descriptor).write(bytes) else {
                throw Failure("write \(target): \(WholeFile.message(errno))")
            }
            session.err.line("Written file \(GoText.quote(target))")
            return 0
        }
    }

    private static func archive(_ name: String, _ session: Session) throws -> [UInt8] {
        let entry = name == "default" ? defaultContext(session) : try session.contexts.load(name)
        var members = [("meta.json", ContextStore.meta(entry).bytes())]
        for file in name == "default" ? [] : session.contexts.tlsFiles(name) {
            members.append(("tls/docker/\(file.name)", file.bytes))
        }
        var bytes: [UInt8] = []
        for (path, content) in members {
            var header = TarHeader(name: path, kind: .file, mode: path.hasPrefix("tls/") ? 0o600 : 0o644)
            header.size = content.count
            bytes += TarWriting.blocks(header) + content + TarWriting.padding(content.count)
        }
        return bytes + TarWriting.end
    }

    static func importContext() -> DockerCommand {
        DockerCommand(
            "import", "Import a context from a tar or zip file", usage: "CONTEXT FILE|-", count: .exactly(2),
            options: 0, completes: .files
        ) { _, parsed, session in
            let name = parsed.arguments[0]
            try checkNewContext(name, session)
            let source = parsed.arguments[1] == "-" ? session.input : try FileInput.open(parsed.arguments[1])
            var bytes: [UInt8] = []
            while case let part = try await source.read(64 << 10), !part.isEmpty {
                bytes += part
                guard bytes.count <= archiveBytes else { throw Failure("read exceeds the defined limit") }
            }
            guard !bytes.starts(with: "PK".utf8) else {
                throw Failure("zip archives are not supported in this version: export the context as tar")
            }
            try await unpack(bytes, as: name, into: session.contexts)
            session.out.line(name)
            session.err.line("Successfully imported context \"\(name)\"")
            return 0
        }
    }

    private static func unpack(_ bytes: [UInt8], as name: String, into contexts: ContextStore) async throws {
        var whole: ByteBuffer? = ByteBuffer(bytes: bytes)
        var reader = TarReader {
            defer { whole = nil }
            return whole
        }
        var entry: ContextStore.Entry?, files: [(name: String, bytes: [UInt8])] = []
        while let header = try await reader.next() {
            guard header.kind == .file else { continue }
            var content: [UInt8] = []
            while let part = try await reader.content(limit: 64 << 10) { content += part }
            if header.name == "meta.json" {
                entry = ContextStore.entry(try JSON(parsing: content))
            } else if let file = ContextStore.tlsNames.first(where: { header.name == "tls/docker/\($0)" }) {
                files.append((file, content))
            } else if !header.name.hasPrefix("tls/") || header.name.parts("/").contains("..") {
                throw Failure("\(header.name): unexpected context file")
            }
        }
        guard var entry else { throw Failure("invalid context: no metadata found") }
        entry.name = name
        try contexts.save(entry, tls: files)
    }
}
