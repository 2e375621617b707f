import Foundation
import Synchronization

/// A server that lives as long as the test process at most: a shell holds it and ends it when our end of the shell's
/// standard input closes, which the kernel does however we die.
package final class Service: Sendable {
    private let shell: Spawned
    private let lifeline: Int32
    private let hasStopped = Atomic<Bool>(false)
    package let logFile: String
    package let pid: Int32

    package init(_ arguments: [String], environment: [String: String] = [:], logFile: String) throws {
        self.logFile = logFile
        let pidFile = logFile + ".pid"
        try? FileManager.default.removeItem(atPath: pidFile)
        if !FileManager.default.fileExists(atPath: logFile) { try Data().write(to: URL(fileURLWithPath: logFile)) }
        let script = #"""
            "$@" </dev/null & server=$!
            echo $server >"$PID_FILE.new"; mv "$PID_FILE.new" "$PID_FILE"
            read -r _; kill -KILL $server 2>/dev/null; wait $server
            """#
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0, ends.allSatisfy({ fcntl($0, F_SETFD, FD_CLOEXEC) == 0 }) else {
            throw Timeout(description: "pipe: \(errno)")
        }
        let log = open(logFile, O_WRONLY | O_APPEND | O_CLOEXEC)
        defer {
            close(ends[0])
            close(log)
        }
        lifeline = ends[1]
        shell = try Spawned(
            ["bash", "-c", script, "service"] + arguments,
            environment: environment.merging(["PID_FILE": pidFile]) { $1 },
            descriptors: [ends[0], log, log])
        let end = Date().addingTimeInterval(10)
        while true {
            if let text = try? String(contentsOfFile: pidFile, encoding: .utf8),
                let number = Int32(text.trimmingCharacters(in: .whitespacesAndNewlines))
            {
                pid = number
                return
            }
            guard Date() < end else { throw Timeout(description: "no pid of \(arguments)") }
            usleep(1000)
        }
    }

    package var isRunning: Bool {
        // A zombie counts as ended: the shell reaps it only when it is told to stop.
        guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return false }
        return !(stat.split(separator: ")").last ?? "").hasPrefix(" Z")
    }

    package func signal(_ number: Int32) { kill(pid, number) }

    package var log: String { (try? String(contentsOfFile: logFile, encoding: .utf8)) ?? "" }

    /// Ends the server for certain.
    package func stop() {
        guard !hasStopped.exchange(true, ordering: .relaxed) else { return }
        close(lifeline)
        _ = shell.wait()
    }
}
