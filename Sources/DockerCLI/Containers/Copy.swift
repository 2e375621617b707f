import CommandLine
import Glibc
import JSON
import NIOCore
import NIOHTTP1
import Wire

struct CopyOptions: Sendable { var archive = false, followsLinks = false, quiet = false }

extension CommandTree {
    static func cp() -> DockerCommand {
        DockerCommand(
            "cp", "Copy files/folders between a container and the local filesystem",
            explanation: """
                Copy files/folders between a container and the local filesystem

                As source, '-' reads a tar archive from stdin and unpacks it in a
                directory of the container. As destination, '-' writes a tar archive
                of the container's source to stdout.
                """,
            usage: "[OPTIONS] CONTAINER:SRC_PATH DEST_PATH|-\n[OPTIONS] SRC_PATH|- CONTAINER:DEST_PATH",
            spellings: ["docker container cp", "docker cp"], count: .exactly(2), options: CopyOptions(),
            flags: [
                .toggle("archive", short: "a", \.archive, "Keep owners: all uids and gids"),
                .toggle("follow-link", short: "L", \.followsLinks, "Follow a symbolic link in SRC_PATH"),
                .toggle(
                    "quiet", short: "q", \.quiet,
                    "Don't show progress; it isn't shown either when STDOUT is no terminal"),
            ], completes: .files
        ) { options, parsed, session in
            guard !parsed.arguments[0].isEmpty else { throw Failure("source can not be empty") }
            guard !parsed.arguments[1].isEmpty else { throw Failure("destination can not be empty") }
            let isQuiet = parsed.given.contains("quiet") ? options.quiet : !session.out.isTerminal
            let copy = Copy(session: session, options: options, isQuiet: isQuiet)
            let source = CopyPlace(parsed.arguments[0]), destination = CopyPlace(parsed.arguments[1])
            switch (source.container, destination.container) {
            case (let container?, nil): try await copy.fromContainer(container, source.path, to: destination.path)
            case (nil, let container?): try await copy.toContainer(container, source.path, to: destination.path)
            case (.some, .some): throw Failure("copying between containers is not supported")
            case (nil, nil): throw Failure("must specify at least one container source")
            }
            return 0
        }
    }
}

/// `CONTAINER:PATH`, or a path of this machine: one with a colon has to begin with `/` or `.`.
struct CopyPlace: Equatable {
    var container: String?
    var path: String

    init(_ argument: String) {
        path = argument
        guard !argument.hasPrefix("/"), let (name, rest) = argument.cut(":"), !name.hasPrefix(".") else { return }
        container = name
        path = rest
    }
}

/// What the daemon says of a path in a container.
struct ContainerPathStat {
    let isDirectory: Bool
    let linkTarget: String?
    let mode: UInt32

    /// Go's file mode bits (io/fs): these are the API's.
    private static let directoryBit: UInt32 = 1 << 31, linkBit: UInt32 = 1 << 27

    init?(_ answer: HTTPAnswer) {
        guard let header = answer.headers.first(name: "X-Docker-Container-Path-Stat"),
            let bytes = decodeBase64(header),
            let json = try? JSON(parsing: bytes)
        else { return nil }
        mode = UInt32(truncatingIfNeeded: json["mode"].int ?? 0)
        isDirectory = mode & Self.directoryBit != 0
        linkTarget = mode & Self.linkBit != 0 ? json["linkTarget"].string : nil
    }
}

struct Copy: Sendable {
    let session: Session
    let options: CopyOptions
    let isQuiet: Bool

    private func archivePath(_ container: String) -> String { "/containers/\(PercentEncoding.path(container))/archive" }

    private func stat(_ container: String, _ path: String) async throws -> ContainerPathStat? {
        let answer = try await session.client.send(.HEAD, archivePath(container), [("path", path)])
        _ = try await answer.body()
        return ContainerPathStat(answer)
    }

    private func told(_ bytes: Int, _ place: String) {
        guard !isQuiet else { return }
        session.err.line("Successfully copied \(Units.decimalSize(Double(bytes), precision: 3)) to \(place)")
    }

    // MARK: - Out of a container

    func fromContainer(_ container: String, _ path: String, to destination: String) async throws {
        var source = path
        var name = CopyPath.base(path)
        if destination != "-" { try CopyPath.checkParent(destination) }
        if options.followsLinks, let target = try? await stat(container, path)?.linkTarget {
            source = target.hasPrefix("/") ? target : CopyPath.parent(path) + "/" + target
            if path.hasSuffix("/.") { name = "." }
        }
        let answer = try await session.client.send(.GET, archivePath(container), [("path", source)])
        guard destination != "-" else {
            while let part = try await answer.nextBodyPart() { session.out.write(part.readableBytesView) }
            return
        }
        let isDirectory = ContainerPathStat(answer)?.isDirectory ?? false
        let root = try CopyPath.root(
            of: HostPath.absolute(destination), asTyped: destination, sourceName: name, isDirectory: isDirectory)
        let bytes = try await TarUnpacking.unpack(to: root, answer.nextBodyPart)
        told(bytes, HostPath.absolute(destination))
    }

    // MARK: - Into a container

    func toContainer(_ container: String, _ path: String, to destination: String) async throws {
        var place = destination
        var found = try? await stat(container, destination)
        if let target = found?.linkTarget {
            place = target.hasPrefix("/") ? target : CopyPath.parent(destination) + "/" + target
            found = try? await stat(container, place)
        }
        if path == "-" {
            guard found?.isDirectory == true else {
                throw Failure("destination \"\(container):\(destination)\" must be a directory")
            }
            return try await put(container, place, session.input.body)
        }
        let source = try LocalSource(path, followsLinks: options.followsLinks)
        let (folder, name) = try target(place, found, source)
        let archive = TarPacking(source: source, name: name)
        try await put(container, folder, .stream { try await archive.next() })
        told(await archive.bytes, "\(container):\(place)")
    }

    private func put(_ container: String, _ folder: String, _ body: HTTPBodyToSend) async throws {
        var query: Query = []
        if options.archive { query.append(("copyUIDGID", "true")) }
        query += [("noOverwriteDirNonDir", "true"), ("path", folder)]
        let answer = try await session.client.send(
            .PUT, archivePath(container), query, headers: [("Content-Type", "application/x-tar")], body: body)
        _ = try await answer.body()
    }

    /// The folder to unpack in, and the name that the archive's root gets there.
    private func target(_ place: String, _ found: ContainerPathStat?, _ source: LocalSource) throws -> (String, String)
    {
        let inside = place.isEmpty ? "/" : place
        if let found {
            if found.isDirectory { return (inside, source.name) }
            guard !source.isDirectory else { throw Failure("cannot copy directory") }
            if CopyPath.wantsFolder(inside) { throw Failure("not a directory") }
        } else if !source.isDirectory, CopyPath.wantsFolder(inside) {
            throw Failure("no such directory")
        }
        return (CopyPath.parent(inside), CopyPath.base(inside))
    }
}

/// Rules of `docker cp` about names; the same on both sides.
enum CopyPath {
    static func wantsFolder(_ path: String) -> Bool { path.hasSuffix("/") || path.hasSuffix("/.") || path == "." }

    /// The last name; `.` for a path that asks for a folder's content.
    static func base(_ path: String) -> String {
        if path.hasSuffix("/.") || path == "." || HostPath.clean(path) == "/" { return "." }
        return HostPath.clean(path).parts("/").last ?? "."
    }

    static func parent(_ path: String) -> String {
        let clean = HostPath.clean(path.hasPrefix("/") ? path : "/" + path)
        let folder = clean.parts("/").dropLast().joined(separator: "/")
        return folder.isEmpty ? "/" : folder
    }

    static func checkParent(_ path: String) throws {
        let folder = parent(HostPath.absolute(path))
        guard access(folder, F_OK) == 0 else {
            throw Failure("invalid output path: directory \"\(folder)\" does not exist")
        }
    }

    /// Where the root of an archive goes on this machine.
    static func root(of path: String, asTyped: String, sourceName: String, isDirectory: Bool) throws -> String {
        var status = Glibc.stat()
        guard fstatat(AT_FDCWD, path, &status, 0) == 0 else {
            if !isDirectory, wantsFolder(asTyped) { throw Failure("no such directory") }
            return path
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            if isDirectory { throw Failure("cannot copy directory") }
            if wantsFolder(asTyped) { throw Failure("not a directory") }
            return path
        }
        return sourceName == "." ? path : "\(path)/\(sourceName)"
    }
}

/// A file or folder of this machine that is to be copied.
struct LocalSource: Sendable {
    let path: String
    /// The name in the archive; `.` for a folder's content.
    let name: String
    let isDirectory: Bool

    init(_ typed: String, followsLinks: Bool) throws {
        let path = HostPath.absolute(typed)
        var status = Glibc.stat()
        // A folder's content is meant even where the folder is reached by a link.
        let follows = followsLinks || CopyPath.wantsFolder(typed)
        guard fstatat(AT_FDCWD, path, &status, follows ? 0 : AT_SYMLINK_NOFOLLOW) == 0 else {
            throw Failure("lstat \(path): \(WholeFile.message(errno))")
        }
        isDirectory = status.st_mode & S_IFMT == S_IFDIR
        if CopyPath.wantsFolder(typed), !isDirectory { throw Failure("not a directory") }
        name = CopyPath.base(typed.hasSuffix("/.") || typed == "." ? typed : path)
        self.path = follows ? Self.resolved(path) : path
    }

    private static func resolved(_ path: String) -> String {
        guard let pointer = realpath(path, nil) else { return path }
        defer { free(pointer) }
        return String(cString: pointer)
    }
}

extension TarPacking {
    init(source: LocalSource, name: String) { self.init(path: source.path, name: name) }
}
