import Fault
import Linux
import Logging

/// Brings rules to the kernel, and what the kernel remembers of earlier ones into line with them. Each call takes the
/// calling thread's time.
struct RuleTransactions: Sendable {
    private let table: String
    private let nft: any RuleLoader
    private let log: Logger

    init(_ table: String, _ nft: any RuleLoader, _ log: Logger) {
        self.table = table
        self.nft = nft
        self.log = log
    }

    /// - Parameters:
    ///   - changes: for each family; nil: the whole tables, whatever is there.
    ///   - news: the services that the changes come from.
    func load(_ families: [FamilyState], _ changes: [ElementChanges]?, _ news: ServiceBook.News) throws(Fault) {
        if let changes, changes.allSatisfy(\.isEmpty) { return }
        var text = ""
        for (index, family) in families.enumerated() {
            guard let changes else {
                let clients = remembered(family)
                let astray = Set(family.table.astray(clients))
                text += family.rules.text(
                    table: table, family.table.elements,
                    remembered: clients.filter { !astray.contains($0) }.map(\.text))
                continue
            }
            if !changes[index].isEmpty { text += family.rules.text(table: table, changes[index]) }
        }
        try nft.load(text)
        for (index, family) in families.enumerated() {
            if let changes, family.table.concernsClients(changes[index]) { forgetAstray(family) }
            forgetFlows(family, news)
        }
    }

    /// None when there is no such table yet.
    private func remembered(_ family: FamilyState) -> [RememberedClient] {
        let answer = try? nft.list(
            "list map \(family.rules.family.rawValue) \(table) \(ServiceRules.affinityMap)")
        return answer.map { RememberedClient.all(in: $0) } ?? []
    }

    private func forgetAstray(_ family: FamilyState) {
        for client in family.table.astray(remembered(family)) {
            // One by one: the time of one may be over meanwhile, and would take the others with it.
            try? nft.load(
                "delete element \(family.rules.family.rawValue) \(table) \(ServiceRules.affinityMap) "
                    + "{ \(client.keyText) }\n")
        }
    }

    private func forgetFlows(_ family: FamilyState, _ news: ServiceBook.News) {
        let flows = DatagramFlows(news.services.values, family.rules.family)
        if flows.isEmpty { return }
        do throws(KernelError) {
            try ConnectionTable.forget { flows.isStale($0) }
        } catch {
            log.warning(
                "datagrams of clients that keep sending may go to pods that are gone",
                metadata: ["error": "\(error)"])
        }
    }
}
