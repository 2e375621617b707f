// What clients and a container's monitor say to each other on `monitor.sock`, and what the runtime says to whoever
// spawned it on `RuntimeDescriptor.control`. Compiled into both sides.
//
// Both directions carry frames: a 32-bit little-endian length of what follows, a kind byte, the payload. A connection
// asks one thing and gets one answer, except that after `attach` output frames come until the stream ends and stdin
// frames may be sent, and that the connection that spawned the monitor asks as often as it likes, one after the other.

/// The raw values cross the socket: never renumber.
package enum MonitorRequest: UInt8 {
    /// Let the first process exec. Answers `done` or `failed`.
    case start = 1
    /// i32 signal number, u8 to every process of the pid namespace. Answers `done` or `failed`.
    case signal
    /// u8 whether stdin is wanted, text: exec id, empty for the container. Answers `done`, then `output`…, then the end.
    case attach
    /// u16 rows, u16 columns, text: exec id. Answers `done` or `failed`.
    case resize
    /// An encoded `ExecPlan`. Answers `created` or `failed`.
    case exec
    /// Text: exec id. Answers `exited` once it has.
    case wait
    /// Answers `state`.
    case state
    /// Open the log's path anew. Answers `done` or `failed`.
    case reopenLog
    /// After `attach`: bytes for stdin. No answer.
    case stdin
    /// After `attach`: no more stdin. No answer.
    case closeStdin
}

/// The raw values cross the socket: never renumber.
package enum MonitorReply: UInt8 {
    case done = 64
    /// u8 step, i32 errno, i32 exit code (126, 127 or 0), text: what it was about.
    case failed
    /// i32 host pid.
    case created
    /// i32 code, u8 OOM killed, i64 nanoseconds since the epoch.
    case exited
    /// u8 `MonitorState`, i32 host pid.
    case state
    /// u8 stream (1 stdout, 2 stderr), bytes.
    case output
    /// As `failed`, but the launch goes on without it. Only before `created`.
    case warning
}

package enum MonitorState: UInt8 {
    case created = 1, running, stopped
}

package enum MonitorLimit {
    /// Bytes of one request's payload; only `exec` comes near.
    package static let request = 4 << 20
    /// Bytes of one reply's payload.
    package static let reply = 256 << 10
    /// Bytes of stdin in one frame.
    package static let stdinFrame = 32 << 10
    package static let clients = 512
    package static let execs = 1024
}

/// What the runtime was doing when it failed. The raw value crosses the socket: never renumber.
package enum LaunchStep: UInt8 {
    case readPlan = 1, daemonize, openStateFolder, openLog, openRoot, openSource, openNamespace, openCgroup, makePipe
    case makeProcess, mapUsers, joinNamespace, joinCgroup, setUserInNamespace, setTimeOffset
    case mountRoot, findMountPoint, mount, makeDevice, makeLink, maskPath, makeReadOnly, openTerminal
    case runHook, setSysctl, setHostname, pivotRoot, setLimit, setOOMScore, setScheduling, setLabel
    case setWorkingFolder, setUser, setCapabilities, setSeccomp, findProgram, exec
    case notRunning, noSuchExec, alreadyExists, badRequest, passDescriptors, closeDescriptors, signalProcess, resize
    case processEnded, openProc
}

/// A failure on its way to people. `exitCode` is 126 or 127 when the payload can't be executed, otherwise 0.
package struct LaunchFailure: Error {
    package var step: LaunchStep
    package var errno: Int32
    package var exitCode: Int32
    package var subject: String
    package init(step: LaunchStep, errno: Int32, exitCode: Int32 = 0, subject: String) {
        self.step = step
        self.errno = errno
        self.exitCode = exitCode
        self.subject = subject
    }
}

extension LaunchFailure: PlanField {
    package func write(to writer: inout PlanWriter) {
        writer.put(step.rawValue)
        writer.put(errno)
        writer.put(exitCode)
        writer.put(subject)
    }
    package init(from reader: inout PlanReader) throws(PlanError) {
        self.init(
            step: try reader.choice(), errno: try reader.number(), exitCode: try reader.number(),
            subject: try reader.text())
    }
}

/// The files of a state folder that the monitor and its clients share.
package enum StateFile {
    package static let monitorSocket = "monitor.sock"
    /// "CODE OOM NANOSECONDS\n", written whole before any client is told. Not synced to disk: a machine that loses
    /// power loses the container, too.
    package static let exit = "exit"
    /// The last execs' ends, a line each: "ID CODE OOM NANOSECONDS\n"; written before `exit`.
    /// An exec that isn't in it was killed with the container.
    package static let execs = "execs"
    /// The fifo on which a container without monitor waits to be started. A reader lets it go, gets a zero byte, then
    /// either the end of file (it runs) or an encoded `LaunchFailure`.
    package static let startGate = "exec.fifo"
}
