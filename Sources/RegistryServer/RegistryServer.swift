import CLinux
import Fault
import Linux
import Logging
import NIOCore
import Wire

/// A registry of its own, as `hako registry serve` runs one: no dependency on the engine, all state in one folder.
package final class RegistryServer: Sendable {
    private let http: HTTPServer
    /// Held as long as the server lives: two of them would overwrite each other's files.
    private let lock: OwnedDescriptor

    /// Throws `conflict` when another registry uses the folder.
    package init(
        folder: String, access: RegistryAccess = .open, group: any EventLoopGroup, log: Logger
    ) throws {
        try RegistryFolders.make(folder)
        let path = folder + "/lock"
        lock = try OwnedDescriptor.open(path, O_RDWR | O_CREAT | O_CLOEXEC, mode: 0o600)
        guard flock(lock.raw, LOCK_EX | LOCK_NB) == 0 else {
            throw Fault(.conflict, "another registry uses \(folder); stop it, or give this one a folder of its own")
        }
        let folders = RegistryFolders(root: folder)
        let handler = RegistryHandler(
            store: try RegistryStore(folders), uploads: BlobUploads(folders), access: access, log: log)
        http = HTTPServer(group: group, log: log) { await handler.handle($0, $1) }
    }

    /// - Returns: where it listens, with the port filled in when it was asked for as 0.
    package func listen(on endpoint: Endpoint, tls: TLSFiles? = nil) async throws -> Endpoint {
        try await http.listen(on: endpoint, tls: tls)
    }

    package func shutdown() async { await http.shutdown(patience: .seconds(1)) }
}
