import NIOConcurrencyHelpers
import NIOHTTP1

/// Counters in the Prometheus text form, under upstream's names where they mean the same.
final class RequestMetrics: Sendable {
    private struct Key: Hashable {
        let verb: String, group: String, version: String, resource: String, subresource: String, scope: String
        /// Of requests for resources alone: `apiserver`, and `All` where nothing was to be stored.
        let component: String, dryRun: String
        let code: Int
    }

    private struct Duration {
        var count = 0
        var sum = 0.0
        var buckets: [Int]
    }

    private struct State {
        var requests: [Key: Int] = [:]
        var durations: [Key: Duration] = [:]
        /// Watches, streams to pods and proxied requests that are open.
        var lasting: [Key: Int] = [:]
    }

    /// Upper bounds in seconds: upstream's, which rules for alerts name.
    private static let bounds = [
        0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
    ]
    /// Different label sets that are kept: custom resources come and go.
    private static let maximumSeries = 10_000

    /// Those that go by their method's name.
    private static let verbs = ["create": "POST", "update": "PUT"]

    private let state = NIOLockedValueBox(State())
    private let gauges: @Sendable () -> [Gauge]

    /// - Parameter gauges: what is measured when somebody looks.
    init(gauges: @escaping @Sendable () -> [Gauge]) { self.gauges = gauges }

    struct Gauge: Sendable {
        let name: String, help: String
        /// Whether it only ever grows.
        var isCounter = false
        /// "": there is one value, without labels.
        let label: String
        /// By the label's value; by several, between commas as they stand in the text, where `label` is `,`.
        let values: [(String, Double)]

        fileprivate var lines: [String] {
            ["# HELP \(name) \(help)", "# TYPE \(name) \(isCounter ? "counter" : "gauge")"]
                + values.map { value, number in
                    let text = Int(exactly: number).map { "\($0)" } ?? "\(number)"
                    switch label {
                    case "": return "\(name) \(text)"
                    case ",": return "\(name){\(value)} \(text)"
                    default: return "\(name){\(label)=\"\(value)\"} \(text)"
                    }
                }
        }
    }

    func count(_ info: RequestInfo, method: HTTPMethod, isDry: Bool = false, code: Int, seconds: Double) {
        let key = Self.key(info, method, isDry: isDry, code: code)
        let timed = Self.key(info, method, isDry: isDry)
        state.withLockedValue { state in
            guard state.requests[key] != nil || state.requests.count < Self.maximumSeries else { return }
            state.requests[key, default: 0] += 1
            guard info.isResource, info.verb != "watch" else { return }
            var duration = state.durations[timed] ?? Duration(buckets: Array(repeating: 0, count: Self.bounds.count))
            duration.count += 1
            duration.sum += seconds
            if let at = Self.bounds.firstIndex(where: { seconds <= $0 }) { duration.buckets[at] += 1 }
            state.durations[timed] = duration
        }
    }

    /// To be called when a request that lasts begins (1) and ends (-1).
    func countLasting(_ info: RequestInfo, method: HTTPMethod, by change: Int) {
        let key = Self.key(info, method)
        state.withLockedValue { state in
            let count = state.lasting[key, default: 0] + change
            state.lasting[key] = count > 0 ? count : nil
        }
    }

    private static func key(_ info: RequestInfo, _ method: HTTPMethod, isDry: Bool = false, code: Int = 0) -> Key {
        let scope =
            !info.isResource ? "" : !info.name.isEmpty ? "resource" : info.namespace.isEmpty ? "cluster" : "namespace"
        return Key(
            verb: info.isResource ? verbs[info.verb] ?? info.verb.uppercased() : method.rawValue, group: info.group,
            version: info.version, resource: info.resource,
            subresource: info.isResource ? info.subresource : String(info.path.prefix(64)), scope: scope,
            component: info.isResource ? "apiserver" : "", dryRun: isDry ? "All" : "", code: code)
    }

    var text: String {
        let (requests, durations, lasting) = state.withLockedValue { ($0.requests, $0.durations, $0.lasting) }
        var lines = [
            "# HELP apiserver_request_total Requests answered, by what they asked for and the status they got.",
            "# TYPE apiserver_request_total counter",
        ]
        lines += requests.map { key, count in
            "apiserver_request_total{code=\"\(key.code)\",\(Self.labels(key))} \(count)"
        }.sorted()
        lines += [
            "# HELP apiserver_longrunning_requests Watches, streams to pods and proxied requests that are open.",
            "# TYPE apiserver_longrunning_requests gauge",
        ]
        lines += lasting.map { key, count in
            "apiserver_longrunning_requests{\(Self.labels(key, withDryRun: false))} \(count)"
        }.sorted()
        lines += Self.histogram(
            "apiserver_request_duration_seconds", "Time from a request's head to the end of its answer, in seconds.",
            durations)
        // Upstream leaves out what admission webhooks take; there are none.
        lines += Self.histogram(
            "apiserver_request_sli_duration_seconds",
            "Time from a request's head to the end of its answer, as far as it is the server's, in seconds.", durations)
        for gauge in gauges() { lines += gauge.lines }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func histogram(_ name: String, _ help: String, _ durations: [Key: Duration]) -> [String] {
        var lines = ["# HELP \(name) \(help)", "# TYPE \(name) histogram"]
        for (labels, duration) in durations.map({ (self.labels($0.key), $0.value) }).sorted(by: { $0.0 < $1.0 }) {
            var below = 0
            for (bound, count) in zip(bounds, duration.buckets) {
                below += count
                let text = Int(exactly: bound).map { "\($0)" } ?? "\(bound)"
                lines.append("\(name)_bucket{\(labels),le=\"\(text)\"} \(below)")
            }
            lines.append("\(name)_bucket{\(labels),le=\"+Inf\"} \(duration.count)")
            lines.append("\(name)_sum{\(labels)} \(duration.sum)")
            lines.append("\(name)_count{\(labels)} \(duration.count)")
        }
        return lines
    }

    /// As if nothing had been asked yet.
    func reset() { state.withLockedValue { $0 = State(lasting: $0.lasting) } }

    /// The checks of health as gauges.
    static func text(_ outcomes: [(name: String, probe: Health.Probe, isWell: Bool)]) -> String {
        let lines =
            [
                "# HELP kubernetes_healthcheck Whether a check of health is well.",
                "# TYPE kubernetes_healthcheck gauge",
            ]
            + outcomes.map { outcome in
                "kubernetes_healthcheck{name=\"\(outcome.name)\",type=\"\(outcome.probe.rawValue)\"} "
                    + (outcome.isWell ? "1" : "0")
            }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func labels(_ key: Key, withDryRun: Bool = true) -> String {
        func quoted(_ text: String) -> String {
            text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
        }
        let dryRun = withDryRun ? "dry_run=\"\(key.dryRun)\"," : ""
        return
            "component=\"\(key.component)\",\(dryRun)group=\"\(quoted(key.group))\",resource=\"\(quoted(key.resource))\",scope=\"\(key.scope)\","
            + "subresource=\"\(quoted(key.subresource))\",verb=\"\(quoted(key.verb))\",version=\"\(quoted(key.version))\""
    }
}
