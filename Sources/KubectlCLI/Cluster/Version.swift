import CommandLine
import JSON
import KubeClient

struct VersionOptions: Sendable { var clientOnly = false, output = "" }

extension VerbTree {
    /// The client as it tells of itself; the minor version is what servers are compared with.
    private static let minor = 36

    static func version() -> Verb {
        Verb(
            "version", group: .other, "Print the client and server version information",
            usage: "version [flags] [options]",
            options: VersionOptions(),
            flags: [
                .toggle("client", \.clientOnly, "Don't ask a server"),
                .text("output", short: "o", \.output, "One of 'yaml' or 'json'"),
            ]
        ) { options, parsed, session in
            guard parsed.arguments.isEmpty else {
                throw Refusal("extra arguments: [\(parsed.arguments.joined(separator: " "))]")
            }
            guard ["", "yaml", "json"].contains(options.output) else {
                throw Refusal("--output must be 'yaml' or 'json'")
            }
            let client: JSON = [
                "major": "1", "minor": "36", "gitVersion": .string(KubectlProgram.version), "gitCommit": "hakobune",
                "gitTreeState": "clean", "buildDate": "1970-01-01T00:00:00Z", "goVersion": "none", "compiler": "swift",
                "platform": "linux/amd64",
            ]
            var server: JSON?
            var failure: (any Error)?
            if !options.clientOnly {
                do { server = try await session.get("/version") } catch { failure = error }
            }
            try show(options, client, server, session)
            if let failure { throw failure }
            if let server { warn(server, session) }
        }
    }

    private static let kustomizeVersion = "v5.7.1"

    private static func show(_ options: VersionOptions, _ client: JSON, _ server: JSON?, _ session: Session) throws {
        guard !options.output.isEmpty else {
            session.out.line("Client Version: \(client["gitVersion"].string ?? "")")
            session.out.line("Kustomize Version: \(kustomizeVersion)")
            if let server { session.out.line("Server Version: \(server["gitVersion"].string ?? "")") }
            return
        }
        let all = JSON.members([
            ("clientVersion", client), ("kustomizeVersion", .string(kustomizeVersion)), ("serverVersion", server),
        ])
        var printing = PrintOptions()
        printing.output = options.output
        if options.output == "json" {
            session.out.line(all.pretty(indent: "  "))
        } else {
            try ObjectPrinter(session, printing).show(all)
            session.out.line("")
        }
    }

    private static func warn(_ server: JSON, _ session: Session) {
        let digits = (server["minor"].string ?? "").prefix { $0.isNumber }
        guard let other = Int(digits), abs(other - minor) > 1 else { return }
        session.err.line(
            "Warning: version difference between client (1.\(minor)) and server (1.\(other)) exceeds the supported minor version skew of +/-1"
        )
    }
}
