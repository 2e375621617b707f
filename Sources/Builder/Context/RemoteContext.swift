import CLinux
import DockerModel
import Fault
import Linux
import NIOCore

/// A context that is fetched: a tar, or one file that is the Dockerfile.
enum RemoteContext {
    /// Answers the context's place inside the folder.
    static func fetch(_ address: String, into folder: String, dockerfile: String) async throws -> String {
        if Download.isGit(address) { return try await GitContext.clone(address, into: folder) }
        guard Download.isURL(address) else {
            throw Fault(.invalid, "invalid context: \(address) is no address of a file or a repository")
        }
        let (source, _) = try await Download.source(address)
        var first = ByteBuffer()
        while first.readableBytes < ArchiveKind.headBytes, var piece = try await source.next() {
            first.writeBuffer(&piece)
        }
        if ArchiveKind(first.readableBytesView) != nil {
            let head = ReadAhead(first)
            let whole = ByteSource(
                next: {
                    if let piece = head.take() { return piece }
                    return try await source.next()
                }, cancel: source.cancel)
            try await ContextUnpacker.unpack(whole, into: folder)
            return "/"
        }
        while var piece = try await source.next() {
            guard first.readableBytes < BuildContext.Limit.dockerfileBytes else {
                throw Fault(.invalid, "\(address) is neither a tar archive nor a Dockerfile")
            }
            first.writeBuffer(&piece)
        }
        let name = dockerfile.split(separator: "/").last.map(String.init) ?? "Dockerfile"
        let path = folder + "/" + name
        try OwnedDescriptor.open(path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
            .writeAll(Array(first.readableBytesView), subject: path)
        return "/"
    }
}
