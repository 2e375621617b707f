import NIOConcurrencyHelpers

/// `/healthz`, `/livez`, `/readyz`: named checks, each also at a path of its own, `?verbose` and `?exclude=`.
package final class Health: Sendable {
    package enum Probe: String, CaseIterable, Sendable { case healthz, livez, readyz }

    package struct Check: Sendable {
        package let name: String
        package let probes: Set<Probe>
        /// Nil when all is well, else why not; the reason is for the log, clients see "reason withheld".
        package let run: @Sendable () async -> String?

        package init(
            _ name: String, _ probes: Set<Probe> = Set(Probe.allCases), _ run: @escaping @Sendable () async -> String?
        ) {
            self.name = name
            self.probes = probes
            self.run = run
        }
    }

    private let checks: [Check]

    package init(_ checks: [Check]) { self.checks = checks }

    struct Report {
        let code: Int
        let text: String
    }

    /// - Parameter name: of one check alone; nil: all. The report is nil when there is no such check.
    func report(_ probe: Probe, only name: String?, excluding: [String], verbose: Bool) async -> Report? {
        var text = ""
        var hasFailed = false
        let mine = checks.filter { $0.probes.contains(probe) }
        if let name {
            guard let check = mine.first(where: { $0.name == name }) else { return nil }
            guard await check.run() == nil else {
                return Report(code: 500, text: "internal server error: \(name) check failed: reason withheld\n")
            }
            return Report(code: 200, text: "ok")
        }
        for check in mine {
            if excluding.contains(check.name) {
                text += "[+]\(check.name) excluded: ok\n"
            } else if await check.run() == nil {
                text += "[+]\(check.name) ok\n"
            } else {
                hasFailed = true
                text += "[-]\(check.name) failed: reason withheld\n"
            }
        }
        let unknown = excluding.filter { name in !mine.contains { $0.name == name } }
        if !unknown.isEmpty {
            let list = unknown.map { "\"\($0)\"" }.joined(separator: ",")
            text += "warn: some health checks cannot be excluded: no matches for \(list)\n"
        }
        if hasFailed { return Report(code: 500, text: "\(text)\(probe.rawValue) check failed\n") }
        return Report(code: 200, text: verbose ? "\(text)\(probe.rawValue) check passed\n" : "ok")
    }
}
