import CLinux
import CommandLine
import Fault
import Glibc
import KubeClient
import Logging
import NIOCore
import Wire

struct ProxyOptions: Sendable {
    var filter = ProxyFilter.Patterns(), address = "127.0.0.1", prefix = "/", appendsServerPath = false,
        disablesFilter = false
    var keepalive: Int64 = 0, port = Self.usualPort, socket = "", folder = "", folderPrefix = "/static/"

    static let usualPort = 8_001
}

extension VerbTree {
    static func proxy() -> Verb {
        Verb(
            "proxy", group: .debugging, "Run a proxy to the Kubernetes API server",
            usage: "proxy [--port=PORT] [--www=static-dir] [--www-prefix=prefix] [--api-prefix=prefix] [options]",
            examples:
                "# The API at http://localhost:8001, without credentials of one's own\nkubectl proxy\n\n# A part of it, on any free port, beside the files of a folder\nkubectl proxy --port=0 --www=./site --api-prefix=/api/",
            options: ProxyOptions(),
            flags: [
                .text(
                    "accept-hosts", \.filter.hosts, default: ProxyFilter.Patterns().hosts,
                    "Regular expressions, between commas, one of which a request's Host must match"),
                .text(
                    "accept-paths", \.filter.paths, default: ProxyFilter.Patterns().paths,
                    "Regular expressions, between commas, one of which a request's path must match"),
                .text("address", \.address, default: "127.0.0.1", "Address to listen on"),
                .text("api-prefix", \.prefix, default: "/", "Path below which the API is"),
                .toggle("append-server-path", \.appendsServerPath, "Put the path of the server's address in front"),
                .toggle("disable-filter", \.disablesFilter, "Let all requests pass, those of other sites' pages too"),
                .duration("keepalive", \.keepalive, "Taken for compatibility: connections are kept alive"),
                .int("port", short: "p", \.port, default: ProxyOptions.usualPort, "Port to listen on; 0: a free one"),
                .text(
                    "reject-methods", \.filter.rejectedMethods, default: ProxyFilter.Patterns().rejectedMethods,
                    "Regular expressions, between commas, none of which a request's method may match"),
                .text(
                    "reject-paths", \.filter.rejectedPaths, default: ProxyFilter.Patterns().rejectedPaths,
                    "Regular expressions, between commas, none of which a request's path may match"),
                .text("unix-socket", short: "u", \.socket, "Unix socket to listen on, instead of a port"),
                .text("www", short: "w", \.folder, "Folder whose files are served too"),
                .text("www-prefix", short: "P", \.folderPrefix, default: "/static/", "Path below which they are"),
            ]
        ) { options, _, session in
            try await Proxying(options, session).run()
        }
    }
}

/// Serves the API to this machine with the credentials of the kubeconfig.
struct Proxying: Sendable {
    private let options: ProxyOptions
    private let session: Session
    private let handler: ProxyHandler

    init(_ options: ProxyOptions, _ session: Session) throws {
        var options = options
        for path in [\ProxyOptions.prefix, \ProxyOptions.folderPrefix] where !options[keyPath: path].hasSuffix("/") {
            options[keyPath: path] += "/"
        }
        self.options = options
        self.session = session
        let connection = try session.connection, base = connection.target.basePath
        handler = ProxyHandler(
            connection: connection, prefix: options.prefix, base: options.appendsServerPath ? base : "",
            filter: options.disablesFilter ? nil : try ProxyFilter(options.filter),
            files: options.folder.isEmpty ? nil : StaticFiles(folder: options.folder, prefix: options.folderPrefix))
        warn(base)
        if options.port != ProxyOptions.usualPort, !options.socket.isEmpty {
            throw Refusal("cannot set --unix-socket and --port at the same time")
        }
    }

    private func warn(_ base: String) {
        func say(_ text: String) { session.err.line("W\(LogTime.text) proxy.go:1] \(text)") }
        if !options.appendsServerPath, !base.isEmpty, base != "/" {
            say(
                "Your kube context contains a server path \(base), use --append-server-path to automatically append the path to each request"
            )
        }
        if options.disablesFilter, options.socket.isEmpty {
            say("Request filter disabled, your proxy is vulnerable to XSRF attacks, please be cautious")
        } else if !options.disablesFilter,
            options.filter.rejectedPaths.isEmpty || options.filter.rejectedMethods.isEmpty
        {
            say("Request filter has been relaxed, your proxy may be vulnerable to attacks, please be cautious")
        }
        guard !options.folder.isEmpty else { return }
        var status = stat()
        if stat(options.folder, &status) != 0 {
            let why = "stat \(options.folder): \(WholeFile.message(errno))"
            say("Failed to stat static file directory \(options.folder): \(why)")
        } else if status.st_mode & S_IFMT != S_IFDIR {
            say("Static file directory \(options.folder) is not a directory")
        }
    }

    /// Until the process is ended, or the task is cancelled.
    func run() async throws {
        let handler = handler
        let server = HTTPServer(
            group: HTTPClient.sharedLoop, log: Logger(label: "proxy") { _ in SwiftLogNoOpLogHandler() }
        ) { request, responder in await handler.answer(request, responder) }
        let place = try await listen(server)
        session.out.line("Starting to serve on \(place)")
        for await _ in AsyncStream<Never>.makeStream().stream {}
        await server.shutdown(patience: .zero)
        try Task.checkCancellation()
    }

    private func listen(_ server: HTTPServer) async throws -> String {
        if !options.socket.isEmpty {
            do {
                try await server.listen(on: .unix(path: options.socket), socketGroup: "", socketMode: 0o700)
            } catch let fault as Fault {
                let reason = fault.message.firstRange(of: ": ").map { String(fault.message[$0.upperBound...]) }
                throw Refusal("listen unix \(options.socket): \(reason ?? fault.message)")
            }
            return options.socket
        }
        guard (0...65_535).contains(options.port) else {
            throw Refusal("listen tcp: address \(options.port): invalid port")
        }
        let shown = options.address.contains(":") ? "[\(options.address)]" : options.address
        do {
            guard case .tcp(_, let port) = try await server.listen(on: .tcp(host: options.address, port: options.port))
            else { return options.socket }
            return "\(shown):\(port)"
        } catch let fault as Fault {
            let code = (fault.cause as? IOError)?.errnoCode ?? 0
            if fault.message.contains("UnknownHost") {
                throw Refusal("listen tcp: lookup \(options.address): no such host")
            }
            throw Refusal(
                "listen tcp \(shown):\(options.port): \(code == 0 ? fault.message : "bind: \(WholeFile.message(code))")"
            )
        }
    }
}
