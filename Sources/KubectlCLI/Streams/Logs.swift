import CommandLine
import JSON
import KubeClient
import KubeModel

struct LogsOptions: Sendable {
    var container = "", allContainers = false, allPods = false, follows = false, previous = false, timestamps = false
    var tail = -1, since: Int64 = 0, sinceTime = "", limit = 0, labels = "", prefix = false, most = 5,
        ignoresErrors = false
    var timeout: Int64 = 20_000_000_000, skipsVerification = false
}

extension VerbTree {
    static func logs() -> Verb {
        Verb(
            "logs", group: .debugging, "Print the logs for a container in a pod",
            usage: "logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER] [options]", options: LogsOptions(),
            flags: [
                .text("container", short: "c", \.container, "Log of this container"),
                .toggle("all-containers", \.allContainers, "Logs of all containers"),
                .toggle("all-pods", \.allPods, "Logs of all pods, with a prefix"),
                .toggle("follow", short: "f", \.follows, "Go on with what is logged from now on"),
                .toggle("previous", short: "p", \.previous, "Log of the container's run before this one"),
                .toggle("timestamps", \.timestamps, "Show the time of each line"),
                Flag(
                    "tail", value: "int", help: "Lines from the end; -1: all, or 10 with a selector", shownDefault: "-1"
                ) { $0.tail = try GoValue.int($1) },
                .duration("since", \.since, "Only what is newer than that, such as 5s"),
                .text("since-time", \.sinceTime, "Only what is newer than this time (RFC3339)"),
                .int("limit-bytes", \.limit, "Most bytes of a log"),
                .text("selector", short: "l", \.labels, "Select by labels"),
                .toggle("prefix", \.prefix, "Put pod and container before each line"),
                .int("max-log-requests", \.most, default: 5, "Logs that are followed side by side"),
                .toggle("ignore-errors", \.ignoresErrors, "Go on when a log can't be had"),
                .duration("pod-running-timeout", \.timeout, "How long to wait for a pod").showing("20s"),
                .toggle("insecure-skip-tls-verify-backend", \.skipsVerification, "Don't check the node's certificate"),
            ]
        ) { options, parsed, session in
            try await LogRequest(options, parsed, session).run()
        }
    }
}

struct LogRequest: Sendable {
    private static let usage =
        "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command"

    private let options: LogsOptions
    private let parsed: Parsed
    private let session: Session
    private let container: String

    init(_ options: LogsOptions, _ parsed: Parsed, _ session: Session) throws {
        var container = options.container
        switch parsed.arguments.count {
        case 0: guard !options.labels.isEmpty else { throw session.misuse(Self.usage) }
        case 1:
            guard options.labels.isEmpty else { throw session.misuse("only a selector (-l) or a POD name is allowed") }
        case 2:
            if parsed.given.contains("container") {
                throw Refusal("only one of -c or an inline [CONTAINER] arg is allowed")
            }
            container = parsed.arguments[1]
        default: throw session.misuse(Self.usage)
        }
        if !options.sinceTime.isEmpty, options.since != 0 {
            throw Refusal("at most one of `sinceTime` or `sinceSeconds` may be specified")
        }
        if !options.sinceTime.isEmpty, (try? ModelTime(parsing: options.sinceTime)) == nil {
            let text = options.sinceTime.quoted
            throw Refusal(
                "parsing time \(text) as \"2006-01-02T15:04:05Z07:00\": cannot parse \(text) as \"2006\"")
        }
        if options.allContainers, !container.isEmpty {
            throw Refusal("--all-containers=true should not be specified with container name \(container)")
        }
        if options.limit < 0 { throw Refusal("--limit-bytes must be greater than 0") }
        if options.since < 0 { throw Refusal("--since must be greater than 0") }
        if options.tail < -1 { throw Refusal("--tail must be greater than or equal to -1") }
        self.options = options
        self.parsed = parsed
        self.session = session
        self.container = container
    }

    private struct Source: Sendable {
        let pod: Item
        let container: String
    }

    func run() async throws {
        let sources = try await pods().flatMap(containers)
        if options.follows, sources.count > 1 {
            guard sources.count <= options.most else {
                throw Refusal(
                    "you are attempting to follow \(sources.count) log streams, but maximum allowed concurrency is \(options.most), use --max-log-requests to increase the limit"
                )
            }
            return try await withThrowingTaskGroup(of: Void.self) { group in
                for source in sources { group.addTask { try await show(source) } }
                try await group.waitForAll()
            }
        }
        for source in sources { try await show(source) }
    }

    private func pods() async throws -> [Item] {
        guard options.labels.isEmpty else {
            let namespace = try session.namespace
            let list = try await session.get(
                ResourceID.pods.path(namespace: namespace), [("labelSelector", options.labels)])
            let pods = list["items"].array ?? []
            if pods.isEmpty { session.err.line("No resources found in \(namespace) namespace.") }
            return pods.map { pod in
                var item = Item(resource: Known.pods, namespace: namespace, name: "")
                item.take(pod)
                return item
            }
        }
        do {
            return [
                try await PodChoice(session: session).pod(
                    parsed.arguments[0], within: Double(options.timeout) / 1e9, tellsChoice: true,
                    purpose: "get the logs from")
            ]
        } catch let status as APIStatus where status.reason == "NotFound" {
            throw Refusal(
                "error: error from server (NotFound): \(status.message) in namespace \(try session.namespace.quoted)")
        }
    }

    private func containers(_ pod: Item) throws -> [Source] {
        guard options.allContainers else {
            var asked = container
            let note = pod.object["metadata"]["annotations"][PodChoice.defaultContainer].plain
            if asked.isEmpty, !note.isEmpty {
                if PodChoice.has(pod.object, note) {
                    asked = note
                } else {
                    session.err.line("Default container name \(note.quoted) not found in pod \(pod.name)")
                }
            }
            return [
                Source(
                    pod: pod,
                    container: try PodChoice(session: session).container(asked, in: pod, isQuiet: options.allPods))
            ]
        }
        return ["initContainers", "containers", "ephemeralContainers"].flatMap { member in
            (pod.object["spec"][member].array ?? []).map { Source(pod: pod, container: $0["name"].plain) }
        }
    }

    private func show(_ source: Source) async throws {
        var query: KubeConnection.Query = [("container", source.container)]
        if options.follows { query.append(("follow", "true")) }
        if options.previous { query.append(("previous", "true")) }
        if options.timestamps { query.append(("timestamps", "true")) }
        if options.since != 0 {
            query.append(("sinceSeconds", "\(max(1, (options.since + 500_000_000) / 1_000_000_000))"))
        }
        if !options.sinceTime.isEmpty { query.append(("sinceTime", options.sinceTime)) }
        if options.limit > 0 { query.append(("limitBytes", "\(options.limit)")) }
        if options.tail >= 0 {
            query.append(("tailLines", "\(options.tail)"))
        } else if !options.labels.isEmpty, !parsed.given.contains("tail") {
            query.append(("tailLines", "10"))
        }
        let prefix = options.prefix || options.allPods ? "[pod/\(source.pod.name)/\(source.container)] " : ""
        do {
            try await Logging(session: session).stream("\(source.pod.path)/log", query, prefix: prefix)
        } catch  where options.ignoresErrors {
            session.err.write(ErrorText.of(error))
        }
    }
}
