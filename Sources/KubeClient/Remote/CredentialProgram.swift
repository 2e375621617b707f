import Fault
import Glibc
import JSON
import NIOPosix

/// A program that gives credentials (`users[].user.exec`): it prints an `ExecCredential`.
package struct CredentialProgram: Sendable {
    let command: String
    let arguments: [String]
    let variables: [(String, String)]
    let apiVersion: String
    let hint: String

    /// Most of what it may print, in bytes.
    private static let outputBytes = 1 << 20

    init(_ settings: JSON, folder: String) throws(Fault) {
        let name = settings["command"].string ?? ""
        guard !name.isEmpty else { throw Fault(.invalid, "command must be specified for exec auth") }
        command = name.contains("/") && !name.hasPrefix("/") ? "\(folder)/\(name)" : name
        arguments = settings["args"].strings
        variables = (settings["env"].array ?? []).map { ($0["name"].string ?? "", $0["value"].string ?? "") }
        apiVersion = settings["apiVersion"].string ?? "client.authentication.k8s.io/v1"
        hint = settings["installHint"].string ?? ""
    }

    /// Its `status`: a token, or a certificate with its key.
    func status() async throws -> JSON {
        let (text, code) = try await NIOThreadPool.singleton.runIfActive { try run() }
        guard code == 0 else {
            throw Fault(.unauthorized, "getting credentials: exec: executable \(command) failed with exit code \(code)")
        }
        guard let answer = try? JSON(parsing: text), answer["kind"].string == "ExecCredential",
            answer["status"].object != nil
        else {
            throw Fault(.unauthorized, "getting credentials: decoding stdout: exec: \(command) gave no ExecCredential")
        }
        return answer["status"]
    }

    private func run() throws -> ([UInt8], Int32) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw Fault(.internalFault, "pipe: \(SmallFile.reason(errno))") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            close(ends[0])
        }
        let information: JSON = [
            "kind": "ExecCredential", "apiVersion": .string(apiVersion),
            "spec": ["interactive": .bool(isatty(STDIN_FILENO) == 1)],
        ]
        let extra = variables + [("KUBERNETES_EXEC_INFO", information.text)]
        var child = pid_t()
        let words: [UnsafeMutablePointer<CChar>?] = ([command] + arguments).map { strdup($0) } + [nil]
        let environment = Self.environment(extra).map { strdup($0) } + [nil]
        defer { (words + environment).forEach { free($0) } }
        let code = posix_spawnp(&child, command, &actions, nil, words, environment)
        close(ends[1])
        guard code == 0 else {
            let why = "getting credentials: exec: executable \(command) not found"
            throw Fault(.unauthorized, hint.isEmpty ? why : "\(why)\n\n\(hint)")
        }
        var bytes: [UInt8] = [], chunk = [UInt8](repeating: 0, count: 16 << 10)
        while bytes.count < Self.outputBytes {
            let count = read(ends[0], &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            bytes += chunk.prefix(count)
        }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        return (bytes, status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f)
    }

    private static func environment(_ extra: [(String, String)]) -> [String] {
        let names = Set(extra.map(\.0))
        var all: [String] = []
        var at = environ
        while let entry = at.pointee {
            let text = String(cString: entry)
            if !names.contains(String(text.prefix { $0 != "=" })) { all.append(text) }
            at += 1
        }
        return all + extra.map { "\($0.0)=\($0.1)" }
    }
}
