import CommandLine
import JSON

struct FormatOptions: Sendable { var format = "" }

extension CommandTree {
    static func version() -> DockerCommand {
        DockerCommand(
            "version", group: .common, "Show the Docker version information", usage: "[OPTIONS]", count: .none,
            options: FormatOptions(), flags: [.text("format", short: "f", \.format, FormatHelp.plain)]
        ) { options, _, session in
            let template: Template?
            do {
                template =
                    try options.format.isEmpty
                    ? nil : Template(parsing: options.format == "json" ? "{{json .}}" : options.format)
            } catch {
                throw Failure("template parsing error: \(error)", exitCode: 64)
            }
            var agreed = DockerClient.newestVersion, server = JSON.null, failure: (any Error)?
            do {
                agreed = try await session.client.agreedVersion()
                server = Versions.withEngine(try await session.client.get("/version"))
            } catch { failure = error }
            let client = Versions.client(agreed: agreed, context: session.contextName)
            if let template {
                let value: JSON = ["Client": client, "Server": server]
                do { session.out.line(try template.execute(.json(value), missingKeysFail: true)) } catch {
                    guard let failure else { throw Failure("\(error)") }
                    session.out.line("")
                    throw failure
                }
            } else {
                session.out.write(Versions.text(client: client, server: server))
            }
            if let failure { throw failure }
            return 0
        }
    }
}

enum Versions {
    static func client(agreed: String, context: String) -> JSON {
        [
            "Version": .string(DockerProgram.clientVersion), "ApiVersion": .string(agreed),
            "DefaultAPIVersion": .string(DockerClient.newestVersion), "GitCommit": "hakobune",
            "GoVersion": .string(swift),
            "Os": "linux", "Arch": .string(architecture), "BuildTime": .string(built), "Context": .string(context),
        ]
    }

    #if arch(arm64)
        static let architecture = "arm64"
    #else
        static let architecture = "amd64"
    #endif
    /// Where others name the compiler of the original.
    static let swift = "swift6.3"
    private static let built = "Sun Nov 22 00:00:00 2026"

    /// Daemons describe themselves as a component; older ones have to be described here.
    static func withEngine(_ version: JSON) -> JSON {
        var copy = version
        var components = version["Components"].array ?? []
        if let at = components.firstIndex(where: { $0["Name"].string == "Engine" }) {
            components[at]["Details"]["BuildTime"] = .string(
                readable(components[at]["Details", "BuildTime"].string ?? ""))
        } else {
            var details: JSON = [:]
            for name in ["ApiVersion", "MinAPIVersion", "GitCommit", "GoVersion", "Os", "Arch"] {
                details[name] = .string(version[name].string ?? "")
            }
            details["BuildTime"] = .string(readable(version["BuildTime"].string ?? ""))
            details["Experimental"] = .string(Shown.yesNo(version["Experimental"].bool ?? false))
            components.append([
                "Name": "Engine", "Version": .string(version["Version"].string ?? ""), "Details": details,
            ])
        }
        copy["Components"] = .array(components)
        return copy
    }

    private static func readable(_ time: String) -> String { Timestamp(rfc3339: time)?.ansiC ?? time }

    static func text(client: JSON, server: JSON) -> String {
        var table = TabWriter(minimumWidth: 20, padding: 1)
        func line(_ indent: String, _ name: String, _ value: String) { table.write("\(indent)\(name):\t\(value)\n") }
        func value(_ name: String) -> String { client[name].string ?? "" }
        table.write("Client:\n")
        line(" ", "Version", value("Version"))
        let isOlder = value("ApiVersion") != value("DefaultAPIVersion")
        line(
            " ", "API version",
            value("ApiVersion") + (isOlder ? " (downgraded from \(value("DefaultAPIVersion")))" : ""))
        line(" ", "Go version", value("GoVersion"))
        line(" ", "Git commit", value("GitCommit"))
        line(" ", "Built", value("BuildTime"))
        line(" ", "OS/Arch", "\(value("Os"))/\(value("Arch"))")
        line(" ", "Context", value("Context"))
        guard !server.isNull else { return table.flush() }
        let platform = server["Platform", "Name"].string ?? ""
        table.write("\nServer:" + (platform.isEmpty ? "" : " \(platform)") + "\n")
        for component in server["Components"].array ?? [] {
            table.write(" \(component["Name"].string ?? ""):\n")
            let details = component["Details"]
            func detail(_ name: String) -> String { details[name].string ?? "" }
            line("  ", "Version", component["Version"].string ?? "")
            guard component["Name"].string == "Engine" else {
                for name in details.object?.names.sorted() ?? [] { line("  ", name, detail(name)) }
                continue
            }
            line("  ", "API version", "\(detail("ApiVersion")) (minimum version \(detail("MinAPIVersion")))")
            line("  ", "Go version", detail("GoVersion"))
            line("  ", "Git commit", detail("GitCommit"))
            line("  ", "Built", detail("BuildTime"))
            line("  ", "OS/Arch", "\(detail("Os"))/\(detail("Arch"))")
            line("  ", "Experimental", detail("Experimental"))
        }
        return table.flush()
    }
}
