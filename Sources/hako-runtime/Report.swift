import CLinux

/// The record socket (SOCK_SEQPACKET) between the runtime and a process it makes: one message, one record. It closes
/// itself on exec, so that the end of file means the payload runs.
struct Report {
    enum Kind: UInt8 {
        /// Child: the user namespace exists, write its maps. i32: the child's pid when a helper made it, otherwise 0.
        case born = 1
        /// Child: it comes to a bind. A `go` with a tree is to come for it and for each bind before the next new
        /// filesystem: binds come in rows, and an answer takes long on a busy machine. i32: the step's index.
        case needsSources
        /// Child: namespaces and mounts are there, run the hooks of the host's side.
        case furnished
        /// Child: only `exec` is left. With the terminal's master when there is one.
        case ready
        case failed, warning
        /// Parent: go on.
        case go
    }
    struct Record {
        let kind: Kind
        let payload: [UInt8]
        /// A descriptor that came along; -1 otherwise.
        let descriptor: Int32
    }

    let descriptor: Int32
    static let recordLimit = 132 << 10

    /// Descriptors from here on never meet the ones that are passed to the payload.
    static let descriptorFloor = Int(RuntimeDescriptor.preserved) + Int(PlanLimit.preservedDescriptors)

    static func pair() throws(LaunchFailure) -> (parent: Report, child: Report) {
        var ends: (Int32, Int32) = (-1, -1)
        try check(.makePipe) {
            withUnsafeMutablePointer(to: &ends) {
                $0.withMemoryRebound(to: Int32.self, capacity: 2) {
                    socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, $0)
                }
            }
        }
        let moved = try check(.makePipe) { hako_fcntl(ends.1, F_DUPFD_CLOEXEC, descriptorFloor) }
        closeDescriptor(ends.1)
        return (Report(descriptor: ends.0), Report(descriptor: moved))
    }

    func send(_ kind: Kind, _ payload: [UInt8] = [], passing passed: Int32 = -1) {
        let record = [kind.rawValue] + payload
        if passed < 0 {
            // write(2), since a payload's seccomp profile may know nothing else.
            _ = attempt { record.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) } }
        } else {
            _ = attempt { hako_send_with_fd(descriptor, record, record.count, passed) }
        }
    }

    func fail(_ failure: LaunchFailure) { send(.failed, encoded(failure)) }
    func warn(_ failure: LaunchFailure) { send(.warning, encoded(failure)) }

    /// nil when the other side is gone, or (`waiting` false) when there is nothing yet: then errno is EAGAIN.
    func receive(waiting: Bool = true) -> Record? {
        if !waiting { setNonBlocking(descriptor) }
        var space = [UInt8](repeating: 0, count: 4096)
        var passed: Int32 = -1
        hako_set_errno(0)
        guard let count = attempt({ hako_receive_with_fd(descriptor, &space, space.count, &passed) }) else {
            return nil
        }
        guard count > 0, let kind = Kind(rawValue: space[0]) else {
            hako_set_errno(0)
            return nil
        }
        return Record(kind: kind, payload: Array(space[1..<count]), descriptor: passed)
    }

    /// Asks the parent for the trees of the binds from step `index` on, up to the next new filesystem.
    func askForSources(from index: Int) {
        var writer = PlanWriter()
        writer.put(Int32(index))
        send(.needsSources, writer.bytes)
    }

    /// The next of them; nil when the parent is gone.
    func receiveSource() -> Int32? {
        guard let record = receive(), record.kind.rawValue == Kind.go.rawValue else { return nil }
        return record.descriptor >= 0 ? record.descriptor : nil
    }

    /// Waits for the parent's word with read(2), which every seccomp profile allows.
    func waitForGo() -> Bool {
        var byte: UInt8 = 0
        return attempt { read(descriptor, &byte, 1) } == 1 && byte == Kind.go.rawValue
    }
}

func encoded(_ failure: LaunchFailure) -> [UInt8] {
    var short = failure
    if short.subject.utf8.count > 3072 { short.subject = text(Array(short.subject.utf8.prefix(3072))) }
    var writer = PlanWriter()
    writer.put(short)
    return writer.bytes
}

extension Report.Record {
    var failure: LaunchFailure {
        var reader = PlanReader(payload)
        do throws(PlanError) {
            return try reader.field()
        } catch {
            return LaunchFailure(step: .badRequest, errno: EBADMSG, subject: "")
        }
    }
}
