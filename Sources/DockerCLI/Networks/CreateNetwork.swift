import CommandLine
import Glibc
import JSON

struct CreateNetworkOptions: Sendable {
    var attachable = false, auxiliary: [String] = [], configFrom = "", configOnly = false, driver = "bridge"
    var gateways: [String] = [], ingress = false, isInternal = false, ranges: [String] = [], ipamDriver = "default"
    var ipamOptions: [String] = [], ipv4: Bool?, ipv6: Bool?, labels: [String] = [], options: [String] = [], scope = ""
    var subnets: [String] = []
}

extension CommandTree {
    static func createNetwork() -> DockerCommand {
        DockerCommand(
            "create", "Create a network", usage: "[OPTIONS] NETWORK", count: .exactly(1),
            options: CreateNetworkOptions(),
            flags: [
                .toggle("attachable", \.attachable, "Let containers be attached by hand"),
                .list(
                    "aux-address", \.auxiliary, value: "map", default: "map[]",
                    "IPv4 or IPv6 address that the driver uses"),
                .text("config-from", \.configFrom, "Network whose configuration to copy"),
                .toggle("config-only", \.configOnly, "Create the configuration alone"),
                .text("driver", short: "d", \.driver, default: "bridge", "Driver of the network"),
                .commaList("gateway", \.gateways, "Gateway of the subnet, IPv4 or IPv6"),
                .toggle("ingress", \.ingress, "Create the routing mesh of a swarm"),
                .toggle("internal", \.isInternal, "Keep the network from the outside"),
                .commaList("ip-range", \.ranges, "Part of the subnet that containers get addresses from"),
                .text("ipam-driver", \.ipamDriver, default: "default", "Driver of the address management"),
                .list(
                    "ipam-opt", \.ipamOptions, value: "map", default: "map[]",
                    "Option of the address management's driver"),
                .optionalToggle("ipv4", \.ipv4, "Turn IPv4 addresses on or off"),
                .optionalToggle("ipv6", \.ipv6, "Turn IPv6 addresses on or off"),
                .list("label", \.labels, "Label of the network", check: CreateValue.label),
                .list("opt", short: "o", \.options, value: "map", default: "map[]", "Option of the driver"),
                .text("scope", \.scope, "Reach of the network"),
                .commaList("subnet", \.subnets, "Subnet in CIDR form"),
            ]
        ) { options, parsed, session in
            var body: JSON = ["Driver": .string(options.driver), "Scope": .string(options.scope)]
            if let ipv4 = options.ipv4 { body["EnableIPv4"] = .bool(ipv4) }
            if let ipv6 = options.ipv6 { body["EnableIPv6"] = .bool(ipv6) }
            body["IPAM"] = [
                "Driver": .string(options.ipamDriver), "Options": JSON(KeyValueFile.map(options.ipamOptions)),
                "Config": try AddressPlan(options).json,
            ]
            body["Internal"] = .bool(options.isInternal)
            body["Attachable"] = .bool(options.attachable)
            body["Ingress"] = .bool(options.ingress)
            body["ConfigOnly"] = .bool(options.configOnly)
            body["ConfigFrom"] = options.configFrom.isEmpty ? .null : ["Network": .string(options.configFrom)]
            body["Options"] = JSON(KeyValueFile.map(options.options))
            body["Labels"] = JSON(KeyValueFile.map(options.labels))
            body["Name"] = .string(parsed.arguments[0])
            let answer = try await session.client.post("/networks/create", body: body)
            let warning = answer["Warning"].string ?? ""
            if !warning.isEmpty { session.err.line("WARNING: \(warning)") }
            session.out.line(answer["Id"].string ?? "")
            return 0
        }
    }
}

/// Puts gateways, ranges and further addresses to the subnets that hold them.
struct AddressPlan {
    private(set) var json: JSON

    init(_ options: CreateNetworkOptions) throws {
        guard options.subnets.count >= options.ranges.count, options.subnets.count >= options.gateways.count else {
            throw Failure("every ip-range or gateway must have a corresponding subnet")
        }
        // What isn't a subnet is the daemon's to refuse.
        var configs: [(subnet: Subnet?, json: JSON)] = []
        for text in options.subnets {
            let subnet = Subnet(text)
            let others = configs.compactMap(\.subnet)
            if let subnet, others.contains(where: { $0.contains(subnet.address) || subnet.contains($0.address) }) {
                throw Failure("multiple overlapping subnet configuration is not supported")
            }
            configs.append((subnet, ["Subnet": .string(text)]))
        }
        func place(_ field: String, _ text: String, _ what: String) throws {
            let address = Subnet(text)?.address ?? Subnet.bytes(text)
            guard let address, let at = configs.firstIndex(where: { $0.subnet?.contains(address) == true }) else {
                throw Failure("no matching subnet for \(what) \(text)")
            }
            guard configs[at].json[field].isNull else {
                throw Failure(
                    "cannot configure multiple \(what == "range" ? "ranges" : "gateways") (\(text), \(configs[at].json[field].string ?? "")) on the same subnet (\(configs[at].json["Subnet"].string ?? ""))"
                )
            }
            configs[at].json[field] = .string(text)
        }
        for range in options.ranges { try place("IPRange", range, "range") }
        for gateway in options.gateways { try place("Gateway", gateway, "gateway") }
        for (name, text) in KeyValueFile.map(options.auxiliary).sorted(by: { $0.key < $1.key }) {
            guard let address = Subnet.bytes(text),
                let at = configs.firstIndex(where: { $0.subnet?.contains(address) == true })
            else {
                throw Failure("no matching subnet for aux-address \(text)")
            }
            configs[at].json["AuxiliaryAddresses"][name] = .string(text)
        }
        json = .array(configs.map(\.json))
    }
}

/// `10.1.0.0/16` or `fd00::/64`.
struct Subnet {
    let address: [UInt8]
    let bits: Int

    init?(_ text: String) {
        guard let (address, bits) = text.cut("/"), let bytes = Self.bytes(address), let count = Int(bits),
            (0...bytes.count * 8).contains(count)
        else { return nil }
        self.address = bytes
        self.bits = count
    }

    static func bytes(_ text: String) -> [UInt8]? {
        var four = [UInt8](repeating: 0, count: 4), sixteen = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &four) == 1 { return four }
        return inet_pton(AF_INET6, text, &sixteen) == 1 ? sixteen : nil
    }

    func contains(_ other: [UInt8]) -> Bool {
        guard other.count == address.count else { return false }
        return (0..<bits).allSatisfy { bit in
            let mask = UInt8(0x80) >> UInt8(bit % 8)
            return address[bit / 8] & mask == other[bit / 8] & mask
        }
    }
}
