import CLinux
import Fault

/// Tells when the kernel killed a member of a group for want of memory. `descriptor` becomes readable then; read the
/// count, which also makes it unreadable again.
package final class OOMWatch: Sendable {
    package let descriptor: OwnedDescriptor
    private let counterFile: String
    /// v1's registration lives as long as both ends are open.
    private let control: OwnedDescriptor?

    init(descriptor: OwnedDescriptor, counterFile: String, control: OwnedDescriptor? = nil) {
        self.descriptor = descriptor
        self.counterFile = counterFile
        self.control = control
    }

    /// Kills since the group was made. More than one notice may have come, or one for another event of the file.
    package func kills() -> UInt64 {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while read(descriptor.raw, &buffer, buffer.count) > 0 {}
        guard let text = try? KernelFile.read(counterFile) else { return 0 }
        return ControlGroupFolder.keyed(text)["oom_kill"] ?? 0
    }
}

extension LegacyControlGroup {
    /// An eventfd registered on memory.oom_control through cgroup.event_control.
    func watchOOM() throws(Fault) -> OOMWatch? {
        guard let folder = folder("memory") else { return nil }
        do throws(KernelError) {
            let event = OwnedDescriptor(taking: try kernel("eventfd", folder) { eventfd(0, Int32(hako_efd_flags())) })
            let control = try OwnedDescriptor.open(folder + "/memory.oom_control", O_RDONLY)
            try KernelFile.write(folder + "/cgroup.event_control", "\(event.raw) \(control.raw)")
            return OOMWatch(descriptor: event, counterFile: folder + "/memory.oom_control", control: control)
        } catch {
            throw Fault(.internalFault, "can't watch cgroup \(folder) for out-of-memory kills: \(error)", cause: error)
        }
    }
}

extension UnifiedControlGroup {
    /// inotify on memory.events: the kernel reports each change as a modification.
    func watchOOM() throws(Fault) -> OOMWatch? {
        let file = folder + "/memory.events"
        guard ControlGroupFolder.exists(file) else { return nil }
        do throws(KernelError) {
            let notices = OwnedDescriptor(
                taking: try kernel("inotify_init1", file) { inotify_init1(Int32(hako_in_flags())) })
            try kernel("inotify_add_watch", file) { inotify_add_watch(notices.raw, file, UInt32(IN_MODIFY)) }
            return OOMWatch(descriptor: notices, counterFile: file)
        } catch {
            throw Fault(.internalFault, "can't watch cgroup \(folder) for out-of-memory kills: \(error)", cause: error)
        }
    }
}
