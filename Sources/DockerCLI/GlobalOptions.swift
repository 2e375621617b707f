import CommandLine
import Fault
import Glibc
import Wire

/// The options before the command's name.
package struct GlobalOptions: Sendable {
    package var config = ""
    package var context = ""
    package var debug = false
    package var hosts: [String] = []
    package var logLevel = "info"
    package var tls = false
    package var tlsVerify = false
    package var tlsAuthority = ""
    package var tlsCertificate = ""
    package var tlsKey = ""
    package var version = false

    /// - Parameter folder: the configuration folder shown as default.
    static func flags(folder: String) -> [Flag<GlobalOptions>] {
        [
            .text("config", \.config, default: folder, "Folder of the client's configuration files"),
            .text(
                "context", short: "c", \.context,
                "Context that names the daemon to use (wins over DOCKER_HOST and over the context chosen with \"docker context use\")"
            ),
            .toggle("debug", short: "D", \.debug, "Turn on debug mode"),
            .list("host", short: "H", \.hosts, "Socket of the daemon to connect to"),
            .text(
                "log-level", short: "l", \.logLevel, default: "info",
                "Logging level (\"debug\", \"info\", \"warn\", \"error\", \"fatal\")"),
            .toggle("tls", \.tls, "Use TLS; --tlsverify implies it"),
            .text(
                "tlscacert", \.tlsAuthority, default: folder + "/ca.pem", "Trust only certificates that this CA signed"),
            .text("tlscert", \.tlsCertificate, default: folder + "/cert.pem", "TLS certificate file of the client"),
            .text("tlskey", \.tlsKey, default: folder + "/key.pem", "TLS key file of the client"),
            .toggle("tlsverify", \.tlsVerify, "Use TLS and check the remote"),
            .toggle("version", short: "v", \.version, "Show the version and quit"),
        ]
    }

    /// The folder of `config.json`.
    func folder(_ environment: [String: String]) -> String {
        if !config.isEmpty { return config }
        return Self.defaultFolder(environment)
    }

    static func defaultFolder(_ environment: [String: String]) -> String {
        if let folder = environment["DOCKER_CONFIG"], !folder.isEmpty { return folder }
        return (environment["HOME"] ?? "/root") + "/.docker"
    }
}

/// Which daemon to talk to, and how.
package struct DaemonAddress: Sendable, Equatable {
    /// Names the daemon only, when there is an `ssh`.
    package var endpoint: Endpoint
    /// The command whose standard streams are the connection.
    package var ssh: SSHAddress?
    package var tls: TLSFiles?
    /// As people write it, for messages.
    package var text: String
    /// Nobody chose it: the daemon may be started when it isn't there.
    package var isDefault: Bool

    /// Where our daemon listens.
    package static let defaultHost = "unix:///run/hako/docker.sock"

    /// Picks the daemon: `--host`, `--context`, `DOCKER_HOST`, `DOCKER_CONTEXT`, the configured context, ours.
    package static func choose(
        _ options: GlobalOptions, environment: [String: String], configuration: DockerConfig, contexts: ContextStore
    ) throws -> DaemonAddress {
        do {
            guard options.hosts.count <= 1 else { throw Failure("Specify only one -H") }
            let name = contextName(options, environment: environment, configuration: configuration)
            if options.hosts.isEmpty, name != "default" {
                let entry = try contexts.load(name)
                let host = entry.host.isEmpty ? defaultHost : entry.host
                return try parse(host, tls: contexts.tls(entry), isDefault: entry.host.isEmpty)
            }
            let wanted = [options.hosts.first, environment["DOCKER_HOST"]].compactMap { $0 }.first { !$0.isEmpty }
            return try parse(
                wanted ?? defaultHost, tls: tlsFiles(options, environment: environment), isDefault: wanted == nil)
        } catch {
            throw Failure("Failed to initialize: unable to resolve docker endpoint: \(sentence(error))")
        }
    }

    /// The name of the context in force; `default` when a host was given or nothing was chosen.
    static func contextName(
        _ options: GlobalOptions, environment: [String: String], configuration: DockerConfig
    ) -> String {
        if !options.context.isEmpty { return options.context }
        if !options.hosts.isEmpty { return "default" }
        if let host = environment["DOCKER_HOST"], !host.isEmpty { return "default" }
        if let name = environment["DOCKER_CONTEXT"], !name.isEmpty { return name }
        return configuration.currentContext ?? "default"
    }

    /// Largest file of the client's TLS settings, in bytes.
    private static let tlsBytes = 1 << 20

    private static func tlsFiles(_ options: GlobalOptions, environment: [String: String]) throws -> TLSFiles? {
        let verifies = options.tlsVerify || !(environment["DOCKER_TLS_VERIFY"] ?? "").isEmpty
        guard verifies || options.tls || !(environment["DOCKER_TLS"] ?? "").isEmpty else { return nil }
        let folder = environment["DOCKER_CERT_PATH"].flatMap { $0.isEmpty ? nil : $0 } ?? options.folder(environment)
        // The authority has to be there; the client's own certificate is for servers that ask for one.
        let authority = options.tlsAuthority.isEmpty ? "\(folder)/ca.pem" : options.tlsAuthority
        _ = try WholeFile.read(authority, limit: tlsBytes)
        func own(_ given: String, _ name: String) throws -> String? {
            let path = given.isEmpty ? "\(folder)/\(name)" : given
            if given.isEmpty, access(path, F_OK) != 0 { return nil }
            _ = try WholeFile.read(path, limit: tlsBytes)
            return path
        }
        return TLSFiles(
            authority: authority, certificate: try own(options.tlsCertificate, "cert.pem"),
            key: try own(options.tlsKey, "key.pem"), verify: verifies)
    }

    /// Port of a daemon on TCP when none is given, without and with TLS.
    private static let plainPort = 2375, tlsPort = 2376

    static func parse(_ text: String, tls: TLSFiles?, isDefault: Bool = false) throws -> DaemonAddress {
        guard !text.isEmpty else { throw Failure("invalid bind address format: \(text)") }
        let host = text.contains("://") ? text : "tcp://" + text
        if host.hasPrefix("unix://") {
            let path = String(host.dropFirst("unix://".count))
            return DaemonAddress(endpoint: .unix(path: path), tls: nil, text: host, isDefault: isDefault)
        }
        for scheme in ["tcp://", "http://", "https://"] where host.hasPrefix(scheme) {
            var rest = String(host.dropFirst(scheme.count).prefix { $0 != "/" })
            var port = tls == nil ? plainPort : tlsPort
            if let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("]") {
                guard let number = Int(rest[rest.index(after: colon)...]), (1...65_535).contains(number) else { break }
                port = number
                rest = String(rest[..<colon])
            }
            if rest.hasPrefix("["), rest.hasSuffix("]") { rest = String(rest.dropFirst().dropLast()) }
            let name = rest.isEmpty ? "127.0.0.1" : rest
            return DaemonAddress(endpoint: .tcp(host: name, port: port), tls: tls, text: host, isDefault: isDefault)
        }
        if host.hasPrefix("ssh://") {
            let ssh = try SSHAddress(parsing: host)
            return DaemonAddress(
                endpoint: .tcp(host: ssh.host, port: plainPort), ssh: ssh, tls: nil, text: host, isDefault: false)
        }
        throw Failure("invalid bind address format: \(host)")
    }
}
