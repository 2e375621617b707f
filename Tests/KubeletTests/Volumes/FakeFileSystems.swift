import CLinux
import Linux
import NIOConcurrencyHelpers

@testable import Kubelet

/// Remembers what would be mounted.
final class FakeFileSystems: VolumeFileSystems {
    private let mounts = NIOLockedValueBox<[String: Int]>([:])

    /// Sizes by folder; 0 for none.
    var memory: [String: Int] { mounts.withLockedValue { $0 } }

    func mountMemory(on folder: String, bytes: Int?, group: gid_t?) throws(KernelError) {
        mounts.withLockedValue { $0[folder] = bytes ?? 0 }
    }
    func isMemory(_ folder: String) -> Bool { mounts.withLockedValue { $0[folder] } != nil }
    func bind(_ source: OwnedDescriptor, on target: String) throws(KernelError) {}
    func unmount(_ target: String) throws(KernelError) {}
    func unmountAll(in folder: String) throws(KernelError) {
        mounts.withLockedValue { $0 = $0.filter { !$0.key.hasPrefix(folder + "/") } }
    }
}
