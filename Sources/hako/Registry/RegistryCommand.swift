import CLinux
import CommandLine
import Fault
import Linux
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import RegistryServer
import Wire

/// `hako registry serve`: a registry for images, until a signal ends it.
enum RegistryCommand {
    private struct Options: Sendable {
        var address = "127.0.0.1:5000"
        var folder = "/var/lib/hako/registry"
        var certificate = ""
        var key = ""
        var passwords = ""
        var isOpen = false
        var logLevel = "info"
    }

    private static let flags: [Flag<Options>] = [
        .text("addr", \.address, "Where to listen, HOST:PORT; port 0 is any free one"),
        .text("data-root", \.folder, "Folder of the registry's contents"),
        .text("tls-cert", \.certificate, "Serve HTTPS with this certificate (PEM)"),
        .text("tls-key", \.key, "Key of the certificate (PEM)"),
        .text("password-file", \.passwords, "File with lines of USER:PASSWORD: who may use the registry"),
        .toggle(
            "open", \.isOpen, "Let everybody who can reach another address than loopback use it without a password"),
        .text("log-level", \.logLevel, "debug, info, warn or error"),
    ]

    static func main(_ arguments: [String]) async -> CInt {
        var options = Options()
        do {
            guard let verb = arguments.first, !["help", "--help", "-h"].contains(verb) else {
                write(usage)
                return arguments.isEmpty ? 1 : 0
            }
            guard verb == "serve" else {
                throw Fault(.invalid, "'\(verb)' is not serve; see hako registry --help")
            }
            let parsed = try FlagParser(flags, interspersed: true).parse(Array(arguments.dropFirst()), into: &options)
            if parsed.wantsHelp {
                write(usage)
                return 0
            }
            if let word = parsed.positional.first {
                throw Fault(.invalid, "\"hako registry serve\" accepts no arguments: \(word)")
            }
            try await serve(options)
            return 0
        } catch let error as UsageError {
            write("\(error)\nSee 'hako registry --help'.\n", to: STDERR_FILENO)
            return 125
        } catch {
            write("hako registry: \(sentence(error))\n", to: STDERR_FILENO)
            return 1
        }
    }

    private static func serve(_ options: Options) async throws {
        let (host, port) = try place(options.address)
        guard options.certificate.isEmpty == options.key.isEmpty else {
            throw Fault(.invalid, "--tls-cert and --tls-key go together")
        }
        guard isLoopback(host) || options.isOpen || !options.passwords.isEmpty else {
            throw Fault(
                .invalid,
                "whoever reaches \(options.address) could push and delete images: name who may with --password-file, "
                    + "or say --open")
        }
        var access = RegistryAccess.open
        if !options.passwords.isEmpty {
            do { access = try RegistryAccess(passwords: try KernelFile.read(options.passwords)) } catch let error
                as KernelError
            {
                throw Fault(.invalid, "the password file \(options.passwords) can't be read: \(error.reason)")
            }
        }
        DescriptorLimit.raise()
        LogOutput.level.withLockedValue { $0 = LogOutput.level(named: options.logLevel) }
        LoggingSystem.bootstrap { LogOutput(label: $0) }
        let group = MultiThreadedEventLoopGroup.singleton
        let signals = try await Signals.stream([SIGTERM, SIGINT, SIGPIPE], on: group)
        let server = try RegistryServer(
            folder: options.folder, access: access, group: group, log: Logger(label: "registry"))
        let tls =
            options.certificate.isEmpty
            ? nil : TLSFiles(authority: nil, certificate: options.certificate, key: options.key, verify: false)
        let endpoint = try await server.listen(on: .tcp(host: host, port: port), tls: tls)
        guard case .tcp(_, let chosen) = endpoint else { return }
        write(
            "hako registry listens on \(tls == nil ? "http" : "https")://\(host):\(chosen)\n", to: STDERR_FILENO)
        for await signal in signals where signal == SIGTERM || signal == SIGINT { break }
        await server.shutdown()
    }

    private static func place(_ address: String) throws(Fault) -> (host: String, port: Int) {
        guard let colon = address.lastIndex(of: ":"), let port = Int(address[address.index(after: colon)...]),
            (0...65_535).contains(port)
        else { throw Fault(.invalid, "--addr is to be HOST:PORT, not \(address)") }
        let host = address[..<colon].filter { $0 != "[" && $0 != "]" }
        return (host.isEmpty ? "0.0.0.0" : host, port)
    }

    private static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.")
    }

    private static let usage = """
        Usage: hako registry serve [OPTIONS]

        Serves images to docker, podman, containerd and others: pull, push, tags, referrers, deletion.

        Options:
              --addr string            Where to listen, HOST:PORT; port 0 is any free one (default "127.0.0.1:5000")
              --data-root string       Folder of the registry's contents (default "/var/lib/hako/registry")
              --log-level string       debug, info, warn or error (default "info")
              --open                   Let everybody who can reach another address than loopback use it without a
                                       password
              --password-file string   File with lines of USER:PASSWORD: who may use the registry
              --tls-cert string        Serve HTTPS with this certificate (PEM)
              --tls-key string         Key of the certificate (PEM)

        """
}
