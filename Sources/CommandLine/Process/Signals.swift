import Glibc
import NIOConcurrencyHelpers
import NIOPosix

/// Signals that this process gets, as a stream. The handler writes the number to a pipe, which a thread reads.
package enum Signals {
    /// The pipe's writing end, for the handler, which may touch nothing but plain memory.
    nonisolated(unsafe) private static var pipeEnd: Int32 = -1
    private static let readEnd = NIOLockedValueBox<Int32?>(nil)

    private static let reader: NIOThreadPool = {
        let pool = NIOThreadPool(numberOfThreads: 1)
        pool.start()
        return pool
    }()

    /// Names and numbers of the signals that can be handed on (Linux, all architectures we run on).
    package static let names: [(name: String, number: Int32)] = [
        ("HUP", SIGHUP), ("INT", SIGINT), ("QUIT", SIGQUIT), ("USR1", SIGUSR1), ("USR2", SIGUSR2), ("ALRM", SIGALRM),
        ("TERM", SIGTERM), ("CONT", SIGCONT), ("TSTP", SIGTSTP), ("TTIN", SIGTTIN), ("TTOU", SIGTTOU),
        ("VTALRM", SIGVTALRM),
        ("PROF", SIGPROF), ("WINCH", SIGWINCH), ("IO", SIGIO), ("PWR", SIGPWR),
    ]

    /// Hands every signal of the list to `handle` until the returned task is cancelled or the process ends.
    /// Only one such stream at a time gets signals.
    package static func forEach(_ numbers: [Int32], _ handle: @escaping @Sendable (Int32) async -> Void) -> Task<
        Void, Never
    > {
        let descriptor = installPipe()
        for number in numbers {
            var action = sigaction()
            action.__sigaction_handler.sa_handler = { number in
                var byte = UInt8(truncatingIfNeeded: number)
                let saved = errno
                _ = write(Signals.pipeEnd, &byte, 1)
                errno = saved
            }
            action.sa_flags = SA_RESTART
            sigaction(number, &action, nil)
        }
        return Task {
            while !Task.isCancelled {
                let number = try? await reader.runIfActive { () -> Int32 in
                    var byte: UInt8 = 0
                    while true {
                        let count = read(descriptor, &byte, 1)
                        if count == 1 { return Int32(byte) }
                        if errno != EINTR { return 0 }
                    }
                }
                guard let number, number != 0 else { return }
                await handle(number)
            }
        }
    }

    private static func installPipe() -> Int32 {
        readEnd.withLockedValue { known in
            if let known { return known }
            var ends: [Int32] = [-1, -1]
            pipe(&ends)
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            pipeEnd = ends[1]
            known = ends[0]
            return ends[0]
        }
    }
}
