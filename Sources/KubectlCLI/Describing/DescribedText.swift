import CommandLine
import JSON
import KubeModel

/// The text of `describe`: lines in columns, indented by two spaces a level.
struct DescribedText {
    private var table = TabWriter(minimumWidth: 0, padding: 2)
    private var done = ""

    mutating func write(_ level: Int, _ text: String) {
        table.write(String(repeating: "  ", count: level) + TablePrinter.escaped(text))
    }

    mutating func line(_ level: Int, _ text: String) { write(level, text + "\n") }

    /// `Label:` and its value in the next column.
    mutating func pair(_ level: Int, _ label: String, _ value: String) { line(level, "\(label):\t\(value)") }

    /// Ends the columns: what follows is aligned anew.
    mutating func align() { done += table.flush() }

    mutating func flush() -> String {
        align()
        defer { done = "" }
        return done
    }

    // MARK: Maps

    mutating func labels(_ title: String, _ labels: JSON, indent: String = "") {
        let entries = labels.stringMap.sorted { $0.key < $1.key }
        write(0, "\(indent)\(title):\t")
        if entries.isEmpty { return line(0, "<none>") }
        for (at, entry) in entries.enumerated() {
            line(0, (at == 0 ? "" : "\(indent)\t") + "\(entry.key)=\(entry.value)")
        }
    }

    /// Longest annotation on one line, in bytes, with its name.
    private static let longestAnnotation = 140

    mutating func annotations(_ title: String, _ annotations: JSON) {
        write(0, "\(title):\t")
        let entries = annotations.stringMap.filter { $0.key != LastApplied.annotation }.sorted { $0.key < $1.key }
        if entries.isEmpty { return line(0, "<none>") }
        for (at, entry) in entries.enumerated() {
            if at > 0 { write(0, "\t") }
            let value = entry.value.hasSuffix("\n") ? String(entry.value.dropLast()) : entry.value
            guard value.utf8.count + entry.key.utf8.count + 2 > Self.longestAnnotation || value.contains("\n") else {
                line(0, "\(entry.key): \(value)")
                continue
            }
            line(0, "\(entry.key):")
            for part in value.parts("\n") {
                let limit = Self.longestAnnotation - 2
                line(0, "\t  \(part.utf8.count > limit ? String(part.prefix(limit)) + "..." : part)")
            }
        }
    }

    mutating func metadata(_ object: JSON, isNamespaced: Bool) {
        let metadata = object["metadata"]
        pair(0, "Name", metadata["name"].string ?? "")
        if isNamespaced { pair(0, "Namespace", metadata["namespace"].string ?? "") }
    }

    mutating func labelsAndAnnotations(_ object: JSON) {
        labels("Labels", object["metadata"]["labels"])
        annotations("Annotations", object["metadata"]["annotations"])
    }

    mutating func controller(_ object: JSON) {
        let owner = (object["metadata"]["ownerReferences"].array ?? []).first { $0["controller"].bool == true }
        if let owner { pair(0, "Controlled By", "\(owner["kind"].string ?? "")/\(owner["name"].string ?? "")") }
    }

    mutating func pods(_ counts: PodCounts) {
        pair(0, "Pods Status", counts.text)
    }

    // MARK: Events

    mutating func events(_ events: [JSON]?) {
        guard let events else { return }
        guard !events.isEmpty else { return line(0, "Events:\t<none>") }
        align()
        write(0, "Events:\n  Type\tReason\tAge\tFrom\tMessage\n")
        line(1, "----\t------\t----\t----\t-------")
        for event in EventText.sorted(events) {
            let message = (event["message"].string ?? "").trimmed
            let path = event["involvedObject"]["fieldPath"].string ?? ""
            let component = event["source"]["component"].string ?? ""
            let cells = [
                event["type"].string ?? "", event["reason"].string ?? "", EventText.interval(event),
                component.isEmpty ? event["reportingComponent"].string ?? "" : component,
                path.isEmpty ? message : "\(path): \(message)",
            ]
            line(1, cells.joined(separator: "\t"))
        }
    }
}

enum EventText {
    /// By the time of the last occurrence.
    static func sorted(_ events: [JSON]) -> [JSON] {
        events.enumerated().sorted { (last($0.element), $0.offset) < (last($1.element), $1.offset) }.map(\.element)
    }

    static func last(_ event: JSON) -> String {
        if let text = event["series"]["lastObservedTime"].string { return text }
        if let text = event["lastTimestamp"].string { return text }
        return event["eventTime"].string ?? ""
    }

    private static func since(_ time: JSON) -> String { AgeText.since(time, now: ModelTime.now) }

    /// `5m`, or `2s (x3 over 5m)` for one that came again.
    static func interval(_ event: JSON) -> String {
        let first = event["eventTime"].isNull ? since(event["firstTimestamp"]) : since(event["eventTime"])
        let series = event["series"]
        if !series.isNull { return "\(since(series["lastObservedTime"])) (x\(series["count"].int ?? 0) over \(first))" }
        if let count = event["count"].int, count > 1 {
            return "\(since(event["lastTimestamp"])) (x\(count) over \(first))"
        }
        return first
    }
}

struct PodCounts: Sendable {
    var running = 0, waiting = 0, succeeded = 0, failed = 0

    var text: String { "\(running) Running / \(waiting) Waiting / \(succeeded) Succeeded / \(failed) Failed" }
}

enum DateText {
    /// `Thu, 26 Nov 2026 02:38:11 +0000`, local time; Go's `RFC1123Z`.
    static func of(_ time: JSON) -> String {
        guard let text = time.string, let moment = Clock.moment(text) else { return "Mon, 01 Jan 0001 00:00:00 +0000" }
        return moment
    }
}

extension JSON {
    /// The text, or "" where there is none.
    var plain: String { isNull ? "" : GoSyntax.plain(self) }
    /// The text, or `<none>`.
    var plainOrNone: String { plain.isEmpty ? "<none>" : plain }
}
