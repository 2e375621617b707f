import CLinux
import Fault
import Linux

/// The runtime program in a sealed memfd: nobody, not even a container that gets at `/proc/PID/exe`, can change what
/// the next container is started with (CVE-2019-5736). One copy serves all containers of this process, and their
/// monitors share its pages.
package struct RuntimeImage: Sendable {
    let descriptor: OwnedDescriptor

    private static let name = "hako-runtime"
    private static let sealAttempts = 20
    private static let allowSealing: UInt32 = 2, closeOnExec: UInt32 = 1

    /// The kernel refuses while it still has hands on a page just written, which passes.
    private static func seal(_ descriptor: Int32, _ seals: Int) throws(KernelError) {
        for _ in 0..<sealAttempts where hako_fcntl(descriptor, F_ADD_SEALS, seals) != -1 || hako_errno() != EBUSY {
            break
        }
        guard hako_fcntl(descriptor, F_GET_SEALS, 0) & Int32(seals) == Int32(seals) else {
            throw KernelError(call: "fcntl F_ADD_SEALS", subject: name, errno: hako_errno())
        }
    }

    package init() throws(Fault) {
        do throws(KernelError) {
            let bytes = try EmbeddedProgram.bytes(Self.name)
            let made = try kernel("memfd_create", Self.name) {
                memfd_create(Self.name, Self.closeOnExec | Self.allowSealing)
            }
            descriptor = OwnedDescriptor(taking: made)
            try descriptor.writeAll(bytes, subject: Self.name)
            let seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE
            try Self.seal(made, Int(seals))
        } catch {
            throw Fault(
                .internalFault,
                "the runtime program is missing: \(error); it belongs into the hako executable or beside it",
                cause: error)
        }
    }
}

/// Starts the runtime for a plan. The big program never forks: posix_spawn shares its memory until the exec.
package struct RuntimeProgram: Sendable {
    package struct Started: Sendable {
        /// The runtime's pid: it ends at once with `monitor`, after its work with `detach`, with the payload with `wait`.
        package let pid: Int32
        /// This side of the control socket; frames of `MonitorReply` come from it.
        package let control: OwnedDescriptor
    }

    /// What the runtime gets beside the plan. Descriptors stay the caller's.
    package struct Descriptors: Sendable {
        package var input: Int32
        package var output: Int32
        package var error: Int32
        package var console: Int32?
        /// Become 3… of the payload; their number is `ProcessPlan.preservedDescriptors`.
        package var preserved: [Int32]
        package init(
            input: Int32 = 0, output: Int32 = 1, error: Int32 = 2, console: Int32? = nil, preserved: [Int32] = []
        ) {
            self.input = input
            self.output = output
            self.error = error
            self.console = console
            self.preserved = preserved
        }
    }

    private let image: RuntimeImage
    /// Sources are copied up there first, so that no target overwrites one. In the child, whose table is its own:
    /// growing that of a process with threads takes the kernel milliseconds.
    private static let floor = Int(RuntimeDescriptor.preserved) + Int(PlanLimit.preservedDescriptors)

    package init(_ image: RuntimeImage) { self.image = image }

    /// `plan` is an encoded `LaunchPlan` or `ExecPlan`.
    package func start(_ plan: [UInt8], _ descriptors: Descriptors) throws(KernelError) -> Started {
        let planFile = OwnedDescriptor(taking: try kernel("memfd_create", "plan") { memfd_create("hako-plan", 1) })
        try planFile.writeAll(plan, subject: "plan")
        var ends: (Int32, Int32) = (-1, -1)
        try kernel("socketpair", "control") {
            withUnsafeMutablePointer(to: &ends) {
                $0.withMemoryRebound(to: Int32.self, capacity: 2) {
                    socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, $0)
                }
            }
        }
        let mine = OwnedDescriptor(taking: ends.0), its = OwnedDescriptor(taking: ends.1)
        var places: [(from: Int32, to: Int32)] = [
            (descriptors.input, 0), (descriptors.output, 1), (descriptors.error, 2),
            (planFile.raw, RuntimeDescriptor.plan),
            (its.raw, RuntimeDescriptor.control),
        ]
        if let console = descriptors.console { places.append((console, RuntimeDescriptor.console)) }
        for (index, given) in descriptors.preserved.enumerated() {
            places.append((given, RuntimeDescriptor.preserved + Int32(index)))
        }
        do throws(KernelError) {
            return Started(pid: try spawn(image, places), control: mine)
        } catch {
            // A container has got at the program and holds it open for writing. The seals make that useless to it, but
            // nothing can be started from that copy meanwhile: take another.
            guard error.errno == ETXTBSY, let fresh = try? RuntimeImage() else { throw error }
            return Started(pid: try spawn(fresh, places), control: mine)
        }
    }

    private func spawn(_ image: RuntimeImage, _ places: [(from: Int32, to: Int32)]) throws(KernelError) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (index, place) in places.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, place.from, Int32(Self.floor + index))
        }
        // The program, too, whose number may be one of the targets: low in a small process. The runtime closes it.
        let program = Int32(Self.floor + places.count)
        posix_spawn_file_actions_adddup2(&actions, image.descriptor.raw, program)
        for (index, place) in places.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, Int32(Self.floor + index), place.to)
            posix_spawn_file_actions_addclose(&actions, Int32(Self.floor + index))
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t(), children = sigset_t()
        sigemptyset(&none)
        sigemptyset(&children)
        sigaddset(&children, SIGCHLD)  // ignored, it would reap the runtime's children away
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &children)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var pid: pid_t = 0
        let path = "/proc/self/fd/\(program)"
        let result = "hako-runtime".withCString { name in
            var arguments = [UnsafeMutablePointer(mutating: name), nil]
            var environment: [UnsafeMutablePointer<CChar>?] = [nil]
            return posix_spawn(&pid, path, &actions, &attributes, &arguments, &environment)
        }
        guard result == 0 else { throw KernelError(call: "posix_spawn", subject: "hako-runtime", errno: result) }
        return pid
    }
}
