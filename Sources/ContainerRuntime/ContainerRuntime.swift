import Fault
import JSON
import Linux
import NIOCore

/// Where the monitor writes the container's output. Rotation is the monitor's, so it goes on while the daemon is away.
package struct LogFile: Sendable, Equatable {
    package enum Format: String, Sendable { case none, jsonFile = "json-file", local }
    package var format: Format
    package var path: String
    /// Bytes; nil: no rotation.
    package var maxSize: Int64?
    package var maxFiles: Int

    package init(format: Format, path: String, maxSize: Int64? = nil, maxFiles: Int = 1) {
        self.format = format
        self.path = path
        self.maxSize = maxSize
        self.maxFiles = maxFiles
    }
}

/// All that is needed to create a container, or a process in one.
package struct Launch: Sendable {
    /// 64 hex digits for the engine; any OCI id for `hako runtime`.
    package var id: String
    /// The OCI runtime-spec 1.2 configuration; `root.path` is absolute.
    package var spec: JSON
    package var log: LogFile
    /// Keep stdin open for clients to attach; otherwise it is /dev/null.
    package var openStdin: Bool
    /// Close stdin when the first attached client that had it goes away.
    package var stdinOnce: Bool

    package init(id: String, spec: JSON, log: LogFile, openStdin: Bool = false, stdinOnce: Bool = false) {
        self.id = id
        self.spec = spec
        self.log = log
        self.openStdin = openStdin
        self.stdinOnce = stdinOnce
    }
}

package struct Exit: Sendable, Equatable {
    /// 0–255; 128 + n when signal n killed it.
    package var code: Int32
    package var oomKilled: Bool
    /// Nanoseconds since the epoch.
    package var finishedAt: Int64
    package init(code: Int32, oomKilled: Bool, finishedAt: Int64) {
        self.code = code
        self.oomKilled = oomKilled
        self.finishedAt = finishedAt
    }
}

/// A client's hold on a monitor's stdio: output frames in order, input with back-pressure.
package protocol MonitorStdio: Sendable {
    /// Stream number (1 stdout, 2 stderr; a terminal's output is all 1) and bytes; nil when output has ended.
    func next() async throws -> (stream: UInt8, bytes: ByteBuffer)?
    func write(_ bytes: ByteBuffer) async throws
    func closeInput() async
    func close() async
}

/// Containers by id, each behind its monitor. The state folder (`/run/hako/containers/ID`) is the truth; this object
/// holds connections only and may be made anew at any time.
package final class ContainerRuntime: Sendable {
    /// `stateRoot` holds a folder a container. The runtime program comes from this executable's ELF section, or from
    /// `hako-runtime` beside it, and is run from a sealed memfd.
    package init(stateRoot: String) throws {}

    /// Namespaces, root and cgroup are made and the first process waits to be started. Gives its host pid.
    /// Throws a sentence with step, path and reason; nothing is left behind then.
    package func create(_ launch: Launch) async throws -> Int32 { throw Fault(.notImplemented, "unwritten") }
    /// Lets the first process exec. Throws `invalid` with Docker's words when the program can't be run, carrying
    /// exit code 126 or 127 in `StartFailure`.
    package func start(_ id: String) async throws { throw Fault(.notImplemented, "unwritten") }
    /// Ends when the container has; at once when it already had. Any number of callers.
    package func wait(_ id: String) async throws -> Exit { throw Fault(.notImplemented, "unwritten") }
    package func signal(_ id: String, _ number: Int32, all: Bool = false) async throws {}
    package func pause(_ id: String) async throws {}
    package func resume(_ id: String) async throws {}
    /// `resources` is the `linux.resources` object of the runtime-spec.
    package func update(_ id: String, resources: JSON) async throws {}
    package func resize(_ id: String, exec: String?, rows: UInt16, columns: UInt16) async throws {}
    /// Joins the container's stdio, or an exec's. Before `start` nothing is missed.
    package func attach(_ id: String, exec: String?, stdin: Bool) async throws -> any MonitorStdio {
        throw Fault(.notImplemented, "unwritten")
    }
    /// Starts a process in the container; `process` is the runtime-spec's process object. Gives its host pid.
    /// With `openStdin` false its stdin is /dev/null. Clients that `attach` before output comes miss nothing: the
    /// process is started by the first attach when `waitForAttach`.
    package func exec(_ id: String, execID: String, process: JSON, openStdin: Bool, waitForAttach: Bool) async throws
        -> Int32
    {
        throw Fault(.notImplemented, "unwritten")
    }
    package func waitExec(_ id: String, execID: String) async throws -> Exit {
        throw Fault(.notImplemented, "unwritten")
    }
    /// Host pids of all processes in the container's cgroup.
    package func processes(_ id: String) async throws -> [Int32] { throw Fault(.notImplemented, "unwritten") }
    /// Cgroup counters in the shape of the Engine API's stats document (`cpu_stats`, `memory_stats`, `pids_stats`, `blkio_stats`).
    package func statistics(_ id: String) async throws -> JSON { throw Fault(.notImplemented, "unwritten") }
    /// What the state folder says: nil when there is no such container.
    package func state(_ id: String) async throws -> RuntimeState? { throw Fault(.notImplemented, "unwritten") }
    /// Every container of the state folder, also those whose monitor died.
    package func list() async throws -> [RuntimeState] { throw Fault(.notImplemented, "unwritten") }
    /// Kills what still runs, removes cgroup, mounts and state. Idempotent.
    package func delete(_ id: String) async throws {}
}

package struct RuntimeState: Sendable {
    package enum Status: String, Sendable { case created, running, paused, stopped }
    package let id: String
    package let status: Status
    package let pid: Int32
    package let exit: Exit?
    package init(id: String, status: Status, pid: Int32, exit: Exit?) {
        self.id = id
        self.status = status
        self.pid = pid
        self.exit = exit
    }
}

/// The payload could not be executed; `exitCode` is Docker's 126 (not executable) or 127 (not found).
package struct StartFailure: Error, Sendable {
    package let exitCode: Int32
    package let message: String
    package init(exitCode: Int32, message: String) {
        self.exitCode = exitCode
        self.message = message
    }
}
