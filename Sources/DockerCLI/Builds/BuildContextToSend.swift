import CommandLine
import DockerModel
import Dockerfile
import Fault
import Glibc
import NIOCore
import Wire

/// What `docker build` sends: a folder's archive without what .dockerignore names, an archive or a Dockerfile from
/// stdin, or nothing when the daemon is to fetch it.
struct BuildContextToSend: Sendable {
    enum Limit {
        /// Longest Dockerfile from stdin, in bytes.
        static let dockerfileBytes = 4 << 20
        /// Bytes that tell an archive from a Dockerfile.
        static let headBytes = 512
    }

    var body: HTTPBodyToSend
    /// Its path in the context.
    var dockerfile: String
    var remote: String?

    static func make(_ place: String, file: String, input: Input) async throws -> BuildContextToSend {
        if place == "-" {
            guard file != "-" else {
                throw Failure("invalid argument: can't use stdin for both build context and dockerfile")
            }
            return try await fromInput(input, file: file)
        }
        let isRemote = ["http://", "https://", "git://", "git@", "ssh://", "github.com/"].contains(
            where: place.hasPrefix)
        if isRemote {
            let remote = place.hasPrefix("github.com/") ? "https://\(place)" : place
            return BuildContextToSend(body: .none, dockerfile: file.isEmpty ? "Dockerfile" : file, remote: remote)
        }
        return try await folder(place, file: file, input: input)
    }

    /// An archive as it is, or a Dockerfile alone.
    private static func fromInput(_ input: Input, file: String) async throws -> BuildContextToSend {
        var head: [UInt8] = []
        while head.count < Limit.headBytes {
            let piece = try await input.read(Limit.headBytes - head.count)
            if piece.isEmpty { break }
            head += piece
        }
        let isTar = head.count >= 262 && head[257..<262].elementsEqual("ustar".utf8)
        let isCompressed = [[0x1F, 0x8B], [0x28, 0xB5, 0x2F, 0xFD]].contains { head.starts(with: $0 as [UInt8]) }
        if isTar || isCompressed {
            let first = ReadAhead(ByteBuffer(bytes: head))
            let body = HTTPBodyToSend.stream {
                if let piece = first.take() { return piece }
                let piece = try await input.read(256 << 10)
                return piece.isEmpty ? nil : ByteBuffer(bytes: piece)
            }
            return BuildContextToSend(body: body, dockerfile: file.isEmpty ? "Dockerfile" : file)
        }
        let text = try await rest(of: input, after: head)
        let archive = TarPacking([("Dockerfile", text)])
        return BuildContextToSend(body: .stream { try await archive.next() }, dockerfile: "Dockerfile")
    }

    private static func rest(of input: Input, after head: [UInt8]) async throws -> [UInt8] {
        var text = head
        while true {
            let piece = try await input.read(64 << 10)
            if piece.isEmpty { return text }
            text += piece
            guard text.count <= Limit.dockerfileBytes else {
                throw Failure("the Dockerfile from stdin is longer than \(Limit.dockerfileBytes) bytes")
            }
        }
    }

    private static func folder(_ place: String, file: String, input: Input) async throws -> BuildContextToSend {
        guard let root = realPath(place) else {
            throw Failure("unable to prepare context: path \(GoText.quote(place)) not found")
        }
        var status = stat()
        guard stat(root, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw Failure("unable to prepare context: context must be a directory: \(place)")
        }
        var additions: [(name: String, content: [UInt8])] = []
        let dockerfile: String
        if file == "-" {
            dockerfile = ".dockerfile.\(UInt32.random(in: 0...UInt32.max))"
            additions.append((dockerfile, try await rest(of: input, after: [])))
        } else {
            let asked = file.isEmpty ? root + "/Dockerfile" : file
            guard let path = realPath(asked) else {
                throw Failure(
                    "unable to prepare context: unable to evaluate symlinks in Dockerfile path: lstat \(asked.hasPrefix("/") ? asked : root + "/" + asked): no such file or directory"
                )
            }
            if path.hasPrefix(root + "/") {
                dockerfile = String(path.dropFirst(root.count + 1))
            } else {
                dockerfile = ".dockerfile.\(UInt32.random(in: 0...UInt32.max))"
                additions.append((dockerfile, try WholeFile.read(path, limit: Limit.dockerfileBytes)))
            }
        }
        let ignored = try ignoreFile(root, dockerfile)
        let needed: Set<String> = [dockerfile, ".dockerignore", dockerfile + ".dockerignore"]
        let archive = TarPacking(
            path: root, name: ".",
            leavesOut: { name, isFolder in
                if isFolder {
                    return ignored.excludesAll(below: name) && !needed.contains { $0.hasPrefix(name + "/") }
                }
                return ignored.excludes(name) && !needed.contains(name)
            }, additions: additions, hidesOwners: true)
        return BuildContextToSend(body: .stream { try await archive.next() }, dockerfile: dockerfile)
    }

    private static func ignoreFile(_ root: String, _ dockerfile: String) throws -> IgnoreFile {
        for name in [dockerfile + ".dockerignore", ".dockerignore"] where access("\(root)/\(name)", F_OK) == 0 {
            return IgnoreFile(
                String(decoding: try WholeFile.read("\(root)/\(name)", limit: Limit.dockerfileBytes), as: UTF8.self))
        }
        return IgnoreFile(patterns: [])
    }

    private static func realPath(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
