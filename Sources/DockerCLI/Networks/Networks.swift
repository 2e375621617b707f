import NIOHTTP1
import CommandLine
import DockerModel
import JSON

extension CommandTree {
    static func network() -> DockerCommand {
        DockerCommand(
            "network", "Manage networks",
            subcommands: [
                connectNetwork(), createNetwork(), disconnectNetwork(), inspectNetworks(), listNetworks(),
                pruneNetworks(),
                removeNetworks(),
            ])
    }

    private static func inspectNetworks() -> DockerCommand {
        DockerCommand(
            "inspect", "Display detailed information on one or more networks", usage: "[OPTIONS] NETWORK [NETWORK...]",
            count: .atLeast(1), options: InspectOptions(),
            flags: [.inspectFormat, .toggle("verbose", short: "v", \.verbose, "Show more, for finding faults")],
            completes: .networks
        ) { options, parsed, session in
            try await Inspection(session: session, format: options.format).run(parsed.arguments) { name in
                try await InspectedObject.network.find(name, options, session)
            }
        }
    }

    private static func removeNetworks() -> DockerCommand {
        DockerCommand(
            "rm", aliases: ["remove"], "Remove one or more networks", usage: "NETWORK [NETWORK...]",
            spellings: ["docker network rm", "docker network remove"], count: .atLeast(1), options: RemoveOptions(),
            flags: [.toggle("force", short: "f", \.force, "Don't complain about networks that aren't there")],
            completes: .networks
        ) { options, parsed, session in
            var isFailed = false
            for name in parsed.arguments {
                do {
                    _ = try await session.client.json(.DELETE, "/networks/\(PercentEncoding.path(name))")
                    session.out.line(name)
                } catch let error as DaemonError where options.force && error.isNotFound {
                    continue
                } catch {
                    session.err.line("\(error)")
                    isFailed = true
                }
            }
            if isFailed { throw Failure("exit status 1") }
            return 0
        }
    }

    private static func disconnectNetwork() -> DockerCommand {
        DockerCommand(
            "disconnect", "Disconnect a container from a network", usage: "[OPTIONS] NETWORK CONTAINER",
            count: .exactly(2),
            options: RemoveOptions(), flags: [.toggle("force", short: "f", \.force, "Disconnect in any case")],
            completes: .networks
        ) { options, parsed, session in
            _ = try await session.client.post(
                "/networks/\(PercentEncoding.path(parsed.arguments[0]))/disconnect",
                body: ["Container": .string(parsed.arguments[1]), "Force": .bool(options.force)])
            return 0
        }
    }
}
