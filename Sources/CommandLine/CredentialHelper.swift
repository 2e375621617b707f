import Fault
import Glibc
import JSON

/// `docker-credential-NAME`, a program that keeps secrets (docker-credential-helpers protocol): one word as argument,
/// the server or a document on its standard input, a document or an error's words on its standard output.
struct CredentialHelper: Sendable {
    let name: String

    /// What a helper says of a server it doesn't know.
    private static let notFound = "credentials not found in native keychain"

    /// Nil when the helper has nothing for the server.
    func get(_ server: String) throws(Fault) -> RegistryCredentials? {
        let (status, output) = try run("get", Array(server.utf8))
        let words = trimmed(output)
        guard status == 0 else {
            if words == Self.notFound { return nil }
            throw failed("getting credentials", status, words)
        }
        let json = (try? JSON(parsing: output)) ?? .null
        guard let user = json["Username"].string, let secret = json["Secret"].string else {
            throw Fault(.invalid, "docker-credential-\(name) get answered something that is no credentials document")
        }
        let isToken = user == "<token>"
        return RegistryCredentials(
            username: isToken ? "" : user, password: isToken ? "" : secret, identityToken: isToken ? secret : "",
            serverAddress: server)
    }

    func store(_ credentials: RegistryCredentials, _ server: String) throws(Fault) {
        let isToken = !credentials.identityToken.isEmpty
        let document: JSON = [
            "ServerURL": .string(server), "Username": .string(isToken ? "<token>" : credentials.username),
            "Secret": .string(isToken ? credentials.identityToken : credentials.password),
        ]
        let (status, output) = try run("store", document.bytes())
        if status != 0 { throw failed("storing credentials", status, trimmed(output)) }
    }

    /// Nothing to erase is fine.
    func erase(_ server: String) throws(Fault) {
        let (status, output) = try run("erase", Array(server.utf8))
        let words = trimmed(output)
        if status != 0, words != Self.notFound { throw failed("erasing credentials", status, words) }
    }

    private func failed(_ what: String, _ status: Int32, _ words: String) -> Fault {
        Fault(.internalFault, "error \(what) - err: exit status \(status), out: `\(words)`")
    }

    private func trimmed(_ bytes: [UInt8]) -> String {
        let text = String(decoding: bytes, as: UTF8.self)
        return String(text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }

    /// What the word does, in the words of the original's errors.
    private static let doing = [
        "get": "getting credentials", "store": "storing credentials", "erase": "erasing credentials",
    ]

    /// The exit status and standard output. Standard error goes to the user, for helpers that ask questions.
    private func run(_ word: String, _ input: [UInt8]) throws(Fault) -> (status: Int32, output: [UInt8]) {
        let program = "docker-credential-\(name)"
        // Sockets in place of pipes: MSG_NOSIGNAL keeps a helper that doesn't read from ending us with SIGPIPE.
        var toHelper: [Int32] = [-1, -1], fromHelper: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &toHelper) == 0 else {
            throw Fault(.internalFault, "socketpair: \(String(cString: strerror(errno)))")
        }
        defer { close(toHelper[0]) }
        guard socketpair(AF_UNIX, kind, 0, &fromHelper) == 0 else {
            close(toHelper[1])
            throw Fault(.internalFault, "socketpair: \(String(cString: strerror(errno)))")
        }
        defer { close(fromHelper[0]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, toHelper[1], 0)
        posix_spawn_file_actions_adddup2(&actions, fromHelper[1], 1)
        var arguments: [UnsafeMutablePointer<CChar>?] = [strdup(program), strdup(word), nil]
        defer { arguments.forEach { free($0) } }
        var child = pid_t()
        let code = posix_spawnp(&child, program, &actions, nil, &arguments, environ)
        close(toHelper[1])
        close(fromHelper[1])
        guard code == 0 else {
            throw Fault(
                .notFound,
                "error \(Self.doing[word] ?? word) - err: exec: \"\(program)\": \(code == ENOENT ? "executable file not found in $PATH" : String(cString: strerror(code))), out: ``"
            )
        }
        var rest = input[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(toHelper[0], $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }  // the helper's own exit status will say what it disliked
            rest = rest.dropFirst(count)
        }
        shutdown(toHelper[0], Int32(SHUT_WR))
        let output = readAll(fromHelper[0], limit: DockerConfig.Limit.fileBytes)
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        guard let output else { throw Fault(.invalid, "\(program) \(word) answered too much") }
        let exited = status & 0x7f == 0
        return (exited ? status >> 8 & 0xff : 128 + (status & 0x7f), output)
    }
}
