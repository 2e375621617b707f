import ContainerNetwork
import DockerModel
import Fault
import ImageStore
import JSON

extension Engine {
    /// Engine API, ContainerInspectResponse, with every member that dockerd prints.
    package func inspectContainer(_ ref: String, size: Bool) async throws -> JSON {
        let container = try container(ref)
        let record = container.record
        let folder = fileFolder(record)
        let hasFiles = !record.networkMode.isEmpty
        var json: JSON = [
            "Id": .string(record.id), "Created": .string(rfc3339(record.created)),
            "Path": .string(record.arguments.first ?? ""), "Args": JSON(Array(record.arguments.dropFirst())),
            "State": state(record), "Image": .string(record.imageID),
            "ResolvConfPath": .string(hasFiles ? folder + "/resolv.conf" : ""),
            "HostnamePath": .string(hasFiles ? folder + "/hostname" : ""),
            "HostsPath": .string(hasFiles ? folder + "/hosts" : ""),
            "LogPath": .string(record.hostConfig["LogConfig"]["Type"].string == "json-file" ? logPath(record) : ""),
            "Name": .string("/" + record.name), "RestartCount": JSON(record.restartCount), "Driver": "overlay2",
            "Platform": .string(record.platform), "MountLabel": "", "ProcessLabel": "", "AppArmorProfile": "",
        ]
        let running = runningExecs(of: record.id)
        json["ExecIDs"] = running.isEmpty ? .null : JSON(running)
        json["HostConfig"] = record.hostConfig
        json["HostConfig"]["Links"] = shownLinks(record)
        json["GraphDriver"] = await graphDriver(record)
        if size {
            json["SizeRw"] = .int(try await writableSize(record.id))
            json["SizeRootFs"] = .int(try await rootSize(record))
        }
        json["Mounts"] = .array(record.mounts.map(ContainerSummary.mount))
        json["Config"] = record.config
        json["NetworkSettings"] = networkSettings(record)
        return json
    }

    private func state(_ record: ContainerRecord) -> JSON {
        var json = record.state.json
        if let health = record.health { json["Health"] = health.json }
        return json
    }

    private func graphDriver(_ record: ContainerRecord) async -> JSON {
        guard let snapshot = try? await images.snapshot(record.id) else { return ["Name": "overlay2", "Data": .null] }
        var data: JSON = ["ID": .string(record.id)]
        if !snapshot.lowers.isEmpty { data["LowerDir"] = .string(snapshot.lowers.joined(separator: ":")) }
        data["MergedDir"] = .string(snapshot.merged)
        data["UpperDir"] = .string(snapshot.upper)
        data["WorkDir"] = .string(snapshot.work)
        return ["Data": data, "Name": "overlay2"]
    }

    private func networkSettings(_ record: ContainerRecord) -> JSON {
        let isAttached = record.state.isRunning && !record.networkMode.hasPrefix("container:")
        // The members of old clients: those of the default bridge only.
        let bridge = record.endpoints.first { $0.network == "bridge" }?.state ?? EndpointState()
        return [
            "Bridge": "", "SandboxID": .string(isAttached ? record.id : ""),
            "SandboxKey": .string(isAttached ? "/proc/\(record.state.pid)/ns/net" : ""),
            "Ports": ContainerSummary.portMap(record), "HairpinMode": false, "LinkLocalIPv6Address": "",
            "LinkLocalIPv6PrefixLen": 0, "SecondaryIPAddresses": .null, "SecondaryIPv6Addresses": .null,
            "EndpointID": .string(bridge.endpointID), "Gateway": .string(bridge.gateway),
            "GlobalIPv6Address": .string(bridge.ipv6Address), "GlobalIPv6PrefixLen": JSON(bridge.ipv6PrefixLength),
            "IPAddress": .string(bridge.ipAddress), "IPPrefixLen": JSON(bridge.prefixLength),
            "IPv6Gateway": .string(bridge.ipv6Gateway), "MacAddress": .string(bridge.macAddress),
            "Networks": ContainerSummary.networks(record),
        ]
    }
}
