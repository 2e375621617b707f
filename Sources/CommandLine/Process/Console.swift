import Glibc
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// Where a command's output goes.
package struct Output: Sendable {
    private let put: @Sendable ([UInt8]) -> Bool
    package let isTerminal: Bool
    /// The terminal's size; nil when it is none or doesn't say.
    package let size: @Sendable () -> TerminalSize?

    package init(
        isTerminal: Bool = false, size: @escaping @Sendable () -> TerminalSize? = { nil },
        put: @escaping @Sendable ([UInt8]) -> Bool
    ) {
        self.isTerminal = isTerminal
        self.size = size
        self.put = put
    }

    /// False when the bytes could not all be written.
    @discardableResult package func write(_ bytes: some Sequence<UInt8>) -> Bool { put(Array(bytes)) }
    package func write(_ text: String) { _ = put(Array(text.utf8)) }
    package func line(_ text: String = "") { _ = put(Array(text.utf8) + [UInt8(ascii: "\n")]) }

    /// A descriptor of this process. A reader that has gone away ends the process, as SIGPIPE would.
    package static func descriptor(_ descriptor: Int32) -> Output {
        Output(isTerminal: isatty(descriptor) == 1, size: { TerminalSize.of(descriptor) }) { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
                if written >= 0 {
                    rest = rest.dropFirst(written)
                } else if errno == EAGAIN {
                    var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    poll(&wait, 1, -1)
                } else if errno == EPIPE, descriptor == STDOUT_FILENO || descriptor == STDERR_FILENO {
                    // The reader has gone (`docker logs -f x | head`). NIO ignores the signal; its default ends us.
                    signal(SIGPIPE, SIG_DFL)
                    raise(SIGPIPE)
                } else if errno != EINTR {
                    return false
                }
            }
            return true
        }
    }
}

package struct TerminalSize: Sendable, Equatable {
    package let rows: Int
    package let columns: Int

    package init(rows: Int, columns: Int) {
        self.rows = rows
        self.columns = columns
    }

    package static func of(_ descriptor: Int32) -> TerminalSize? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0 else { return nil }
        return TerminalSize(rows: Int(size.ws_row), columns: Int(size.ws_col))
    }
}

/// Where a command's input comes from.
package struct Input: Sendable {
    package let isTerminal: Bool
    /// What has arrived, at most so many bytes; empty at the end. One reader at a time.
    package let read: @Sendable (_ limit: Int) async throws -> [UInt8]
    /// Puts the terminal into raw mode; what the closure returned undoes it. Nil when it is no terminal.
    package let makeRaw: @Sendable () -> (@Sendable () -> Void)?
    /// The same for typing that isn't shown, as passwords are typed.
    package let hideTyping: @Sendable () -> (@Sendable () -> Void)?

    package init(
        isTerminal: Bool, read: @escaping @Sendable (_ limit: Int) async throws -> [UInt8],
        makeRaw: @escaping @Sendable () -> (@Sendable () -> Void)? = { nil },
        hideTyping: @escaping @Sendable () -> (@Sendable () -> Void)? = { nil }
    ) {
        self.hideTyping = hideTyping
        self.isTerminal = isTerminal
        self.read = read
        self.makeRaw = makeRaw
    }

    package static let empty = Input(isTerminal: false, read: { _ in [] })

    /// Reads block a thread of their own: standard input may be a file, which epoll refuses.
    private static let readers: NIOThreadPool = {
        let pool = NIOThreadPool(numberOfThreads: 2)
        pool.start()
        return pool
    }()

    package static func descriptor(_ descriptor: Int32) -> Input {
        Input(
            isTerminal: isatty(descriptor) == 1,
            read: { limit in
                try await readers.runIfActive {
                    var bytes = [UInt8](repeating: 0, count: limit)
                    while true {
                        let count = Glibc.read(descriptor, &bytes, limit)
                        if count >= 0 { return Array(bytes.prefix(count)) }
                        if errno == EAGAIN {
                            var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                            poll(&wait, 1, -1)
                        } else if errno != EINTR {
                            return []
                        }
                    }
                }
            }, makeRaw: { RawMode.enter(descriptor) }, hideTyping: { RawMode.hideTyping(descriptor) })
    }
}

package enum RawMode {
    /// What undoes the raw mode that is in force; for exits that skip the closures on the way out.
    private static let undo = NIOLockedValueBox<(@Sendable () -> Void)?>(nil)

    package static func enter(_ descriptor: Int32) -> (@Sendable () -> Void)? {
        change(descriptor) { raw in
            // As Docker's terminal package: no echo, no line editing, no signals, output untouched.
            raw.c_iflag &= ~tcflag_t(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON)
            raw.c_lflag &= ~tcflag_t(ECHO | ECHONL | ICANON | ISIG | IEXTEN)
            raw.c_oflag &= ~tcflag_t(OPOST)
            raw.c_cflag &= ~tcflag_t(CSIZE | PARENB)
            raw.c_cflag |= tcflag_t(CS8)
        }
    }

    package static func hideTyping(_ descriptor: Int32) -> (@Sendable () -> Void)? {
        change(descriptor) { $0.c_lflag &= ~tcflag_t(ECHO) }
    }

    private static func change(_ descriptor: Int32, _ edit: (inout termios) -> Void) -> (@Sendable () -> Void)? {
        var before = termios()
        guard tcgetattr(descriptor, &before) == 0 else { return nil }
        var changed = before
        edit(&changed)
        guard tcsetattr(descriptor, TCSANOW, &changed) == 0 else { return nil }
        let saved = before
        let restore: @Sendable () -> Void = {
            var copy = saved
            tcsetattr(descriptor, TCSANOW, &copy)
            undo.withLockedValue { $0 = nil }
        }
        undo.withLockedValue { $0 = restore }
        return restore
    }

    /// Leaves raw mode if it is in force.
    package static func leave() { undo.withLockedValue { $0 }?() }
}
