import CommandLine
import Fault
import Glibc
import JSON
import Wire

struct ContextOptions: Sendable {
    var description = "", docker: [String] = [], from = "", format = "", quiet = false, force = false
}

extension CommandTree {
    static func context() -> DockerCommand {
        DockerCommand(
            "context", "Manage contexts",
            subcommands: [
                createContext(), exportContext(), importContext(), inspectContexts(), listContexts(),
                removeContexts(), showContext(), updateContext(), useContext(),
            ])
    }

    /// Largest TLS file that is taken into a context, in bytes.
    private static let tlsBytes = 1 << 20

    private static func isName(_ name: String) -> Bool {
        guard let first = name.first, first.isASCII, first.isLetter || first.isNumber, name.count > 1 else {
            return false
        }
        return name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_.+-".contains($0)) }
    }

    /// Refuses a name that is taken, reserved or no name.
    static func checkNewContext(_ name: String, _ session: Session) throws {
        guard name != "default" else { throw Failure("\"default\" is a reserved context name") }
        guard isName(name) else {
            throw Failure(
                "context name \"\(name)\" is invalid, names are validated against regexp \"^[a-zA-Z0-9][a-zA-Z0-9_.+-]+$\""
            )
        }
        if (try? session.contexts.load(name)) != nil { throw Failure("context \"\(name)\" already exists") }
    }

    /// What the docker endpoint's settings mean, for help.
    private static func endpointHelp(_ title: String, _ example: String) -> String {
        """
        \(title)

        Docker endpoint config:

        NAME                DESCRIPTION
        from                Context whose endpoint to copy
        host                Endpoint of the daemon
        ca                  Trust only certificates that this CA signed
        cert                TLS certificate file of the client
        key                 TLS key file of the client
        skip-tls-verify     Don't check the server's certificate

        Example:

        $ docker context \(example) --docker "host=tcp://myserver:2376,ca=~/ca-file,cert=~/cert-file,key=~/key-file"
        """
    }

    private static func createContext() -> DockerCommand {
        DockerCommand(
            "create", "Create a context", explanation: endpointHelp("Create a context", "create my-context"),
            usage: "[OPTIONS] CONTEXT", count: .exactly(1), options: ContextOptions(),
            flags: [
                .text("description", \.description, "Description of the context"),
                .list("docker", \.docker, value: "stringToString", default: "[]", "Settings of the docker endpoint"),
                .text("from", \.from, "Context to copy"),
            ]
        ) { options, parsed, session in
            let name = parsed.arguments[0]
            try checkNewContext(name, session)
            guard !options.docker.isEmpty || !options.from.isEmpty else {
                throw Failure("docker endpoint configuration is required")
            }
            var entry = ContextStore.Entry(
                name: name, description: options.description, host: "", skipsTLSVerify: false)
            let files = try setEndpoint(of: &entry, options.docker, from: options.from, session)
            try session.contexts.save(entry, tls: files)
            session.out.line(name)
            session.err.line("Successfully created context \"\(name)\"")
            return 0
        }
    }

    /// Puts the settings of `--docker` into the entry; gives the TLS files that they name.
    private static func setEndpoint(
        of entry: inout ContextStore.Entry, _ settings: [String], from other: String, _ session: Session
    ) throws -> [(name: String, bytes: [UInt8])] {
        let fields = KeyValueFile.map(settings.flatMap { $0.parts(",") })
        for field in fields.keys where !["from", "host", "ca", "cert", "key", "skip-tls-verify"].contains(field) {
            throw Failure("unable to create docker endpoint config: unrecognized config key: \(field)")
        }
        entry.host = fields["host"] ?? ""
        entry.skipsTLSVerify = try fields["skip-tls-verify"].map { try GoValue.bool($0) } ?? false
        let source = fields["from"] ?? other
        var files = try [("ca", "ca.pem"), ("cert", "cert.pem"), ("key", "key.pem")].compactMap { key, file in
            try fields[key].map { (name: file, bytes: try WholeFile.read($0, limit: tlsBytes)) }
        }
        if !source.isEmpty, source != "default" {
            let model = try session.contexts.load(source)
            if entry.host.isEmpty { entry.host = model.host }
            if files.isEmpty { files = session.contexts.tlsFiles(source) }
        }
        if !entry.host.isEmpty { _ = try DaemonAddress.parse(entry.host, tls: nil) }
        return files
    }

    private static func updateContext() -> DockerCommand {
        DockerCommand(
            "update", "Update a context",
            explanation: endpointHelp("Update a context", "update my-context --description \"some description\""),
            usage: "[OPTIONS] CONTEXT", count: .exactly(1), options: ContextOptions(),
            flags: [
                .text("description", \.description, "Description of the context"),
                .list("docker", \.docker, value: "stringToString", default: "[]", "Settings of the docker endpoint"),
            ], completes: .contexts
        ) { options, parsed, session in
            let name = parsed.arguments[0]
            guard name != "default" else { throw Failure("\"default\" is a reserved context name") }
            var entry = try session.contexts.load(name)
            if !options.description.isEmpty { entry.description = options.description }
            if parsed.given.contains("docker") {
                let files = try setEndpoint(of: &entry, options.docker, from: "", session)
                session.contexts.removeTLS(name)
                try session.contexts.save(entry, tls: files)
            } else {
                try session.contexts.save(entry, tls: [])
            }
            session.out.line(name)
            session.err.line("Successfully updated context \"\(name)\"")
            return 0
        }
    }

    /// The context that stands for `DOCKER_HOST` or our own socket.
    static func defaultContext(_ session: Session) -> ContextStore.Entry {
        let host = session.environment["DOCKER_HOST"].flatMap { $0.isEmpty ? nil : $0 } ?? DaemonAddress.defaultHost
        return ContextStore.Entry(name: "default", description: "", host: host, skipsTLSVerify: false)
    }

    private static func inspectContexts() -> DockerCommand {
        DockerCommand(
            "inspect", "Display detailed information on one or more contexts",
            usage: "[OPTIONS] [CONTEXT] [CONTEXT...]",
            count: .atLeast(0), options: InspectOptions(), flags: [.inspectFormat], completes: .contexts
        ) { options, parsed, session in
            let names = parsed.arguments.isEmpty ? [session.contextName] : parsed.arguments
            return try await Inspection(session: session, format: options.format).run(names) { name in
                try describe(name, session)
            }
        }
    }

    private static func describe(_ name: String, _ session: Session) throws -> JSON {
        guard name != "default" else {
            return [
                "Name": "default", "Metadata": [:],
                "Endpoints": ["docker": ["Host": .string(defaultContext(session).host), "SkipTLSVerify": false]],
                "TLSMaterial": [:], "Storage": ["MetadataPath": "<IN MEMORY>", "TLSPath": "<IN MEMORY>"],
            ]
        }
        let entry = try session.contexts.load(name)
        let tls = session.contexts.tls(entry)
        let files = [tls?.authority, tls?.certificate, tls?.key].compactMap { $0?.parts("/").last }
        var metadata: JSON = [:]
        if !entry.description.isEmpty { metadata["Description"] = .string(entry.description) }
        return [
            "Name": .string(name), "Metadata": metadata,
            "Endpoints": ["docker": ["Host": .string(entry.host), "SkipTLSVerify": .bool(entry.skipsTLSVerify)]],
            "TLSMaterial": files.isEmpty ? [:] : ["docker": JSON(files)],
            "Storage": [
                "MetadataPath": .string(session.contexts.metaFolder(name)),
                "TLSPath": .string(session.contexts.tlsFolder(name)),
            ],
        ]
    }

    private struct ContextRow: Sendable {
        let name: String, description: String, host: String, isCurrent: Bool
    }

    private static func listContexts() -> DockerCommand {
        DockerCommand(
            "ls", aliases: ["list"], "List contexts", usage: "[OPTIONS]",
            spellings: ["docker context ls", "docker context list"],
            count: .none, options: ContextOptions(),
            flags: [
                .text("format", \.format, FormatHelp.table),
                .toggle("quiet", short: "q", \.quiet, "Show the names alone"),
            ]
        ) { options, _, session in
            var rows = [
                ContextRow(
                    name: "default", description: "Current DOCKER_HOST based configuration",
                    host: defaultContext(session).host,
                    isCurrent: session.contextName == "default")
            ]
            rows += session.contexts.list().map {
                ContextRow(
                    name: $0.name, description: $0.description, host: $0.host, isCurrent: $0.name == session.contextName
                )
            }
            rows.sort { NaturalOrder.precedes($0.name, $1.name) }
            let listing = Listing<ContextRow>(
                typeName: "*formatter.clientContextContext",
                columns: [
                    Column("Current", "") { .bool($0.isCurrent) },
                    .text("Description", "DESCRIPTION") { $0.description },
                    .text("DockerEndpoint", "DOCKER ENDPOINT") { $0.host },
                    .text("Error", "ERROR") { _ in "" },
                    .text("Name", "NAME") { $0.name },
                ])
            let format = options.quiet ? "{{.Name}}" : options.format
            session.out.write(
                try listing.render(
                    rows, format: format,
                    standard: "{{.Name}}{{if .Current}} *{{end}}\t{{.Description}}\t{{.DockerEndpoint}}\t{{.Error}}"))
            if let variable = session.environment["DOCKER_HOST"], !variable.isEmpty {
                session.err.line(
                    "Warning: DOCKER_HOST environment variable overrides the active context. To use a context, either set the global --context flag, or unset DOCKER_HOST environment variable."
                )
            }
            return 0
        }
    }

    private static func removeContexts() -> DockerCommand {
        DockerCommand(
            "rm", aliases: ["remove"], "Remove one or more contexts", usage: "CONTEXT [CONTEXT...]",
            spellings: ["docker context rm", "docker context remove"], count: .atLeast(1), options: ContextOptions(),
            flags: [.toggle("force", short: "f", \.force, "Remove a context that is in use too")], completes: .contexts
        ) { options, parsed, session in
            try await session.forEach(parsed.arguments, sideBySide: false) { name in
                guard name != "default" else { throw Failure("context \"default\" cannot be removed") }
                let exists = (try? session.contexts.load(name)) != nil
                guard exists || options.force else { throw Failure("context \"\(name)\" does not exist") }
                if name == session.contextName {
                    guard options.force else {
                        throw Failure("context \"\(name)\" is in use, set -f flag to force remove")
                    }
                    var configuration = session.configuration
                    configuration.currentContext = nil
                    try configuration.save()
                }
                session.contexts.remove(name)
                return name
            }
        }
    }

    private static func showContext() -> DockerCommand {
        DockerCommand("show", "Print the name of the current context", count: .none, options: 0) { _, _, session in
            session.out.line(session.contextName)
            return 0
        }
    }

    private static func useContext() -> DockerCommand {
        DockerCommand(
            "use", "Set the current docker context", usage: "CONTEXT", count: .exactly(1), options: 0,
            completes: .contexts
        ) { _, parsed, session in
            let name = parsed.arguments[0]
            if name != "default" { _ = try session.contexts.load(name) }
            var configuration = session.configuration
            let current = name == "default" ? nil : name
            if configuration.currentContext != current {
                configuration.currentContext = current
                try configuration.save()
            }
            session.out.line(name)
            session.err.line("Current context is now \"\(name)\"")
            if name != "default", let variable = session.environment["DOCKER_HOST"], !variable.isEmpty {
                session.err.line(
                    "Warning: DOCKER_HOST environment variable overrides the active context. To use \"\(name)\", either set the global --context flag, or unset DOCKER_HOST environment variable."
                )
            }
            return 0
        }
    }
}
