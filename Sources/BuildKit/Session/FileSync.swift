import BuildProtocol
import Fault
import Linux
import Wire

extension Session {
    static let diffCopy = "/moby.filesync.v1.FileSync/DiffCopy"

    /// Brings the client's folder into an empty one.
    /// - Parameter progress: told the bytes that have come, now and then.
    func sync(
        _ request: FileSyncRequest, into folder: String, progress: @escaping @Sendable (Int64) async -> Void
    ) async throws {
        guard supports(Self.diffCopy) else { throw Fault(.invalid, "no local sources enabled") }
        let stream = try await connection.call(Self.diffCopy, metadata: request.metadata)
        defer { stream.cancel() }
        let fill = FolderFill(try SafeRoot(path: folder))
        do {
            try await FileReceiver(stream, fill, isCaller: true, progress).run()
        } catch let fault as FileSyncFault {
            try? await stream.send(FilePacket(.failure, data: Array(fault.description.utf8)).bytes)
            throw Fault(.invalid, fault.description, cause: fault)
        }
    }
}
