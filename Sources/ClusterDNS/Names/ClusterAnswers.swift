import Linux
import NameServer
import Wire

/// Answers queries for the cluster's names, and says which are for others.
struct ClusterAnswers: Answering {
    enum Limit {
        /// Aliases of aliases that are followed within the cluster.
        static let aliases = 8
    }

    let names: ServiceNames
    let ownRanges: [IPPrefix]
    let hosts: [DNSName: [IPAddress]]

    init(_ settings: DNSSettings, _ source: any ClusterNames) {
        names = ServiceNames(
            zone: DNSName(settings.domain) ?? .root, names: source, servers: settings.listen)
        ownRanges = settings.ownRanges
        hosts = Dictionary(
            settings.hosts.compactMap { name, addresses in DNSName(name).map { ($0, addresses) } },
            uniquingKeysWith: +)
    }

    func outcome(of query: DNSMessage, _ question: DNSQuestion) -> Outcome {
        if let addresses = hosts[question.name] { return .answer(host(query, question, addresses)) }
        if question.name.labels(below: names.zone) != nil { return cluster(query, question) }
        if let address = ReverseName.address(question.name), ownRanges.contains(where: { $0.contains(address) }) {
            return reverse(query, question, address)
        }
        return .forward
    }

    // MARK: The cluster's names

    private func cluster(_ query: DNSMessage, _ question: DNSQuestion) -> Outcome {
        guard names.names.isKnown else { return .answer(query.reply(.failure)) }
        var answer = query.reply(.ok)
        answer.isAuthoritative = true
        var name = question.name
        for _ in 0..<Limit.aliases {
            switch names.meaning(of: name, question.type) {
            case .nothing:
                answer.status = .noSuchName
                answer.authorities = [names.start]
                return .answer(answer)
            case .records(let records, let additional):
                answer.answers += Self.shuffled(
                    records.filter { question.type == .any || $0.data.type == question.type })
                if answer.answers.isEmpty {
                    answer.authorities = [names.start]
                } else {
                    answer.additionals = additional
                }
                return .answer(answer)
            case .alias(let target):
                answer.answers.append(
                    DNSRecord(name, timeToLive: ServiceNames.Limit.timeToLive, .cname(target)))
                if question.type == .cname || question.type == .any { return .answer(answer) }
                if target.labels(below: names.zone) == nil {
                    return .follow(answer, DNSQuestion(target, question.type))
                }
                name = target
            }
        }
        return .answer(query.reply(.failure))
    }

    /// Many clients take the first address, so that each should come first sometimes.
    private static func shuffled(_ records: [DNSRecord]) -> [DNSRecord] {
        records.count > 1 ? records.shuffled() : records
    }

    // MARK: Other names that are known here

    private func host(_ query: DNSMessage, _ question: DNSQuestion, _ addresses: [IPAddress]) -> DNSMessage {
        var answer = query.reply(.ok)
        answer.isAuthoritative = true
        for address in addresses {
            let data = address.isV4 ? DNSData.a(address.bytes) : .aaaa(address.bytes)
            guard question.type == data.type || question.type == .any else { continue }
            answer.answers.append(DNSRecord(question.name, timeToLive: ServiceNames.Limit.timeToLive, data))
        }
        return answer
    }

    private func reverse(_ query: DNSMessage, _ question: DNSQuestion, _ address: IPAddress) -> Outcome {
        guard names.names.isKnown else { return .answer(query.reply(.failure)) }
        var answer = query.reply(.ok)
        answer.isAuthoritative = true
        let found = names.names(of: address, asked: question.name)
        if found.isEmpty { answer.status = .noSuchName }
        if question.type == .ptr || question.type == .any { answer.answers = found }
        return .answer(answer)
    }
}
