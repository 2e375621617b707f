import NIOConcurrencyHelpers

/// Whether the server has done all that a start has to do.
final class StartMark: Sendable {
    private let done = NIOLockedValueBox(false)
    var isDone: Bool { done.withLockedValue { $0 } }
    func finish() { done.withLockedValue { $0 = true } }
}

/// `/healthz`, `/livez`, `/readyz`: named checks, each also at a path of its own, `?verbose` and `?exclude=`.
package final class Health: Sendable {
    package enum Probe: String, CaseIterable, Sendable { case healthz, livez, readyz }

    package struct Check: Sendable {
        package let name: String
        package let probes: Set<Probe>
        /// Nil when all is well, else why not; the reason is for the log, clients see "reason withheld".
        package let run: @Sendable () async -> String?

        package init(
            _ name: String, _ probes: Set<Probe> = Set(Probe.allCases), run: @escaping @Sendable () async -> String?
        ) {
            self.name = name
            self.probes = probes
            self.run = run
        }
    }

    private let checks: [Check]

    package init(_ checks: [Check]) { self.checks = checks }

    /// What the original's server checks, under its names and in its order.
    /// - Parameters:
    ///   - store: nil when the store answers, else why not.
    ///   - start: whether what a start has to do is done; in this server that is one step for all of it.
    static func checks(store: @escaping @Sendable () async -> String?, start: StartMark) -> [Check] {
        let running: Set<Probe> = [.healthz, .livez]
        let begun: @Sendable () async -> String? = { start.isDone ? nil : "not yet" }
        func hooks(_ names: [String]) -> [Check] { names.map { Check("poststarthook/\($0)", run: begun) } }
        return [
            Check("ping") { nil }, Check("log") { nil }, Check("loopback-serving-certificate", running) { nil },
            Check("etcd", run: store), Check("etcd-readiness", [.readyz], run: store),
            Check("informer-sync", [.readyz], run: begun),
        ] + hooks(generalHooks) + hooks(aggregatorHooks) + [Check("autoregister-completion", run: begun)]
            + hooks(["apiservice-openapi-controller", "apiservice-openapiv3-controller"])
            + [Check("shutdown", [.readyz]) { nil }]
    }

    private static let generalHooks = [
        "start-apiserver-admission-initializer", "generic-apiserver-start-informers",
        "priority-and-fairness-config-consumer", "priority-and-fairness-filter", "storage-object-count-tracker-hook",
        "start-apiextensions-informers", "start-apiextensions-controllers", "crd-informer-synced",
        "start-system-namespaces-controller", "start-cluster-authentication-info-controller",
        "start-kube-apiserver-identity-lease-controller", "start-kube-apiserver-identity-lease-garbage-collector",
        "storage-readiness", "start-legacy-token-tracking-controller", "start-service-ip-repair-controllers",
        "rbac/bootstrap-roles", "scheduling/bootstrap-system-priority-classes",
        "priority-and-fairness-config-producer", "bootstrap-controller", "start-kubernetes-service-cidr-controller",
    ]
    private static let aggregatorHooks = [
        "aggregator-reload-proxy-client-cert", "start-kube-aggregator-informers",
        "apiservice-status-local-available-controller", "apiservice-status-remote-available-controller",
        "apiservice-registration-controller", "apiservice-wait-for-first-sync", "apiservice-discovery-controller",
        "kube-apiserver-autoregistration",
    ]

    /// Each check's name, probe and outcome, as `/metrics/slis` tells them; sorted.
    var outcomes: [(name: String, probe: Probe, isWell: Bool)] {
        get async {
            var all: [(name: String, probe: Probe, isWell: Bool)] = []
            for check in checks.sorted(by: { $0.name < $1.name }) {
                let isWell = await check.run() == nil
                for probe in Probe.allCases where check.probes.contains(probe) {
                    all.append((check.name, probe, isWell))
                }
            }
            return all
        }
    }

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
