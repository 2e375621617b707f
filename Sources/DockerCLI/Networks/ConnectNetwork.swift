import CommandLine
import JSON

struct ConnectNetworkOptions: Sendable {
    var aliases: [String] = [], driverOptions: [String] = [], gatewayPriority = 0, ip = "", ip6 = "",
        links: [String] = []
    var linkLocalIPs: [String] = []
}

extension CommandTree {
    static func connectNetwork() -> DockerCommand {
        DockerCommand(
            "connect", "Connect a container to a network", usage: "[OPTIONS] NETWORK CONTAINER", count: .exactly(2),
            options: ConnectNetworkOptions(),
            flags: [
                .commaList("alias", \.aliases, "Further name of the container on the network"),
                .commaList("driver-opt", \.driverOptions, "Option of the network's driver"),
                .int(
                    "gw-priority", \.gatewayPriority,
                    "The network with the highest priority gives the container its default gateway"),
                .text("ip", \.ip, "IPv4 address (e.g., \"172.30.100.104\")"),
                .text("ip6", \.ip6, "IPv6 address (e.g., \"2001:db8::33\")"),
                .list("link", \.links, "Container to link to", check: CreateValue.link),
                .commaList("link-local-ip", \.linkLocalIPs, "Link-local address of the container"),
            ], completes: .networks
        ) { options, parsed, session in
            var ipam: JSON = [:]
            if !options.ip.isEmpty { ipam["IPv4Address"] = .string(options.ip) }
            if !options.ip6.isEmpty { ipam["IPv6Address"] = .string(options.ip6) }
            if !options.linkLocalIPs.isEmpty { ipam["LinkLocalIPs"] = JSON(options.linkLocalIPs) }
            var network = NetworkSpec(target: parsed.arguments[0])
            network.links = options.links
            network.gatewayPriority = options.gatewayPriority
            var endpoint = network.endpoint
            endpoint["IPAMConfig"] = ipam
            endpoint["Aliases"] = JSON(options.aliases)
            endpoint["DriverOpts"] = JSON(KeyValueFile.map(options.driverOptions))
            _ = try await session.client.post(
                "/networks/\(PercentEncoding.path(parsed.arguments[0]))/connect",
                body: ["Container": .string(parsed.arguments[1]), "EndpointConfig": endpoint])
            return 0
        }
    }
}
