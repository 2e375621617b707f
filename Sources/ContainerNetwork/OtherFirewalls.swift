import CLinux
import Fault
import JSON
import Linux

/// Other programs' chains that drop forwarded packets by policy: Docker's and ufw's `FORWARD`, a hardened
/// nftables.conf. A packet passes only when every chain at its hook lets it, so ours can't overrule them. Each of them
/// gets one jump, at its top, to a chain of ours beside it, which accepts what comes from or goes to our bridges; what of
/// that may really pass is for our own table to say.
struct OtherFirewalls: Sendable {
    /// Our table's name, and our chain's in others' tables. iptables takes 28 bytes.
    let name: String
    let rules: any RuleLoader

    private struct Chain: Hashable {
        var family: String
        var table: String
        var name: String
        var place: String { "\(family) \(table) \(name)" }

        /// The chain beside it with another name.
        func beside(_ name: String) -> Chain { Chain(family: family, table: table, name: name) }

        init(family: String, table: String, name: String) {
            self.family = family
            self.table = table
            self.name = name
        }

        /// Of libnftables' document.
        init(_ document: JSON) {
            self.init(
                family: document["family"].string ?? "", table: document["table"].string ?? "",
                name: document["name"].string ?? "")
        }
    }

    /// Makes what is missing; writes nothing when nothing is.
    func open(to bridges: [String]) throws {
        var commands = ""
        for chain in try chains().filter(dropsForwarded) {
            let base = Chain(chain), ours = base.beside(name)
            let wanted = bridges.sorted().flatMap { ["iifname \($0)", "oifname \($0)"] }
            if try accepted(ours) != wanted {
                commands += "add chain \(ours.place)\nflush chain \(ours.place)\n"
                for match in wanted {
                    let words = match.split(separator: " ")
                    commands += "add rule \(ours.place) \(words[0]) \(RuleSet.quote(String(words[1]))) accept\n"
                }
            }
            if try jumps(in: base).isEmpty { commands += "insert rule \(base.place) jump \(name)\n" }
        }
        if !commands.isEmpty { try rules.load(commands) }
    }

    /// Takes back what `open` made.
    func close() throws {
        let all = try chains()
        var commands = ""
        for ours in all.map({ Chain($0) }) where ours.name == name {
            for base in all where base["family"].string == ours.family && base["table"].string == ours.table {
                guard base["hook"].string == "forward" else { continue }
                for handle in try jumps(in: Chain(base)) {
                    commands += "delete rule \(Chain(base).place) handle \(handle)\n"
                }
            }
            commands += "flush chain \(ours.place)\ndelete chain \(ours.place)\n"
        }
        if !commands.isEmpty { try rules.load(commands) }
    }

    /// What a person has to do where we can't.
    func advice(bridges: [String]) throws -> String? {
        let interfaces = bridges.sorted()
        if try chains().contains(where: { $0["table"].string == "firewalld" }) {
            return "firewalld rejects packets of interfaces it doesn't know; containers reach out after: "
                + interfaces.map { "firewall-cmd --permanent --zone=trusted --add-interface=\($0)" }
                .joined(separator: " && ") + " && firewall-cmd --reload"
        }
        if (try? KernelFile.read("/proc/net/ip_tables_names"))?.contains("filter") == true {
            return "legacy iptables rules are in force, which can't be seen from here; if their FORWARD drops packets: "
                + interfaces.map {
                    "iptables-legacy -I FORWARD -i \($0) -j ACCEPT; iptables-legacy -I FORWARD -o \($0) -j ACCEPT"
                }
                .joined(separator: "; ")
        }
        return nil
    }

    private func dropsForwarded(_ chain: JSON) -> Bool {
        chain["hook"].string == "forward" && chain["type"].string == "filter" && chain["policy"].string == "drop"
            && ["ip", "ip6", "inet"].contains(chain["family"].string)
    }

    // MARK: Reading

    private func listed(_ command: String, _ member: String) throws -> [JSON] {
        try (JSON(parsing: try rules.list(command))["nftables"].array ?? []).map { $0[member] }
            .filter { $0.object != nil }
    }

    private func chains() throws -> [JSON] { try listed("list chains", "chain") }

    private func content(_ chain: Chain) throws -> [JSON] { try listed("list chain \(chain.place)", "rule") }

    /// Handles of the rules that jump to our chain.
    private func jumps(in chain: Chain) throws -> [Int] {
        try content(chain).filter { rule in
            (rule["expr"].array ?? []).contains { $0["jump"]["target"].string == name }
        }.compactMap { $0["handle"].int }
    }

    /// `iifname hako0`, …: what our chain accepts by now; empty when it isn't there.
    private func accepted(_ chain: Chain) throws -> [String] {
        guard try chains().contains(where: { Chain($0) == chain }) else { return [] }
        return try content(chain).map { rule in
            let match = rule["expr"][0]["match"]
            return "\(match["left"]["meta"]["key"].string ?? "?") \(match["right"].string ?? "?")"
        }
    }
}
