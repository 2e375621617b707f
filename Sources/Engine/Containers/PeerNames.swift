import CLinux
import ContainerNetwork
import Fault
import JSON
import Linux
import Logging

// Containers on a network of the user's find each other by name: each has the others in its /etc/hosts, which is
// rewritten in place whenever one of them comes or goes. The default bridge has no names, as in Docker.
extension Engine {
    /// The container's networks on which names are known.
    func namedNetworks(_ record: ContainerRecord) -> Set<String> {
        Set(record.endpoints.filter(\.hasNames).compactMap { $0.state?.networkID })
    }

    /// Tells everybody on these networks, and those with a link to the container, who is there now. Containers count
    /// from when they are attached, which is before they run.
    func refreshPeers(_ networks: Set<String>, of changed: ContainerRecord) async {
        if networks.isEmpty, changed.bridgeState == nil, changed.links.isEmpty { return }
        try? await lanes.run("names of peers") {
            let records = self.containers.all.map(\.record)
            let members = records.filter { record in
                !self.namedNetworks(record).isDisjoint(with: networks)
                    || (record.id == changed.id && !record.links.isEmpty)
                    || (record.bridgeState != nil && record.links.contains { $0.target == changed.id })
            }
            for member in members {
                let peers = PeerNames.lines(for: member, among: records)
                do { try self.write(peers, into: self.folder(of: member.id) + "/hosts") } catch {
                    self.log.warning("container \(member.shortID): its hosts file: \(sentence(error))")
                }
            }
        }
    }

    private func write(_ peers: [String], into path: String) throws {
        let now = try KernelFile.read(path)
        let wanted = PeerNames.replace(in: now, with: peers)
        if wanted != now { try writeInPlace(path, wanted) }
    }
}

extension ContainerRecord.Endpoint {
    var hasNames: Bool { !["bridge", "host", "none"].contains(network) }
}

/// The lines of /etc/hosts that are ours; what the user wrote there stays.
enum PeerNames {
    /// Ends each of our lines.
    static let mark = "\t# peer"

    /// One line for each address that others, and the container itself, have on its named networks.
    static func lines(for member: ContainerRecord, among records: [ContainerRecord]) -> [String] {
        let networks = Set(member.endpoints.filter(\.hasNames).compactMap { $0.state?.networkID })
        var result: [String] = []
        for record in records {
            for link in member.links where link.target == record.id {
                guard let state = record.bridgeState else { continue }
                let names = record.linkNames(alias: link.alias)
                for address in [state.ipAddress, state.ipv6Address] where !address.isEmpty {
                    result.append("\(address)\t\(names)\(mark)")
                }
            }
            for endpoint in record.endpoints {
                guard let state = endpoint.state, networks.contains(state.networkID) else { continue }
                let links = member.aliases(of: record.name, network: state.networkID)
                let names = ([record.name] + endpoint.settings["Aliases"].strings + [record.shortID] + links).joined(
                    separator: " ")
                for address in [state.ipAddress, state.ipv6Address] where !address.isEmpty {
                    result.append("\(address)\t\(names)\(mark)")
                }
            }
        }
        return result.sorted()
    }

    static func replace(in text: String, with peers: [String]) -> String {
        let kept = text.split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.hasSuffix(mark) }
        var lines = kept.map(String.init)
        while lines.last == "" { lines.removeLast() }
        return (lines + peers).joined(separator: "\n") + "\n"
    }
}

extension ContainerRecord {
    /// What one with a link to this container knows it as: alias, host name, and name when that is another.
    fileprivate func linkNames(alias: String) -> String {
        ([alias, config["Hostname"].string ?? ""] + (alias == name ? [] : [name])).filter { !$0.isEmpty }
            .joined(separator: " ")
    }

    /// On a network of the user's, links are names that this container alone has for another.
    fileprivate func aliases(of other: String, network: String) -> [String] {
        endpoints.filter { $0.state?.networkID == network }.flatMap { $0.settings["Links"].strings }
            .compactMap { try? ContainerLink.parse($0) }.filter { $0.name == other && $0.alias != other }.map(\.alias)
    }
}
