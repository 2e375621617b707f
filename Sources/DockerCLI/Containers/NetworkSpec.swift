import CommandLine
import JSON

/// `--network`: a name or mode, or `name=…,alias=…,ip=…`.
struct NetworkSpec: Sendable, Equatable {
    var target = ""
    var aliases: [String] = []
    var links: [String] = []
    var driverOptions: [String: String] = [:]
    var ip = "", ip6 = "", linkLocalIPs: [String] = []
    var macAddress = ""
    var gatewayPriority = 0

    init(target: String) { self.target = target }

    init(parsing text: String) throws {
        guard text.contains("=") else {
            target = text
            return
        }
        for field in CommaFields.split(text) {
            guard let (name, value) = field.cut("="), !name.isEmpty else {
                throw FlagValueError("invalid field \(field)")
            }
            switch name.trimmed.lowercased() {
            case "name": target = value
            case "alias": aliases.append(value)
            case "ip": ip = value
            case "ip6": ip6 = value
            case "mac-address":
                guard CreateValue.isMACAddress(value) else {
                    throw FlagValueError("\(value) is not a valid mac address")
                }
                macAddress = value
            case "link-local-ip": linkLocalIPs.append(value)
            case "driver-opt":
                guard let (key, option) = value.cut("=") else {
                    throw FlagValueError("invalid key value pair format in driver options")
                }
                driverOptions[key] = option
            case "gw-priority":
                guard let priority = Int(value) else { throw FlagValueError("invalid gw-priority: \(value)") }
                gatewayPriority = priority
            default: throw FlagValueError("invalid field key \(name)")
            }
        }
        guard !target.isEmpty else { throw FlagValueError("network name/id is not specified") }
    }

    /// A network that someone made, rather than a mode that Docker knows.
    static func isUserDefined(_ name: String) -> Bool {
        !["default", "bridge", "host", "none", "nat"].contains(name) && !name.hasPrefix("container:")
    }

    /// The endpoint's settings as the API takes them, with every field present.
    var endpoint: JSON {
        var ipam = JSON.null
        if !ip.isEmpty || !ip6.isEmpty || !linkLocalIPs.isEmpty {
            ipam = [:]
            if !ip.isEmpty { ipam["IPv4Address"] = .string(ip) }
            if !ip6.isEmpty { ipam["IPv6Address"] = .string(ip6) }
            if !linkLocalIPs.isEmpty { ipam["LinkLocalIPs"] = JSON(linkLocalIPs) }
        }
        return [
            "IPAMConfig": ipam, "Links": links.isEmpty ? .null : JSON(links),
            "Aliases": aliases.isEmpty ? .null : JSON(aliases), "MacAddress": .string(macAddress),
            "DriverOpts": driverOptions.isEmpty ? .null : JSON(driverOptions), "GwPriority": JSON(gatewayPriority),
            "NetworkID": "", "EndpointID": "", "Gateway": "", "IPAddress": "", "IPPrefixLen": 0, "IPv6Gateway": "",
            "GlobalIPv6Address": "", "GlobalIPv6PrefixLen": 0, "DNSNames": nil,
        ]
    }

    var hasSettings: Bool {
        var bare = NetworkSpec(target: target)
        bare.target = target
        return self != bare
    }
}
