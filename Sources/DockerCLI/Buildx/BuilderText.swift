import BuildClient
import CommandLine

extension BuilderNode {
    /// As `docker buildx inspect` shows it.
    var whole: String {
        var head = [("Name", name), ("Driver", "docker")]
        // To look at a builder is to use it.
        if failure == nil { head.append(("Last Activity", Timestamp(seconds: Timestamp.now().seconds).utcGoText)) }
        var facts = [("Name", name), ("Endpoint", name)]
        if let failure { return Self.aligned(head) + "\nNodes:\n" + Self.aligned(facts + [("Error", failure)]) }
        facts += [("Status", status), ("BuildKit version", version), ("Platforms", shownPlatforms)]
        var text = Self.aligned(head) + "\nNodes:\n" + Self.aligned(facts)
        if !labels.isEmpty {
            text +=
                "Labels:\n" + Self.aligned(labels.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, indent: " ")
        }
        for (number, policy) in policies.enumerated() {
            text += "GC Policy rule#\(number):\n" + Self.aligned(policy.facts, indent: " ")
        }
        return text
    }

    private static func aligned(_ facts: [(String, String)], indent: String = "") -> String {
        let width = (facts.map(\.0.count).max() ?? 0) + 2
        return facts.map { name, value in
            indent + "\(name):" + String(repeating: " ", count: width - name.count - 1) + value + "\n"
        }.joined()
    }
}

extension Worker.Policy {
    fileprivate var facts: [(String, String)] {
        var facts = [("All", "\(all)")]
        if !filters.isEmpty { facts.append(("Filters", filters.joined(separator: " "))) }
        if keepsFor > 0 { facts.append(("Keep Duration", GoDuration.format(keepsFor))) }
        for (name, bytes) in [
            ("Reserved Space", reserved), ("Max Used Space", mostUsed), ("Min Free Space", leastFree),
        ]
        where bytes > 0 { facts.append((name, Units.binarySize(Double(bytes)))) }
        return facts
    }
}
