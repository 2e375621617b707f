import BuildProtocol
import CommandLine

/// A build's progress as lines that only follow each other: `#3 [2/4] RUN make`, `#3 0.412 cc main.c`, `#3 DONE 1.2s`.
/// What one step says stands together for as long as it is worth waiting. Pure: times come from outside.
struct PlainProgress: Sendable {
    private enum Limit {
        /// Nanoseconds for which the step that is shown keeps its place beside others that run.
        static let patience: Int64 = 5_000_000_000
        /// Nanoseconds between two lines about the same item.
        static let itemPause: Int64 = 5_000_000_000
        /// Characters of a step's name.
        static let name = 255
    }

    private(set) var trace = BuildTrace()
    private var current: String?
    private var currentSince: Int64 = 0
    private var isFirst = true
    private var count = 0
    /// When items that go on were last told of, by step and ID.
    private var told: [String: Int64] = [:]
    /// Steps of which something waits to be shown.
    private var waiting: [String] = []

    /// - Parameter title: shown as number 0.
    init(title: String = "") { self.title = title }
    private let title: String

    /// What is to be printed before all else.
    mutating func begin() -> String {
        guard !title.isEmpty else { return "" }
        isFirst = false
        return "#0 \(title)\n"
    }

    mutating func hear(_ status: BuildStatus) {
        for digest in trace.hear(status) where !waiting.contains(digest) { waiting.append(digest) }
    }

    /// What is to be printed of what was heard since the last time. Worth asking now and then only: what has ended
    /// meanwhile is told in one go.
    /// - Parameter now: nanoseconds since the epoch.
    mutating func show(now: Int64) -> String {
        var out = ""
        // Of what has ended, first the step that has the word.
        let ended = waiting.filter { trace[$0]?.vertex.completed != nil }
        if let current, ended.contains(current) { out += print(current, now) }
        for digest in ended where waiting.contains(digest) { out += print(digest, now) }
        if let current {
            if waiting.contains(current) { out += print(current, now) }
            guard now - currentSince > Limit.patience, let next = waiting.first(where: isRunning) else { return out }
            return out + print(next, now)
        }
        guard let next = waiting.first(where: isRunning) ?? trace.steps.first(where: \.isRunning)?.vertex.digest
        else { return out }
        return out + print(next, now)
    }

    /// The rest, when nothing more comes.
    mutating func end(now: Int64) -> String {
        var out = show(now: now)
        for digest in waiting where trace[digest]?.vertex.started != nil { out += print(digest, now) }
        return out
    }

    private func isRunning(_ digest: String) -> Bool { trace[digest]?.isRunning == true }

    private mutating func print(_ digest: String, _ now: Int64) -> String {
        waiting.removeAll { $0 == digest }
        guard var step = trace[digest] else { return "" }
        var out = ""
        let number = step.number ?? count + 1
        if step.number == nil {
            count = number
            trace.edit(digest) { $0.number = number }
        }
        if current != digest {
            if let before = current.flatMap({ trace[$0]?.number }) { out += "#\(before) ...\n" }
            if !isFirst { out += "\n" }
            isFirst = false
            out += "#\(number) \(step.vertex.name.prefix(Limit.name))\n"
            currentSince = now
        }
        out += items(step, number, now)
        for warning in step.warnings where !warning.text.isEmpty { out += "#\(number) WARN: \(warning.text)\n" }
        for line in step.lines { out += "#\(number) \(line)\n" }
        step.lines = []
        trace.edit(digest) { changed in
            changed.lines = []
            changed.changedItems = []
        }
        current = digest
        if step.vertex.completed != nil {
            out += ending(step, number, now)
            current = nil
        }
        return out
    }

    private mutating func items(_ step: BuildTrace.Step, _ number: Int, _ now: Int64) -> String {
        var out = ""
        for item in step.items where step.changedItems.contains(item.id) {
            let key = step.vertex.digest + item.id
            if item.completed == nil {
                if let last = told[key], now - last < Limit.itemPause { continue }
                told[key] = now
            }
            var line = "#\(number) \(item.id)"
            let amount = ProgressBytes.text(of: item)
            if !amount.isEmpty { line += " " + amount }
            if let started = item.started {
                let seconds = Double((item.completed ?? now) - started) / 1e9
                if seconds > 0.01 { line += " " + GoText.number("%.1f", seconds) + "s" }
            }
            out += line + (item.completed == nil ? "\n" : " done\n")
        }
        return out
    }

    private func ending(_ step: BuildTrace.Step, _ number: Int, _ now: Int64) -> String {
        if step.isCancelled { return "#\(number) CANCELED\n" }
        if !step.vertex.error.isEmpty { return "#\(number) ERROR: \(step.vertex.error)\n" }
        if step.vertex.isCached { return "#\(number) CACHED\n" }
        return "#\(number) DONE \(GoText.number("%.1f", step.seconds(at: now)))s\n"
    }
}
