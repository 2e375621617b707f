import DockerModel
import Fault
import JSON
import NIOConcurrencyHelpers

/// The filters of `docker events`: values of one are alternatives, filters narrow each other.
struct EventFilter: Sendable {
    private static let known: Set<String> = [
        "config", "container", "daemon", "event", "image", "label", "network", "node", "plugin", "scope", "secret",
        "service", "type", "volume",
    ]
    private let filters: Filters

    init(_ filters: Filters) throws(Fault) {
        try filters.check(Self.known)
        self.filters = filters
    }

    func accepts(_ event: Event) -> Bool {
        func any(_ member: String, _ test: (String) -> Bool) -> Bool {
            let values = filters[member]
            return values.isEmpty || values.contains(where: test)
        }
        func names(_ subject: Event.Subject, _ wanted: String) -> Bool {
            event.subject == subject && (event.actor.hasPrefix(wanted) || event.attributes["name"] == wanted)
        }
        // `exec_start: sh -c …` is found as `exec_start`, too.
        let action = event.action.prefix { $0 != ":" }
        return any("event") { $0 == event.action || $0 == action } && any("type") { $0 == event.subject.rawValue }
            && any("scope") { $0 == "local" }
            && any("container") {
                names(.container, $0) || event.subject == .network && event.attributes["container"] == $0
            }
            && any("network") { names(.network, $0) } && any("volume") { names(.volume, $0) }
            && any("daemon") { names(.daemon, $0) }
            && any("image") { wanted in
                let image =
                    event.subject == .image ? event.attributes["name"] ?? event.actor : event.attributes["image"]
                guard let image else { return false }
                return image == wanted || image.hasPrefix(wanted + ":") || event.actor == wanted
            }
            && LabelFilter.accepts(filters, labels: event.attributes)
    }
}

extension Engine {
    package func events(since: Int64?, until: Int64?, filters: Filters) async throws -> JSONSource {
        let filter = try EventFilter(filters)
        let (past, stream) = events.subscribe()
        let remembered = since.map { since in past.filter { $0.time >= since && $0.time <= until ?? .max } } ?? []
        let waiting = NIOLockedValueBox(remembered[...])
        let live = EventReader(stream, until: until)
        return JSONSource(
            next: {
                while let event = waiting.withLockedValue({ $0.popFirst() }) {
                    if filter.accepts(event) { return event.json }
                }
                while let event = await live.next() { if filter.accepts(event) { return event.json } }
                return nil
            }, cancel: { live.cancel() })
    }
}

/// Live events until a time: read by one reader.
private final class EventReader: Sendable {
    private let sink: AsyncStream<Event>.Continuation
    private let merged: AsyncStream<Event>
    private let task: Task<Void, Never>

    init(_ stream: AsyncStream<Event>, until: Int64?) {
        let (merged, sink) = AsyncStream.makeStream(of: Event.self)
        self.merged = merged
        self.sink = sink
        task = Task {
            let timer = until.map { until in
                Task {
                    try? await Task.sleep(for: .nanoseconds(max(0, until - nowNanoseconds())))
                    sink.finish()
                }
            }
            for await event in stream { sink.yield(event) }
            timer?.cancel()
            sink.finish()
        }
    }

    func next() async -> Event? { await merged.first { _ in true } }

    func cancel() {
        task.cancel()
        sink.finish()
    }
}
