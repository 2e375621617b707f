import CLinux

/// The first process of two built-in images.
///
/// Without arguments it holds a pod's namespaces open: it waits, and reaps what is orphaned to it. With a command it
/// keeps that running: one that is killed is started again, one that ends by itself ends the container with its code.
/// A node's pods are descendants of this program, so they outlive the death of the node's own process.
@_cdecl("hako_init_main")
public func entry(_ argc: Int32, _ argv: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Int32 {
    var everything = sigset_t()
    sigfillset(&everything)
    sigprocmask(SIG_BLOCK, &everything, nil)
    if argc < 2 { holdPod(&everything) }
    keepRunning(argv + 1, &everything)
}

private func holdPod(_ signals: inout sigset_t) -> Never {
    while true {
        switch next(&signals) {
        case SIGCHLD: while waitpid(-1, nil, WNOHANG) > 0 {}
        case SIGTERM, SIGINT: _exit(0)
        default: break
        }
    }
}

/// Pauses before a new start, in milliseconds: doubled while the command dies young.
private let firstPause = 50, longestPause = 5_000
/// A command that ran as long as this, in seconds, begins with the first pause again.
private let oldAge = 10

private func keepRunning(_ command: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>, _ signals: inout sigset_t)
    -> Never
{
    var pause = firstPause
    while true {
        let began = now()
        let status = run(command, &signals)
        let signal = status & 0x7f
        if signal == 0 { _exit((status >> 8) & 0xff) }
        pause = now() - began >= oldAge ? firstPause : min(pause * 2, longestPause)
        usleep(UInt32(pause * 1_000))
    }
}

/// Runs the command once, passing signals on. Gives its wait(2) status; ends the program after a signal to end that the
/// command died of.
private func run(_ command: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>, _ signals: inout sigset_t) -> Int32 {
    let child = fork()
    if child == 0 {
        for number in 1..<Int32(65) where number != SIGKILL && number != SIGSTOP && number != 32 && number != 33 {
            hako_default_signal(number)
        }
        var none = sigset_t()
        sigemptyset(&none)
        sigprocmask(SIG_SETMASK, &none, nil)
        if let program = command[0] { execv(program, command) }
        perror("hako-init: exec")
        _exit(127)
    }
    guard child > 0 else {
        perror("hako-init: fork")
        _exit(126)
    }
    var isEnding = false
    while true {
        let number = next(&signals)
        if number == SIGCHLD {
            var status: Int32 = 0
            while true {
                let ended = waitpid(-1, &status, WNOHANG)
                if ended <= 0 { break }
                if ended != child { continue }
                if isEnding { _exit(status & 0x7f == 0 ? (status >> 8) & 0xff : 0) }
                return status
            }
        } else if number > 0 {
            if number == SIGTERM || number == SIGINT { isEnding = true }
            kill(child, number)
        }
    }
}

private func next(_ signals: inout sigset_t) -> Int32 {
    var information = siginfo_t()
    return sigwaitinfo(&signals, &information)
}

/// Seconds of the monotonic clock.
private func now() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec
}
