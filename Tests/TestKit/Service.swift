import Foundation

/// A server that lives as long as the test process at most: a shell holds it and ends it when our end of the shell's
/// standard input closes, which the kernel does however we die.
package final class Service: @unchecked Sendable {  // Process and Pipe are set up once in init and then only ended
    private let shell = Process()
    private let lifeline = Pipe()
    package let logFile: String
    package let pid: Int32

    package init(_ arguments: [String], environment: [String: String] = [:], logFile: String) throws {
        self.logFile = logFile
        let pidFile = logFile + ".pid"
        try? FileManager.default.removeItem(atPath: pidFile)
        if !FileManager.default.fileExists(atPath: logFile) { try Data().write(to: URL(fileURLWithPath: logFile)) }
        let log = try FileHandle(forWritingTo: URL(fileURLWithPath: logFile))
        try log.seekToEnd()
        shell.executableURL = URL(fileURLWithPath: "/bin/bash")
        let script = #"""
            "$@" </dev/null & server=$!
            echo $server >"$PID_FILE.new"; mv "$PID_FILE.new" "$PID_FILE"
            read -r _; kill -KILL $server 2>/dev/null; wait $server
            """#
        shell.arguments = ["-c", script, "service"] + arguments
        shell.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
            .merging(["PID_FILE": pidFile]) { $1 }
        shell.standardInput = lifeline
        shell.standardOutput = log
        shell.standardError = log
        try shell.run()
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
        try? lifeline.fileHandleForWriting.close()
        shell.waitUntilExit()
    }
}
