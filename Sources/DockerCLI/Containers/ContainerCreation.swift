import CommandLine
import Fault
import Glibc
import JSON
import OCI

/// Makes a container, pulling its image when it isn't there.
struct ContainerCreation: Sendable {
    let session: Session
    let options: CreateOptions

    /// Throws `DaemonError`, or `Failure` for what is wrong on our side.
    func create(_ body: JSON) async throws -> String {
        let file = try IDFile(options.idFile)
        defer { file?.finish() }
        let image = body["Image"].string ?? ""
        if !Self.isImageID(image) { _ = try Reference(parsing: image) }
        if options.pull == "always" { try await pull(image) }
        let answer: JSON
        do { answer = try await post(body) } catch let error as DaemonError
            where error.isNotFound && options.pull == "missing" && error.message.hasPrefix("No such image")
            && !Self.isImageID(image)
        {
            if !options.quiet {
                session.err.line(
                    "Unable to find image '\(try Reference(parsing: image).withDefaultTag.familiar)' locally")
            }
            try await pull(image)
            answer = try await post(body)
        }
        for warning in answer["Warnings"].strings { session.err.line("WARNING: \(warning)") }
        let id = answer["Id"].string ?? ""
        file?.write(id)
        return id
    }

    /// An ID is looked up, never pulled.
    private static func isImageID(_ text: String) -> Bool {
        let digits = text.hasPrefix("sha256:") ? text.dropFirst("sha256:".count) : text[...]
        return digits.count == 64 && digits.allSatisfy { $0.isASCII && $0.isHexDigit }
    }

    private func post(_ body: JSON) async throws -> JSON {
        var query: Query = []
        if !options.name.isEmpty { query.append(("name", options.name)) }
        if !options.platform.isEmpty {
            try checkPlatform()
            query.append(("platform", options.platform))
        }
        var sized = body
        if let size = session.out.size() { sized["HostConfig"]["ConsoleSize"] = [JSON(size.rows), JSON(size.columns)] }
        return try await session.client.post("/containers/create", query, body: sized)
    }

    /// `os[/architecture[/variant]]`, or one of them alone by a name that is known.
    private func checkPlatform() throws {
        let parts = options.platform.parts("/")
        let bad = parts.first { part in
            part.isEmpty || !part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_.-".contains($0)) }
        }
        guard let bad else {
            func refuse(_ reason: String) -> Failure {
                Failure("error parsing specified platform: \"\(options.platform)\": \(reason): invalid argument")
            }
            if parts.count > 3 { throw refuse("cannot parse platform specifier") }
            if parts.count == 1, !Self.platformWords.contains(parts[0].lowercased()) {
                throw refuse("unknown operating system or architecture")
            }
            return
        }
        throw Failure(
            "error parsing specified platform: \"\(bad)\" is an invalid component of \"\(options.platform)\": platform specifier component must match \"^[A-Za-z0-9_.-]+$\": invalid argument"
        )
    }

    /// Operating systems and architectures that say enough by themselves, as containerd's platform parser knows them.
    private static let platformWords: Set<String> = [
        "linux", "windows", "darwin", "macos", "freebsd", "netbsd", "openbsd", "dragonfly", "solaris", "illumos",
        "plan9", "aix", "android", "ios", "js", "wasip1", "amd64", "x86_64", "x86-64", "i386", "386", "arm", "armhf",
        "armel", "arm64", "aarch64", "ppc64", "ppc64le", "s390x", "riscv64", "mips", "mipsle", "mips64", "mips64le",
        "loong64", "wasm", "sparc64",
    ]

    /// Progress goes to standard error: standard output is the container's.
    private func pull(_ image: String) async throws {
        let silent = Output { _ in true }
        try await ImagePull(session: session, platform: options.platform).run(
            Reference(parsing: image).withDefaultTag, output: options.quiet ? silent : session.err)
    }
}

/// The file that `--cidfile` names. It goes again when no ID comes to be written.
private final class IDFile {
    private let path: String
    private let descriptor: Int32
    private var isWritten = false

    init?(_ path: String) throws {
        guard !path.isEmpty else { return nil }
        guard access(path, F_OK) != 0 else {
            throw Failure("container ID file found, make sure the other container isn't running or delete \(path)")
        }
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw Failure("failed to create the container ID file: open \(path): \(WholeFile.message(errno))")
        }
        self.path = path
    }

    func write(_ id: String) {
        let bytes = Array(id.utf8)
        isWritten = Glibc.write(descriptor, bytes, bytes.count) == bytes.count
    }

    func finish() {
        close(descriptor)
        if !isWritten { unlink(path) }
    }
}
