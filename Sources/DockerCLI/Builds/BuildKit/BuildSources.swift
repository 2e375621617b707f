import BuildClient
import CommandLine
import DockerModel
import Fault
import Glibc
import NIOCore

/// What is built: the context and the Dockerfile as a build's order names them.
struct BuildSources: Sendable {
    private enum Limit {
        /// Longest Dockerfile from stdin, in bytes.
        static let dockerfile = 4 << 20
        /// Bytes that tell an archive from a Dockerfile.
        static let head = 512
    }

    let input: Input

    /// - Parameter place: `PATH | URL | -` of the command line.
    func put(_ place: String, file: String, into order: inout BuildOrder) async throws {
        if place == "-" {
            guard file != "-" else {
                throw Failure("invalid argument: can't use stdin for both build context and dockerfile")
            }
            return try await putInput(file: file, &order)
        }
        if Self.isRemote(place) {
            order.attributes["context"] = place.hasPrefix("github.com/") ? "https://\(place)" : place
            if file == "-" {
                try await putDockerfileFromInput(&order)
                order.attributes["dockerfilekey"] = "dockerfile"
            } else if !file.isEmpty {
                order.attributes["filename"] = file
            }
            return
        }
        guard let path = Self.folderPath(place) else {
            throw Failure("unable to prepare context: path \(GoText.quote(place)) not found")
        }
        order.folders["context"] = .path(path)
        order.sharedKey = "\(HostPath.absolute(place))"
        if file == "-" { return try await putDockerfileFromInput(&order) }
        try putDockerfile(file.isEmpty ? path + "/Dockerfile" : Self.found(file, in: path), &order)
    }

    static func isRemote(_ place: String) -> Bool {
        ["http://", "https://", "git://", "git@", "ssh://", "github.com/"].contains(where: place.hasPrefix)
    }

    /// One more context (`--build-context name=value`).
    static func putContext(_ text: String, into order: inout BuildOrder) throws {
        guard let (name, value) = text.cut("="), !name.isEmpty, !value.isEmpty else {
            throw Failure("invalid context value: \(text), expected key=value")
        }
        if value.hasPrefix(layoutPrefix) { return try putLayout(name, value, into: &order) }
        let isAddress = value.hasPrefix("docker-image://") || isRemote(value)
        if isAddress {
            order.attributes["context:" + name] = value
            return
        }
        guard let path = folderPath(value) else {
            throw Failure("failed to get build context \(name): stat \(value): no such file or directory")
        }
        // Names of the build's own folders stay theirs.
        let local = ["context", "dockerfile"].contains(name) ? "_" + name : name
        order.folders[local] = .path(path)
        order.attributes["context:" + name] = "local:" + local
    }

    private static let layoutPrefix = "oci-layout://"

    /// An image in a folder: `oci-layout://FOLDER[:TAG][@DIGEST]`.
    private static func putLayout(_ name: String, _ value: String, into order: inout BuildOrder) throws {
        var folder = String(value.dropFirst(layoutPrefix.count)), digest = "", tag = ""
        if let at = folder.lastIndex(of: "@"), folder[folder.index(after: at)...].contains(":") {
            digest = String(folder[folder.index(after: at)...])
            folder = String(folder[..<at])
        }
        if let colon = folder.lastIndex(of: ":"), !folder[colon...].contains("/") {
            tag = String(folder[folder.index(after: colon)...])
            folder = String(folder[..<colon])
        }
        if digest.isEmpty {
            let wanted = tag.isEmpty ? "latest" : tag
            do { digest = try OCIFolder(path: HostPath.absolute(folder)).digest(of: wanted) } catch {
                throw Failure("oci-layout reference \(GoText.quote(value)) could not be resolved: \(sentence(error))")
            }
        }
        let store = BuildDaemon.newReference()
        order.stores["oci:" + store] = HostPath.absolute(folder)
        order.attributes["context:" + name] =
            layoutPrefix + store + (tag.isEmpty ? "" : ":" + tag) + "@" + digest
    }

    /// Beside us, or in the context.
    private static func found(_ file: String, in context: String) -> String {
        let path = HostPath.absolute(file)
        if access(path, F_OK) != 0, !file.hasPrefix("/"), access("\(context)/\(file)", F_OK) == 0 {
            return "\(context)/\(file)"
        }
        return path
    }

    private func putDockerfile(_ path: String, _ order: inout BuildOrder) throws {
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        let above = slash == path.startIndex ? "/" : String(path[..<slash])
        guard let folder = Self.folderPath(above) else {
            throw Failure("resolve : lstat \(above): no such file or directory")
        }
        order.folders["dockerfile"] = .path(folder)
        order.attributes["filename"] = String(path[path.index(after: slash)...])
    }

    private func putDockerfileFromInput(_ order: inout BuildOrder) async throws {
        putDockerfile(text: try await rest(after: []), &order)
    }

    private func putDockerfile(text: [UInt8], _ order: inout BuildOrder) {
        order.folders["dockerfile"] = .files(["Dockerfile": text])
        order.attributes["filename"] = "Dockerfile"
    }

    /// An archive as it is, or a Dockerfile alone.
    private func putInput(file: String, _ order: inout BuildOrder) async throws {
        var head: [UInt8] = []
        while head.count < Limit.head {
            let piece = try await input.read(Limit.head - head.count)
            if piece.isEmpty { break }
            head += piece
        }
        guard Self.isArchive(head) else {
            putDockerfile(text: try await rest(after: head), &order)
            order.folders["context"] = .files([:])
            return
        }
        let first = ReadAhead(ByteBuffer(bytes: head)), input = input
        order.upload = {
            if let piece = first.take() { return piece }
            let piece = try await input.read(256 << 10)
            return piece.isEmpty ? nil : ByteBuffer(bytes: piece)
        }
        order.attributes["context"] = BuildOrder.uploadAddress
        if !file.isEmpty { order.attributes["filename"] = file }
    }

    private static func isArchive(_ head: [UInt8]) -> Bool {
        if head.count >= 262, head[257..<262].elementsEqual("ustar".utf8) { return true }
        let marks: [[UInt8]] = [
            [0x1F, 0x8B], [0x28, 0xB5, 0x2F, 0xFD], Array("BZh".utf8), [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00],
        ]
        return marks.contains { head.starts(with: $0) }
    }

    private func rest(after head: [UInt8]) async throws -> [UInt8] {
        var text = head
        while true {
            let piece = try await input.read(64 << 10)
            if piece.isEmpty { return text }
            text += piece
            guard text.count <= Limit.dockerfile else {
                throw Failure("the Dockerfile from stdin is longer than \(Limit.dockerfile) bytes")
            }
        }
    }

    /// Links resolved; nil when there is no such folder.
    private static func folderPath(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        var found = stat()
        guard stat(resolved, &found) == 0, found.st_mode & S_IFMT == S_IFDIR else { return nil }
        return String(cString: resolved)
    }
}
