import CLinux
import Fault
import Linux

/// A command that stays while its container runs: passes signals and the terminal on until the end.
struct Foreground {
    /// Our terminal in raw mode, joined to the container's. Restored when the object goes.
    final class Terminal {
        let master: OwnedDescriptor
        private var saved = termios()
        private let isRaw: Bool

        init(master: OwnedDescriptor) {
            self.master = master
            isRaw = tcgetattr(0, &saved) == 0
            if isRaw {
                var raw = saved
                cfmakeraw(&raw)
                tcsetattr(0, TCSANOW, &raw)
            }
            resize()
        }

        deinit { if isRaw { tcsetattr(0, TCSANOW, &saved) } }

        func resize() {
            var size = winsize()
            if hako_get_window(0, &size) == 0 { _ = hako_set_window(master.raw, size.ws_row, size.ws_col) }
        }
    }

    private let signals: Int32

    /// From here on signals wait for `follow`.
    init() {
        var all = sigset_t()
        sigfillset(&all)
        for number in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP] { sigdelset(&all, number) }
        sigprocmask(SIG_BLOCK, &all, nil)
        signals = hako_signalfd(&all)
    }

    /// Until the program ends; gives its exit code.
    func follow(_ spawn: RuntimeSpawn, _ terminal: Terminal?) -> Int32 {
        defer { close(signals) }
        var entries = [pollfd(fd: signals, events: Int16(POLLIN), revents: 0)]
        if let terminal {
            entries.append(pollfd(fd: 0, events: Int16(POLLIN), revents: 0))
            entries.append(pollfd(fd: terminal.master.raw, events: Int16(POLLIN), revents: 0))
        }
        // It may have ended before its SIGCHLD could be seen by the descriptor.
        while true {
            var status: Int32 = 0
            if waitpid(spawn.pid, &status, WNOHANG) == spawn.pid {
                if let terminal { drain(terminal) }
                return RuntimeSpawn.exitCode(status)
            }
            if poll(&entries, nfds_t(entries.count), -1) < 0, hako_errno() != EINTR { return 255 }
            if entries[0].revents != 0 { forward(spawn, terminal) }
            guard let terminal else { continue }
            if entries[1].revents != 0, !copy(from: 0, to: terminal.master.raw) { entries[1].fd = -1 }
            if entries[2].revents != 0, !copy(from: terminal.master.raw, to: 1) { entries[2].fd = -1 }
        }
    }

    private func forward(_ spawn: RuntimeSpawn, _ terminal: Terminal?) {
        var information = signalfd_siginfo()
        guard read(signals, &information, MemoryLayout<signalfd_siginfo>.size) > 0 else { return }
        let number = Int32(information.ssi_signo)
        switch number {
        case SIGCHLD, SIGURG, SIGPIPE: break
        case SIGWINCH: terminal?.resize()
        default:
            // Keys at our terminal reach the program by themselves: it is in the same foreground group.
            if information.ssi_code <= 0 { kill(spawn.pid, number) }
        }
    }

    /// False at the end of the source.
    private func copy(from source: Int32, to target: Int32) -> Bool {
        var bytes = [UInt8](repeating: 0, count: 32 << 10)
        let count = read(source, &bytes, bytes.count)
        if count < 0 && (hako_errno() == EINTR || hako_errno() == EAGAIN) { return true }
        guard count > 0 else { return false }
        var rest = bytes[..<count]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { write(target, $0.baseAddress, $0.count) }
            if written < 0 && hako_errno() == EINTR { continue }
            guard written > 0 else { return false }
            rest = rest.dropFirst(written)
        }
        return true
    }

    /// What the container wrote last is still in the terminal.
    private func drain(_ terminal: Terminal) {
        var entry = pollfd(fd: terminal.master.raw, events: Int16(POLLIN), revents: 0)
        while poll(&entry, 1, 0) > 0, copy(from: terminal.master.raw, to: 1) {}
    }
}
