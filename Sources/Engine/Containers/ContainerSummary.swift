import ContainerNetwork
import JSON

/// Engine API, ContainerSummary, and the parts of it that `inspect` shows, too.
enum ContainerSummary {
    /// `linkNames` are those under which other containers have links to it: `/web/db`.
    static func json(_ record: ContainerRecord, now: Int64, linkNames: [String] = []) -> JSON {
        var host: JSON = ["NetworkMode": .string(record.networkMode)]
        if record.hostConfig["Annotations"].object != nil { host["Annotations"] = record.hostConfig["Annotations"] }
        return [
            "Id": .string(record.id), "Names": JSON(["/" + record.name] + linkNames), "Image": record.config["Image"],
            "ImageID": .string(record.imageID), "Command": .string(record.commandLine),
            "Created": .int(record.created / 1_000_000_000), "Ports": .array(ports(record)),
            "Labels": record.config["Labels"].object == nil ? [:] : record.config["Labels"],
            "State": .string(record.state.status.rawValue),
            "Status": .string(StatusWords.describe(record, now: now)), "HostConfig": host,
            "NetworkSettings": ["Networks": networks(record)], "Mounts": .array(record.mounts.map(mount)),
        ]
    }

    /// Engine API, PortSummary: published ports with their host side, others that are exposed without.
    static func ports(_ record: ContainerRecord) -> [JSON] {
        guard record.state.isRunning else { return [] }
        let taken = record.endpoints.flatMap { $0.state?.ports ?? [] }
        var result: [(PortForm.Port, JSON)] = []
        for port in taken {
            for address in addresses(port.hostIP) {
                result.append(
                    (
                        PortForm.Port(number: port.containerPort, transport: port.transport),
                        [
                            "IP": .string(address), "PrivatePort": JSON(port.containerPort),
                            "PublicPort": JSON(port.hostPort), "Type": .string(port.transport.rawValue),
                        ]
                    ))
            }
        }
        let published = Set(result.map(\.0))
        for name in record.config["ExposedPorts"].object?.names ?? [] {
            guard let port = try? PortForm.port(name), !published.contains(port) else { continue }
            result.append((port, ["PrivatePort": JSON(port.number), "Type": .string(port.transport.rawValue)]))
        }
        return result.enumerated().sorted { ($0.element.0, $0.offset) < ($1.element.0, $1.offset) }.map(\.element.1)
    }

    /// A port published without an address is there on all of both families.
    static func addresses(_ hostIP: String) -> [String] { hostIP.isEmpty ? ["0.0.0.0", "::"] : [hostIP] }

    /// Engine API, PortMap: `{"80/tcp":[{"HostIp":…,"HostPort":…}]}`, null for ports that are exposed only.
    static func portMap(_ record: ContainerRecord) -> JSON {
        guard record.state.isRunning else { return [:] }
        var result = JSONObject()
        for name in record.config["ExposedPorts"].object?.names ?? [] { result[name] = .null }
        for port in record.endpoints.flatMap({ $0.state?.ports ?? [] }) {
            let name = "\(port.containerPort)/\(port.transport.rawValue)"
            var list = result[name]?.array ?? []
            for address in addresses(port.hostIP) {
                list.append(["HostIp": .string(address), "HostPort": .string("\(port.hostPort)")])
            }
            result[name] = .array(list)
        }
        return .object(result.sortedByKey())
    }

    /// Engine API, EndpointSettings by network name.
    static func networks(_ record: ContainerRecord) -> JSON {
        var result = JSONObject()
        for endpoint in record.endpoints { result[endpoint.network] = endpoint.json(record) }
        return .object(result)
    }

    /// Engine API, MountPoint.
    static func mount(_ point: ContainerRecord.MountPoint) -> JSON {
        var json: JSON = ["Type": .string(point.kind.rawValue)]
        if point.kind == .volume || point.kind == .image { json["Name"] = .string(point.name) }
        json["Source"] = .string(point.source)
        json["Destination"] = .string(point.destination)
        if point.kind == .volume { json["Driver"] = .string(point.driver) }
        json["Mode"] = .string(point.mode)
        json["RW"] = .bool(point.isWritable)
        json["Propagation"] = .string(point.propagation)
        return json
    }
}

extension ContainerRecord {
    var arguments: [String] { config["Entrypoint"].strings + config["Cmd"].strings }

    /// As `docker ps` shows it: arguments with white space are put in single quotes.
    var commandLine: String {
        arguments.map { argument in argument.contains(" ") ? "'\(argument)'" : argument }.joined(separator: " ")
    }
}

extension ContainerRecord.Endpoint {
    func json(_ record: ContainerRecord) -> JSON {
        let state = state ?? EndpointState()
        let isUserDefined = !["bridge", "host", "none"].contains(network)
        let aliases = settings["Aliases"].strings
        return [
            "IPAMConfig": settings["IPAMConfig"].object == nil ? .null : settings["IPAMConfig"],
            "Links": settings["Links"].array == nil ? .null : settings["Links"],
            "Aliases": aliases.isEmpty ? .null : JSON(aliases),
            "MacAddress": .string(state.macAddress), "DriverOpts": .null, "GwPriority": 0,
            "NetworkID": .string(state.networkID), "EndpointID": .string(state.endpointID),
            "Gateway": .string(state.gateway), "IPAddress": .string(state.ipAddress),
            "IPPrefixLen": JSON(state.prefixLength), "IPv6Gateway": .string(state.ipv6Gateway),
            "GlobalIPv6Address": .string(state.ipv6Address), "GlobalIPv6PrefixLen": JSON(state.ipv6PrefixLength),
            "DNSNames": isUserDefined ? JSON([record.name] + aliases + [record.shortID]) : .null,
        ]
    }
}
