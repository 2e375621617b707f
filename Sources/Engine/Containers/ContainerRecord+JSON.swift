import ContainerNetwork
import Fault
import JSON

// The stored form of a record. Written whole at each change; unknown members of `config` and `hostConfig` survive.
extension ContainerRecord {
    package var stored: JSON {
        var json: JSON = [
            "id": .string(id), "name": .string(name), "created": .int(created), "image": .string(imageID),
            "platform": .string(platform), "config": config, "hostConfig": hostConfig,
            "endpoints": .array(endpoints.map(\.stored)), "mounts": .array(mounts.map(\.stored)),
            "state": state.stored, "restartCount": JSON(restartCount),
            "wasStopped": .bool(wasStopped), "shouldRun": .bool(shouldRun),
        ]
        if let health { json["health"] = health.stored }
        if !links.isEmpty { json["links"] = JSON(links.map { "\($0.target):\($0.alias)" }) }
        return json
    }

    package init(stored json: JSON) throws(Fault) {
        guard let id = json["id"].string, let name = json["name"].string, let created = json["created"].int else {
            throw Fault(.internalFault, "a stored container has no id, name or time")
        }
        self.id = id
        self.name = name
        self.created = Int64(created)
        imageID = json["image"].string ?? ""
        platform = json["platform"].string ?? "linux"
        config = json["config"]
        hostConfig = json["hostConfig"]
        endpoints = (json["endpoints"].array ?? []).map(Endpoint.init(stored:))
        mounts = (json["mounts"].array ?? []).compactMap(MountPoint.init(stored:))
        state = ContainerState(stored: json["state"])
        health = json["health"].object == nil ? nil : HealthState(stored: json["health"])
        links = json["links"].strings.compactMap { text in
            text.firstIndex(of: ":").map {
                ContainerLink(target: String(text[..<$0]), alias: String(text[text.index(after: $0)...]))
            }
        }
        restartCount = json["restartCount"].int ?? 0
        wasStopped = json["wasStopped"].bool ?? false
        shouldRun = json["shouldRun"].bool ?? false
    }
}

extension ContainerRecord.Endpoint {
    var stored: JSON {
        var json: JSON = ["network": .string(network), "settings": settings]
        if let state { json["state"] = state.stored }
        return json
    }

    init(stored json: JSON) {
        self.init(
            network: json["network"].string ?? "", settings: json["settings"],
            state: json["state"].object == nil ? nil : EndpointState(stored: json["state"]))
    }
}

extension EndpointState {
    var stored: JSON {
        [
            "network": .string(networkID), "endpoint": .string(endpointID), "gateway": .string(gateway),
            "address": .string(ipAddress), "prefix": JSON(prefixLength), "gateway6": .string(ipv6Gateway),
            "address6": .string(ipv6Address), "prefix6": JSON(ipv6PrefixLength), "mac": .string(macAddress),
            "ports": .array(
                ports.map {
                    [
                        "hostIP": .string($0.hostIP), "hostPort": JSON($0.hostPort), "port": JSON($0.containerPort),
                        "transport": .string($0.transport.rawValue),
                    ]
                }),
        ]
    }

    init(stored json: JSON) {
        self.init()
        networkID = json["network"].string ?? ""
        endpointID = json["endpoint"].string ?? ""
        gateway = json["gateway"].string ?? ""
        ipAddress = json["address"].string ?? ""
        prefixLength = json["prefix"].int ?? 0
        ipv6Gateway = json["gateway6"].string ?? ""
        ipv6Address = json["address6"].string ?? ""
        ipv6PrefixLength = json["prefix6"].int ?? 0
        macAddress = json["mac"].string ?? ""
        ports = (json["ports"].array ?? []).compactMap { port in
            guard let hostPort = UInt16(exactly: port["hostPort"].int ?? -1),
                let containerPort = UInt16(exactly: port["port"].int ?? -1),
                let transport = PortBinding.Transport(rawValue: port["transport"].string ?? "")
            else { return nil }
            return PortBinding(
                hostIP: port["hostIP"].string ?? "", hostPort: hostPort, containerPort: containerPort,
                transport: transport)
        }
    }
}

extension ContainerRecord.MountPoint {
    var stored: JSON {
        [
            "kind": .string(kind.rawValue), "name": .string(name), "source": .string(source),
            "destination": .string(destination), "driver": .string(driver), "mode": .string(mode),
            "writable": .bool(isWritable), "propagation": .string(propagation), "anonymous": .bool(isAnonymous),
            "copy": .bool(copiesUp), "subpath": .string(subpath), "options": options,
        ]
    }

    init?(stored json: JSON) {
        guard let kind = Kind(rawValue: json["kind"].string ?? ""), let destination = json["destination"].string else {
            return nil
        }
        self.init(kind: kind, destination: destination)
        name = json["name"].string ?? ""
        source = json["source"].string ?? ""
        driver = json["driver"].string ?? ""
        mode = json["mode"].string ?? ""
        isWritable = json["writable"].bool ?? true
        propagation = json["propagation"].string ?? ""
        isAnonymous = json["anonymous"].bool ?? false
        copiesUp = json["copy"].bool ?? false
        subpath = json["subpath"].string ?? ""
        options = json["options"]
    }
}

extension ContainerState {
    var stored: JSON {
        var json: JSON = [
            "status": .string(status.rawValue), "pid": JSON(pid), "exitCode": JSON(exitCode), "error": .string(error),
            "oomKilled": .bool(oomKilled),
        ]
        if let startedAt { json["startedAt"] = .int(startedAt) }
        if let finishedAt { json["finishedAt"] = .int(finishedAt) }
        return json
    }

    init(stored json: JSON) {
        status = Status(rawValue: json["status"].string ?? "") ?? .created
        pid = Int32(truncatingIfNeeded: json["pid"].int ?? 0)
        exitCode = Int32(truncatingIfNeeded: json["exitCode"].int ?? 0)
        error = json["error"].string ?? ""
        oomKilled = json["oomKilled"].bool ?? false
        startedAt = json["startedAt"].int.map(Int64.init)
        finishedAt = json["finishedAt"].int.map(Int64.init)
    }
}

extension HealthState {
    var stored: JSON {
        [
            "status": .string(status.rawValue), "streak": JSON(failingStreak),
            "log": .array(
                log.map {
                    [
                        "start": .int($0.start), "end": .int($0.end), "code": JSON($0.exitCode),
                        "output": .string($0.output),
                    ]
                }),
        ]
    }

    init(stored json: JSON) {
        status = Status(rawValue: json["status"].string ?? "") ?? .starting
        failingStreak = json["streak"].int ?? 0
        log = (json["log"].array ?? []).map {
            Probe(
                start: Int64($0["start"].int ?? 0), end: Int64($0["end"].int ?? 0),
                exitCode: Int32(truncatingIfNeeded: $0["code"].int ?? 0), output: $0["output"].string ?? "")
        }
    }
}

extension Engine {
    /// Makes the container's record durable as it is now.
    package func save(_ container: Container) async throws {
        // Work that queued up behind a removal must not bring the record back.
        guard !container.isRemoved else { throw Fault(.notFound, "No such container: \(container.id)") }
        try await store.write(.put(.container, container.id, container.record.stored))
    }
}
