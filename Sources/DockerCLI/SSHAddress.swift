import CommandLine
import Fault
import Glibc
import NIOConcurrencyHelpers
import NIOPosix
import Wire

/// `ssh://[user@]host[:port][/path of the socket there]`.
package struct SSHAddress: Sendable, Equatable {
    let user: String, host: String, port: String, path: String

    init(parsing text: String) throws(Failure) {
        func refusal(_ why: String) -> Failure {
            Failure("ssh host connection is not valid: invalid SSH URL: \(why)")
        }
        var rest = String(text.dropFirst("ssh://".count))
        if let (before, fragment) = rest.cut("#") {
            guard fragment.isEmpty else { throw refusal("fragments are not allowed: \"\(fragment)\"") }
            rest = before
        }
        if let (before, query) = rest.cut("?") {
            guard query.isEmpty else { throw refusal("query parameters are not allowed: \"\(query)\"") }
            rest = before
        }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        path = String(rest[slash...])
        var place = String(rest[..<slash])
        if let at = place.lastIndex(of: "@") {
            user = String(place[..<at])
            place = String(place[place.index(after: at)...])
            guard !user.contains(":") else { throw refusal("plain-text password is not supported") }
        } else {
            user = ""
        }
        if let colon = place.lastIndex(of: ":"), !place[colon...].contains("]") {
            port = String(place[place.index(after: colon)...])
            place = String(place[..<colon])
            guard port.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                throw refusal("invalid port \":\(port)\" after host")
            }
        } else {
            port = ""
        }
        if place.hasPrefix("["), place.hasSuffix("]") { place = String(place.dropFirst().dropLast()) }
        guard !place.isEmpty else { throw refusal("hostname is empty") }
        host = place
    }

    /// What the original runs: its `docker` there joins its standard streams to the daemon.
    var command: [String] {
        var words = ["ssh", "-o ConnectTimeout=30", "-T"]
        if !user.isEmpty { words += ["-l", user] }
        if !port.isEmpty { words += ["-p", port] }
        words += ["--", host, "docker"]
        if !path.isEmpty { words += ["--host", "unix://" + path] }
        return words + ["system", "dial-stdio"]
    }
}

/// A program whose standard input and output are a connection.
enum ProgramLine {
    /// Bytes of what the program complained about that are kept.
    private static let complaintBytes = 4_096
    /// Seconds between the end of its output and its own.
    private static let exitSeconds = 10

    static func open(_ command: [String]) throws -> HTTPDialer.Line {
        func failure(_ call: String) -> Fault {
            Fault(.unavailable, "error during connect: \(call): \(String(cString: strerror(errno)))")
        }
        var ends: [Int32] = [-1, -1], complaints: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw failure("socketpair")
        }
        guard pipe2(&complaints, O_CLOEXEC) == 0 else {
            for end in ends { close(end) }
            throw failure("pipe")
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_adddup2(&actions, complaints[1], 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A session of its own: what is typed to interrupt us isn't for it. Signals as a shell gives them: the threads
        // that spawn block most.
        var none = sigset_t(), usual = sigset_t()
        sigemptyset(&none)
        sigemptyset(&usual)
        sigaddset(&usual, SIGPIPE)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &usual)
        let flags = Int32(POSIX_SPAWN_SETSID) | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        posix_spawnattr_setflags(&attributes, Int16(flags))
        var words: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var child = pid_t()
        let code = posix_spawnp(&child, command[0], &actions, &attributes, &words, environ)
        close(ends[1])
        close(complaints[1])
        guard code == 0 else {
            close(ends[0])
            close(complaints[0])
            let why = code == ENOENT ? "executable file not found in $PATH" : String(cString: strerror(code))
            throw Fault(.unavailable, "error during connect: exec: \"\(command[0])\": \(why)")
        }
        let program = Program(child: child, complaints: complaints[0], command: command)
        return HTTPDialer.Line(socket: ends[0]) { await program.end() }
    }

    private final class Program: Sendable {
        let child: pid_t, complaints: Int32, command: [String]

        init(child: pid_t, complaints: Int32, command: [String]) {
            (self.child, self.complaints, self.command) = (child, complaints, command)
        }

        deinit { close(complaints) }

        /// What it said at its end; nil when that was none that it failed.
        func end() async -> Fault? {
            (try? await NIOThreadPool.singleton.runIfActive { self.wait() }) ?? nil
        }

        private func wait() -> Fault? {
            var text: [UInt8] = [], chunk = [UInt8](repeating: 0, count: complaintBytes)
            var ready = pollfd(fd: complaints, events: Int16(POLLIN), revents: 0)
            while text.count < complaintBytes, poll(&ready, 1, Int32(exitSeconds * 1_000)) > 0 {
                let count = read(complaints, &chunk, chunk.count)
                guard count > 0 else { break }
                text += chunk[..<count]
            }
            var status: Int32 = 0
            guard waitpid(child, &status, 0) == child, status != 0 else { return nil }
            let how = status & 0x7f == 0 ? "exit status \(status >> 8 & 0xff)" : "signal \(status & 0x7f)"
            return Fault(
                .unavailable,
                "error during connect: command [\(command.joined(separator: " "))] has exited with \(how), "
                    + "make sure the URL is valid, and Docker 18.09 or later is installed on the remote host: "
                    + "stderr=\(String(decoding: text, as: UTF8.self))")
        }
    }
}
