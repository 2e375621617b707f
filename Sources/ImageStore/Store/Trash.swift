import CLinux
import Linux

/// Where folders go that are to be removed: moving one there takes no time, emptying is done behind.
final class Trash: Sendable {
    private let folder: String
    private let lane = SerialLane(UnpackThreads.write)

    init(folder: String) { self.folder = folder }

    /// After this the path is free. Nothing there: nothing done.
    func discard(_ path: String) throws(KernelError) {
        let place = "\(folder)/\(UInt64.random(in: 0...UInt64.max))"
        do throws(KernelError) {
            try kernel("rename", path) { rename(path, place) }
        } catch {
            if error.errno == ENOENT { return }
            throw error
        }
        lane.enqueue { try? FileTree.remove(place) }  // what can't be removed now is tried again at the next start
    }

    /// Removes what an earlier run left, behind the caller's back.
    func empty() {
        let folder = folder
        lane.enqueue {
            for name in (try? StoreFolders.names(in: folder)) ?? [] { try? FileTree.remove(folder + "/" + name) }
        }
    }

    /// Waits until all that was discarded is gone.
    func settled() async { try? await lane.run {} }
}
