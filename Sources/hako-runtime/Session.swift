import CLinux

/// A process of the container that the monitor looks after: the first one or an exec.
final class Session {
    enum Phase { case making, ready, starting, running, ended }

    /// Empty for the container's first process.
    let id: String
    let pid: Int32
    var phase = Phase.making
    var report: Int32
    var input: Int32
    var output: Int32
    var error: Int32
    var master: Int32
    let stdinOnce: Bool
    let waitsForAttach: Bool
    var exit: ExitNote?
    /// Clients that get the output.
    var attached: [Client] = []
    var waiting: [Client] = []
    /// Who asked for the start, or for the exec, and has no answer yet.
    var starter: Client?
    /// Stdin that the process hasn't taken; the client it came from isn't read meanwhile.
    var pendingInput: [UInt8] = []
    var closesInputWhenWritten = false
    var isPaused = false

    init(id: String, _ made: LaunchedProcess, stdinOnce: Bool, waitsForAttach: Bool) {
        self.id = id
        pid = made.pid
        report = made.report.descriptor
        input = made.input
        output = made.output
        error = made.error
        master = made.master
        self.stdinOnce = stdinOnce
        self.waitsForAttach = waitsForAttach
    }

    /// Where stdin goes.
    var inputDescriptor: Int32 { master >= 0 ? master : input }
}

struct ExitNote {
    let code: Int32
    let oomKilled: Bool
    let finishedAt: Int64

    func line() -> String {
        decimal(Int(code)) + " " + (oomKilled ? "1" : "0") + " " + decimal(Int(finishedAt)) + "\n"
    }
}

/// A connection to the monitor.
final class Client {
    let descriptor: Int32
    var request: [UInt8] = []
    /// Answers and output that the client hasn't taken.
    var pending: [UInt8] = []
    var session: Session?
    var hasStdin = false
    /// No more is read until the process took the stdin that came.
    var isHeld = false
    /// Close once `pending` is gone.
    var isFinished = false
    /// It takes no more; what it sent may still wait to be read, up to the end that makes it gone.
    var isDeaf = false
    var isGone = false

    init(_ descriptor: Int32) { self.descriptor = descriptor }
}
