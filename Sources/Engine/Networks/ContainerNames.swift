import ContainerNetwork
import JSON
import Linux
import NameServer
import Wire

/// The names that one container knows on its networks of the user's: those of all that are on them, by container name,
/// alias, short ID, host name, and the container's own links. `NAME.NETWORK` asks on one network only.
struct ContainerNames: Answering {
    enum Limit {
        /// How long an answer may be kept, in seconds; Docker's own.
        static let timeToLive: UInt32 = 600
    }

    let id: String
    /// All containers, as they are now.
    let records: @Sendable () -> [ContainerRecord]

    func outcome(of query: DNSMessage, _ question: DNSQuestion) -> Outcome {
        let records = records()
        guard let asker = records.first(where: { $0.id == id }) else { return .answer(query.reply(.failure)) }
        if let data = Self.addresses(of: question.name, asker, records) ?? Self.name(of: question.name, asker, records)
        {
            var answer = query.reply(.ok)
            answer.isAuthoritative = true
            answer.answers = data.filter { question.type == $0.type || question.type == .any }.map {
                DNSRecord(question.name, timeToLive: Limit.timeToLive, $0)
            }
            return .answer(answer)
        }
        // A container whose networks have no way out must not send its questions there.
        let hasWayOut = asker.endpoints.contains {
            $0.state.map { !$0.gateway.isEmpty || !$0.ipv6Gateway.isEmpty } ?? false
        }
        return hasWayOut ? .forward : .answer(query.reply(.failure))
    }

    /// The addresses behind the name, in another order each time: of the first of the asker's networks that knows it.
    /// Nil when none does.
    private static func addresses(
        of name: DNSName, _ asker: ContainerRecord, _ records: [ContainerRecord]
    ) -> [DNSData]? {
        let labels = name.labels
        for endpoint in asker.endpoints.filter(\.hasNames) {
            guard let network = endpoint.state?.networkID else { continue }
            var found = addresses(of: labels.joined(separator: "."), on: network, asker, records)
            if found.isEmpty, labels.count > 1 {
                // The network's name may have dots, too.
                for cut in 1..<labels.count where labels[cut...].joined(separator: ".") == endpoint.network.lowercased()
                {
                    found = addresses(of: labels[..<cut].joined(separator: "."), on: network, asker, records)
                }
            }
            if !found.isEmpty { return found.shuffled().compactMap { DNSData(address: $0) } }
        }
        return nil
    }

    private static func addresses(
        of name: String, on network: String, _ asker: ContainerRecord, _ records: [ContainerRecord]
    ) -> [String] {
        records.flatMap { record -> [String] in
            guard let endpoint = record.endpoints.first(where: { $0.state?.networkID == network }),
                let state = endpoint.state
            else { return [] }
            let names =
                [record.name, record.shortID, record.config["Hostname"].string ?? ""]
                + endpoint.settings["Aliases"].strings + asker.aliases(of: record.name, network: network)
            guard names.contains(where: { $0.lowercased() == name }) else { return [] }
            return [state.ipAddress, state.ipv6Address].filter { !$0.isEmpty }
        }
    }

    /// `NAME.NETWORK` of the container that has the address, when the question is for that.
    private static func name(of question: DNSName, _ asker: ContainerRecord, _ records: [ContainerRecord]) -> [DNSData]?
    {
        guard let address = ReverseName.address(question) else { return nil }
        for own in asker.endpoints.filter(\.hasNames) {
            for record in records {
                let isThere = record.endpoints.contains { endpoint in
                    guard let state = endpoint.state, state.networkID == own.state?.networkID else { return false }
                    return [state.ipAddress, state.ipv6Address].contains { IPAddress($0) == address }
                }
                if isThere, let name = DNSName("\(record.name).\(own.network)") { return [.ptr(name)] }
            }
        }
        return nil
    }
}

extension DNSData {
    /// Of an address as text.
    fileprivate init?(address: String) {
        guard let address = IPAddress(address) else { return nil }
        self = address.isV4 ? .a(address.bytes) : .aaaa(address.bytes)
    }
}

extension ContainerRecord {
    /// On a network of the user's, links are names that this container alone has for another.
    func aliases(of other: String, network: String) -> [String] {
        endpoints.filter { $0.state?.networkID == network }.flatMap { $0.settings["Links"].strings }
            .compactMap { try? ContainerLink.parse($0) }.filter { $0.name == other && $0.alias != other }.map(\.alias)
    }

    /// It is on a network on which names are known.
    var hasNames: Bool { endpoints.contains { $0.hasNames && $0.state != nil } }
}

extension ContainerRecord.Endpoint {
    /// The default bridge has no names, as in Docker.
    var hasNames: Bool { !["bridge", "host", "none"].contains(network) }
}
