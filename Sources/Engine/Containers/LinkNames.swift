import ContainerNetwork
import Fault
import JSON
import Linux
import Logging

// A container with links on the default bridge has those it is linked to in its /etc/hosts, which is rewritten in place
// whenever one of them comes or goes. On networks of the user's links are names that its name server knows.
extension Engine {
    /// Tells the container, and those with a link to it, who is there now. Containers count from when they are
    /// attached, which is before they run.
    func refreshLinks(of changed: ContainerRecord) async {
        try? await lanes.run("names of links") {
            let records = self.containers.all.map(\.record)
            for member in records where LinkNames.concerns(member, changed) {
                let lines = LinkNames.lines(for: member, among: records)
                do { try self.write(lines, into: self.folder(of: member.id) + "/hosts") } catch {
                    self.log.warning("container \(member.shortID): its hosts file: \(sentence(error))")
                }
            }
        }
    }

    private func write(_ lines: [String], into path: String) throws {
        let now = try KernelFile.read(path)
        let wanted = LinkNames.replace(in: now, with: lines)
        if wanted != now { try writeInPlace(path, wanted) }
    }
}

/// The lines of /etc/hosts that are ours; what the user wrote there stays.
enum LinkNames {
    /// Ends each of our lines.
    static let mark = "\t# link"

    static func concerns(_ member: ContainerRecord, _ changed: ContainerRecord) -> Bool {
        !member.links.isEmpty && (member.id == changed.id || member.links.contains { $0.target == changed.id })
            && (member.id == changed.id || member.bridgeState != nil)
    }

    /// One line for each address on the default bridge of each container that this one is linked to.
    static func lines(for member: ContainerRecord, among records: [ContainerRecord]) -> [String] {
        var result: [String] = []
        for link in member.links {
            guard let record = records.first(where: { $0.id == link.target }), let state = record.bridgeState else {
                continue
            }
            for address in [state.ipAddress, state.ipv6Address] where !address.isEmpty {
                result.append("\(address)\t\(record.linkNames(alias: link.alias))\(mark)")
            }
        }
        return result.sorted()
    }

    static func replace(in text: String, with lines: [String]) -> String {
        let kept = text.split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.hasSuffix(mark) }
        var all = kept.map(String.init)
        while all.last == "" { all.removeLast() }
        return (all + lines).joined(separator: "\n") + "\n"
    }
}

extension ContainerRecord {
    /// What one with a link to this container knows it as: alias, host name, and name when that is another.
    fileprivate func linkNames(alias: String) -> String {
        ([alias, config["Hostname"].string ?? ""] + (alias == name ? [] : [name])).filter { !$0.isEmpty }
            .joined(separator: " ")
    }
}
