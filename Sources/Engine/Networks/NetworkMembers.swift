import ContainerNetwork
import Fault
import JSON

// Joining a container to a network, and taking it off, apart from its start and stop.
extension Engine {
    package func connectNetwork(_ ref: String, body: JSON) async throws {
        let document = try await network.inspect(ref)
        let container = try container(body["Container"].string ?? "")
        let settings = body["EndpointConfig"].object == nil ? [:] : body["EndpointConfig"]
        try await inLane(container.id) { try await self.join(container, document, settings) }
    }

    private func join(_ container: Container, _ document: JSON, _ settings: JSON) async throws {
        let record = container.record
        let name = document["Name"].string ?? "", id = document["Id"].string ?? ""
        try Self.checkJoin(record, document)
        // Of one that doesn't run it is only noted how it will join.
        if record.state.isRunning, record.endpoints.contains(where: { Self.isOn($0, document) }) {
            throw Fault(.denied, "endpoint with name \(record.name) already exists in network \(name)")
        }
        var endpoint = ContainerRecord.Endpoint(network: name, settings: settings)
        if record.state.isRunning {
            endpoint.state = try await attach(
                record, endpoint, to: id, pid: record.state.pid, ports: portsOfJoin(record))
        }
        let joined = endpoint
        container.change { record in
            // "none" gives way to the first real network.
            record.endpoints.removeAll { $0.network == "none" }
            if let at = record.endpoints.firstIndex(where: { Self.isOn($0, document) }) {
                record.endpoints[at] = joined
            } else {
                record.endpoints.append(joined)
            }
        }
        try await save(container)
        if record.state.isRunning {
            try writeHostFiles(container.record)
            try await settleNames(container.record, pid: record.state.pid)
            await refreshLinks(of: container.record)
        }
        publish(
            .network, "connect", actor: id,
            attributes: ["container": record.id, "name": name, "type": document["Driver"].string ?? ""])
    }

    private static func isOn(_ endpoint: ContainerRecord.Endpoint, _ document: JSON) -> Bool {
        endpoint.network == document["Name"].string || endpoint.network == document["Id"].string
            || endpoint.state?.networkID == document["Id"].string
    }

    private static func checkJoin(_ record: ContainerRecord, _ document: JSON) throws(Fault) {
        let mode = record.networkMode
        if mode == "host" || mode.hasPrefix("container:") {
            throw Fault(
                .denied,
                "container sharing network namespace with another container or host cannot be connected to any other network"
            )
        }
        if document["Driver"].string == "host" {
            throw Fault(
                .denied, "cannot connect container to host network - container must be created in host network mode")
        }
        if document["Driver"].string == "null" {
            throw Fault(
                .denied,
                "container cannot be connected to multiple networks with one of the networks in private (none) mode")
        }
    }

    package func disconnectNetwork(_ ref: String, body: JSON) async throws {
        let document = try await network.inspect(ref)
        let isForced = body["Force"].bool ?? false
        let wanted = body["Container"].string ?? ""
        guard let container = try? container(wanted) else {
            // A forced removal also takes off what no container answers for any more.
            guard isForced,
                let stray = document["Containers"].object?.first(where: {
                    $0.value["Name"].string == wanted || $0.key == wanted
                })
            else { throw Fault(.notFound, "No such container: \(wanted)") }
            return try await network.detach(stray.key, network: ref)
        }
        try await inLane(container.id) { try await self.leave(container, document) }
    }

    private func leave(_ container: Container, _ document: JSON) async throws {
        let record = container.record
        let name = document["Name"].string ?? "", id = document["Id"].string ?? ""
        if record.networkMode == "host" {
            throw Fault(.denied, "container cannot be disconnected from host network or connected to host network")
        }
        guard record.endpoints.contains(where: { Self.isOn($0, document) }) else {
            throw Fault(.denied, "container \(record.id) is not connected to network \(name)")
        }
        if record.state.isRunning {
            try await network.disconnect(
                record.id, namespacePath: "/proc/\(record.state.pid)/ns/net", network: id)
        }
        container.change { record in record.endpoints.removeAll { Self.isOn($0, document) } }
        try await save(container)
        if record.state.isRunning {
            try writeHostFiles(container.record)
            try await settleNames(container.record, pid: record.state.pid)
            await refreshLinks(of: record)
        }
        publish(
            .network, "disconnect", actor: id,
            attributes: ["container": record.id, "name": name, "type": document["Driver"].string ?? ""])
    }
}
