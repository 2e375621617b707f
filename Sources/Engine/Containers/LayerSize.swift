import ImageStore
import NIOPosix

extension Engine {
    /// Bytes of the files that the container has written: its own layer, hard links counted once.
    func writableSize(_ id: String) async throws -> Int64 {
        let snapshot = try await images.snapshot(id)
        return try await NIOThreadPool.singleton.runIfActive { FolderSize.measure(snapshot.upper) }
    }
}
