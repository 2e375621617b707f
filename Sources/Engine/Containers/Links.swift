import Fault
import JSON
import ContainerNetwork

/// Docker's legacy links: on the default bridge a container knows others by an alias, through its hosts file and
/// through variables that tell where the other's exposed ports are. On networks of the user's a link is a name only.
struct ContainerLink: Sendable, Equatable {
    /// The other container's ID.
    var target: String
    var alias: String

    /// `NAME`, `NAME:ALIAS`, or as `inspect` shows it: `/NAME:/OWNER/ALIAS`. Throws Docker's words.
    static func parse(_ text: String) throws(Fault) -> (name: String, alias: String) {
        guard !text.isEmpty else { throw Fault(.invalid, "empty string specified for links") }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 2 else { throw Fault(.invalid, "bad format for links: \(text)") }
        let alias = parts[parts.count - 1]
        guard parts.count == 2, parts[0].hasPrefix("/") else { return (parts[0], alias) }
        return (String(parts[0].dropFirst()), alias.split(separator: "/").last.map(String.init) ?? alias)
    }

    /// `ALIAS_PORT_80_TCP_ADDR` and the like; `owner` is the name of the container that gets them.
    func variables(of target: ContainerRecord, address: String, owner: String) -> [String] {
        let prefix = alias.uppercased().replacing("-", with: "_")
        let ports = (target.config["ExposedPorts"].object?.names ?? []).compactMap { try? PortForm.port($0) }
        var result = LinkedPorts(ports).variables(prefix, address: address)
        result.append("\(prefix)_NAME=/\(owner)/\(alias)")
        for entry in target.config["Env"].strings where entry.contains("=") {
            let name = entry.prefix { $0 != "=" }
            if name != "HOME", name != "PATH" { result.append("\(prefix)_ENV_\(entry)") }
        }
        return result
    }
}

/// Ports as a link's variables tell them: TCP first, then by number; neighbouring numbers are told as a range, too.
struct LinkedPorts {
    private let ports: [PortForm.Port]

    init(_ ports: [PortForm.Port]) {
        func rank(_ port: PortForm.Port) -> (Int, String, UInt16) {
            (port.transport == .tcp ? 0 : 1, port.transport.rawValue, port.number)
        }
        self.ports = ports.sorted { rank($0) < rank($1) }
    }

    func variables(_ prefix: String, address: String) -> [String] {
        var result: [String] = []
        if let first = ports.first { result.append("\(prefix)_PORT=\(url(first, address))") }
        var start = 0
        for (at, port) in ports.enumerated() {
            let name = "\(prefix)_PORT_\(port.number)_\(port.transport.rawValue.uppercased())"
            result += [
                "\(name)=\(url(port, address))", "\(name)_ADDR=\(address)", "\(name)_PORT=\(port.number)",
                "\(name)_PROTO=\(port.transport.rawValue)",
            ]
            if at + 1 < ports.count, follows(ports[at + 1], port) { continue }
            if start < at { result += range(ports[start], port, prefix, address) }
            start = at + 1
        }
        return result
    }

    private func follows(_ next: PortForm.Port, _ port: PortForm.Port) -> Bool {
        next.transport == port.transport && Int(next.number) == Int(port.number) + 1
    }

    private func range(_ first: PortForm.Port, _ last: PortForm.Port, _ prefix: String, _ address: String) -> [String] {
        let name = "\(prefix)_PORT_\(first.number)_\(first.transport.rawValue.uppercased())"
        return [
            "\(name)_START=\(url(first, address))", "\(name)_PORT_START=\(first.number)",
            "\(name)_END=\(url(last, address))", "\(name)_PORT_END=\(last.number)",
        ]
    }

    private func url(_ port: PortForm.Port, _ address: String) -> String {
        "\(port.transport.rawValue)://\(address):\(port.number)"
    }
}

extension Engine {
    /// The links of a container that is being created; names become IDs. Throws `invalid`, never `notFound`: clients
    /// take that for the image.
    func resolveLinks(_ record: ContainerRecord) throws(Fault) -> [ContainerLink] {
        if record.isOnNamedNetwork { return [] }
        var links: [ContainerLink] = []
        for text in record.hostConfig["Links"].strings {
            let (name, alias) = try ContainerLink.parse(text)
            var target = try linkTarget(name)
            while target.networkMode.hasPrefix("container:") {
                target = try linkTarget(String(target.networkMode.dropFirst("container:".count)))
            }
            if target.networkMode == "host" { throw CreateChecks.linkOnHost }
            if !links.contains(where: { $0.alias == alias }) {
                links.append(ContainerLink(target: target.id, alias: alias))
            }
        }
        return links
    }

    private func linkTarget(_ name: String) throws(Fault) -> ContainerRecord {
        do throws(Fault) { return try container(name).record } catch {
            let why = name.isEmpty ? "invalid name or ID supplied: \"\"" : error.message
            throw Fault(.invalid, "could not get container for \(name): \(why)", cause: error)
        }
    }

    /// The variables that a container's links give it now. Throws Docker's words when one leads to a container that
    /// doesn't run; one whose container was removed is no link any more.
    func linkVariables(_ record: ContainerRecord) throws(Fault) -> [String] {
        var result: [String] = []
        for link in record.links {
            guard let target = containers.get(id: link.target)?.record else { continue }
            guard target.state.isRunning else {
                throw Fault(
                    .internalFault,
                    "Cannot link to a non running container: /\(target.name) AS /\(record.name)/\(link.alias)")
            }
            guard let address = target.bridgeState?.ipAddress else {
                throw Fault(
                    .internalFault, "Cannot link to /\(target.name), as it does not belong to the default network")
            }
            result += link.variables(of: target, address: address, owner: record.name)
        }
        return result
    }

    /// `docker rm --link OWNER/ALIAS`.
    func removeLink(_ ref: String) async throws {
        let target = try container(ref)
        let name = ref.hasPrefix("/") ? String(ref.dropFirst()) : ref
        guard let cut = name.lastIndex(of: "/") else {
            throw Fault(.internalFault, "Conflict, cannot remove the default link name of the container")
        }
        let owner = try container(String(name[..<cut])), alias = String(name[name.index(after: cut)...])
        try await inLane(owner.id) {
            owner.change { $0.links.removeAll { $0.alias == alias && $0.target == target.id } }
            try await self.save(owner)
            if owner.record.state.isRunning { await self.refreshLinks(of: owner.record) }
        }
    }

    /// How `inspect` shows them; null for none.
    func shownLinks(_ record: ContainerRecord) -> JSON {
        let shown = record.links.compactMap { link in
            containers.get(id: link.target).map { "/\($0.record.name):/\(record.name)/\(link.alias)" }
        }
        return shown.isEmpty ? .null : JSON(shown)
    }
}

extension ContainerRecord {
    /// What it got on the default bridge; nil when it isn't on it, or doesn't run.
    var bridgeState: EndpointState? { endpoints.first { $0.network == "bridge" }?.state }

    var isOnNamedNetwork: Bool {
        !["bridge", "default", "host", "none"].contains(networkMode) && !networkMode.hasPrefix("container:")
    }
}
