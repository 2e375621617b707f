import CLinux
import Fault
import Linux

extension HomeFolder {
    var lockFile: String { path + "/lock" }

    /// Runs `work` while no other command of this home chooses networks: two clusters that are started at once get
    /// different ones. Waits for the other.
    package func exclusively<T>(_ work: () async throws -> T) async throws -> T {
        try Self.makeFolders(path)
        let file = try OwnedDescriptor.open(lockFile, O_RDWR | O_CREAT, mode: 0o600)
        // The other holds it for some milliseconds only.
        try kernel("flock", lockFile) { flock(file.raw, LOCK_EX) }
        defer { file.close() }
        return try await work()
    }
}
