import CommandLine
import Fault
import JSON

struct LoginOptions: Sendable { var password = "", readsPassword = false, username = "" }

extension CommandTree {
    static func login() -> DockerCommand {
        DockerCommand(
            "login", group: .common, "Authenticate to a registry",
            explanation: "Authenticate to a registry.\nDefaults to Docker Hub if no server is specified.",
            usage: "[OPTIONS] [SERVER]", count: .atMost(1), options: LoginOptions(),
            flags: [
                .text("password", short: "p", \.password, "Password or personal access token (PAT)"),
                .toggle(
                    "password-stdin", \.readsPassword, "Read the password or personal access token (PAT) from stdin"),
                .text("username", short: "u", \.username, "User name"),
            ]
        ) { options, parsed, session in
            try await Login(session: session, options: options).run(parsed)
        }
    }

    static func logout() -> DockerCommand {
        DockerCommand(
            "logout", group: .common, "Log out from a registry",
            explanation: "Log out from a registry.\nIf no server is specified, the default is defined by the daemon.",
            usage: "[SERVER]", count: .atMost(1), options: 0
        ) { _, parsed, session in
            let server = parsed.arguments.first ?? ""
            let address = server.isEmpty || server == "docker.io" ? DockerConfig.hubAddress : Login.hostname(server)
            var configuration = session.configuration
            session.out.line("Removing login credentials for \(address)")
            do { _ = try configuration.erase(address) } catch {
                session.err.line("WARNING: could not erase credentials:\n\(address): \(sentence(error))")
            }
            return 0
        }
    }
}

struct Login: Sendable {
    let session: Session
    let options: LoginOptions

    /// Longest password that is read, in bytes.
    private static let passwordBytes = 64 << 10

    /// The name of a registry without scheme and path.
    static func hostname(_ server: String) -> String {
        var rest = server[...]
        for scheme in ["http://", "https://"] where rest.hasPrefix(scheme) { rest = rest.dropFirst(scheme.count) }
        return String(rest.prefix { $0 != "/" })
    }

    func run(_ parsed: Parsed) async throws -> Int32 {
        let server = parsed.arguments.first ?? ""
        let address =
            server.isEmpty || ["docker.io", "index.docker.io"].contains(Self.hostname(server))
            ? DockerConfig.hubAddress : Self.hostname(server)
        try checkFlags(parsed.given)
        var password = options.password
        if !password.isEmpty {
            session.err.line("WARNING! Using --password via the CLI is insecure. Use --password-stdin.")
        }
        if options.readsPassword { password = try await passwordFromInput() }
        if options.username.isEmpty, password.isEmpty,
            let stored = try? session.configuration.credentials(for: address),
            let status = try await checkStored(stored, address)
        {
            return status
        }
        return try await check(try await credentials(address, password: password), address)
    }

    /// Tries what an earlier login stored; nil when that is no longer good and the user has to be asked.
    private func checkStored(_ stored: RegistryCredentials, _ address: String) async throws -> Int32? {
        session.err.line("Authenticating with existing credentials... [Username: \(stored.username)]")
        session.err.line()
        session.err.line(
            (session.err.isTerminal ? "i Info \u{2192} " : " Info -> ")
                + "To login with a different account, run 'docker logout' followed by 'docker login'")
        session.err.write("\n\n")
        do { return try await check(stored, address) } catch let error as DaemonError {
            session.err.line(
                error.status == 401
                    ? "Stored credentials invalid or expired" : "Login did not succeed, error: \(sentence(error))")
            return nil
        }
    }

    private func checkFlags(_ given: Set<String>) throws {
        if given.contains("password-stdin") {
            guard !given.contains("password") else {
                throw Failure("conflicting options: cannot specify both --password and --password-stdin")
            }
            guard given.contains("username") else {
                throw Failure("the --password-stdin option requires --username to be set")
            }
        }
        if given.contains("username"), options.username.isEmpty { throw Failure("username is empty") }
        if given.contains("password"), options.password.isEmpty { throw Failure("password is empty") }
    }

    private func passwordFromInput() async throws -> String {
        var bytes: [UInt8] = []
        while case let part = try await session.input.read(4_096), !part.isEmpty, bytes.count < Self.passwordBytes {
            bytes += part
        }
        var text = String(decoding: bytes, as: UTF8.self)
        if text.hasSuffix("\n") { text.removeLast() }
        if text.hasSuffix("\r") { text.removeLast() }
        return text
    }

    /// What was given, or what the user types.
    private func credentials(_ address: String, password: String) async throws -> RegistryCredentials {
        guard options.username.isEmpty || password.isEmpty else {
            return RegistryCredentials(username: options.username, password: password, serverAddress: address)
        }
        guard session.input.isTerminal else {
            throw Failure("Error: Cannot perform an interactive login from a non TTY device")
        }
        var username = options.username
        if username.isEmpty {
            session.out.write("Username: ")
            username = try await typedLine()
            guard !username.isEmpty else { throw Failure("Error: Non-null Username Required") }
        }
        var secret = password
        if secret.isEmpty {
            session.out.write("Password: ")
            let restore = session.input.hideTyping()
            defer { restore?() }
            secret = try await typedLine()
            session.out.line()
            guard !secret.isEmpty else { throw Failure("Error: Password Required") }
        }
        return RegistryCredentials(username: username, password: secret, serverAddress: address)
    }

    private func typedLine() async throws -> String {
        var line: [UInt8] = []
        while line.count < Self.passwordBytes {
            guard let byte = try await session.input.read(1).first, byte != UInt8(ascii: "\n") else { break }
            line.append(byte)
        }
        return String(decoding: line, as: UTF8.self).trimmed
    }

    private func check(_ credentials: RegistryCredentials, _ address: String) async throws -> Int32 {
        let answer = try await session.client.post("/auth", body: credentials.json)
        var kept = credentials
        if let token = answer["IdentityToken"].string, !token.isEmpty {
            kept.password = ""
            kept.identityToken = token
        }
        var configuration = session.configuration
        let place: CredentialPlace
        do { place = try configuration.store(kept) } catch {
            throw Failure("Error saving credentials: \(sentence(error))")
        }
        if case .file(let path) = place {
            session.err.write(
                "\nWARNING! Your credentials are stored unencrypted in '\(path)'.\nConfigure a credential helper to remove this warning. See\nhttps://docs.docker.com/go/credential-store/\n\n"
            )
        }
        if let status = answer["Status"].string, !status.isEmpty { session.out.line(status) }
        return 0
    }
}
