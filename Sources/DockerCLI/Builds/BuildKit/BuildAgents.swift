import CommandLine
import Fault
import Glibc
import NIOPosix
import Wire

/// ssh agents of a build, from `--ssh`: the user's own, others by their sockets, and one of its own for keys in files.
final class BuildAgents: Sendable {
    /// Paths of sockets, by ID.
    let sockets: [String: String]
    private let own: [KeyAgent]

    init(_ texts: [String], _ environment: [String: String], folder: @Sendable () throws -> String) async throws {
        var sockets: [String: String] = [:], own: [KeyAgent] = []
        for text in texts {
            let (name, list) = text.cut("=") ?? (text, "")
            let id = name.isEmpty ? "default" : name
            let paths = list.isEmpty ? [] : CommaFields.split(list)
            if paths.isEmpty {
                guard let socket = environment["SSH_AUTH_SOCK"], !socket.isEmpty else {
                    throw Failure("invalid empty ssh agent socket: make sure SSH_AUTH_SOCK is set")
                }
                sockets[id] = socket
                continue
            }
            let kinds = try paths.map { path in
                do { return try Self.isSocket(path) } catch {
                    throw Failure(
                        "failed to convert agent config {\(id) [\(paths.joined(separator: " "))] false}: failed to convert agent config for ID: \(GoText.quote(id)): \(error)"
                    )
                }
            }
            if kinds.contains(true) {
                guard paths.count == 1 else { throw Failure("only single socket allowed") }
                sockets[id] = HostPath.absolute(paths[0])
            } else {
                let socket = try folder() + "/agent-\(own.count)"
                own.append(try await KeyAgent(paths.map(HostPath.absolute), socket: socket))
                sockets[id] = socket
            }
        }
        self.sockets = sockets
        self.own = own
    }

    func end() { for agent in own { agent.end() } }

    private static func isSocket(_ path: String) throws -> Bool {
        var found = stat()
        guard stat(path, &found) == 0 else { throw Failure("stat \(path): \(WholeFile.message(errno))") }
        return found.st_mode & S_IFMT == S_IFSOCK
    }
}

/// ssh's own agent, holding keys for as long as we are there: it ends with the program that it runs, which waits for
/// the end of its input.
final class KeyAgent: Sendable {
    private let line: HTTPDialer.Line

    /// - Parameter keys: absolute paths.
    init(_ keys: [String], socket: String) async throws {
        let script = "ssh-add \"$@\" </dev/null && echo && cat >/dev/null; code=$?; kill \"$SSH_AGENT_PID\"; exit $code"
        do {
            line = try ProgramLine.open(
                ["ssh-agent", "-a", socket, "env", "SSH_ASKPASS_REQUIRE=never", "sh", "-c", script, "sh"] + keys)
        } catch {
            throw Failure("keys in files need ssh-agent: \(sentence(error))")
        }
        let descriptor = line.socket
        let isReady = try await NIOThreadPool.singleton.runIfActive {
            var byte: UInt8 = 0
            return read(descriptor, &byte, 1) == 1
        }
        if isReady { return }
        let why = (await line.whyClosed())?.message ?? ""
        close(descriptor)
        let words = why.firstRange(of: "stderr=").map { String(why[$0.upperBound...]).trimmed } ?? ""
        throw Failure("failed to parse \(keys.joined(separator: ", ")) as SSH key: \(words)")
    }

    func end() { close(line.socket) }
}
