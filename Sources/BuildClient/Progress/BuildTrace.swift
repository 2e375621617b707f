import BuildProtocol
import CommandLine

/// All that a build has told, put together: steps in the order in which they came, each with what goes on below it.
struct BuildTrace: Sendable {
    enum Limit {
        /// Lines of output that are kept of each step, for the case that it fails.
        static let tail = 10
        /// The same where the user has seen the last lines only.
        static let wholeOutput = 10_000
    }

    struct Step: Sendable {
        var vertex: Vertex
        /// From 1, in the order in which steps are shown; nil: not yet.
        var number: Int?
        /// By ID, in the order in which they came.
        var items: [VertexStatus] = []
        /// IDs of items that were told since they were shown.
        var changedItems: Set<String> = []
        /// Whole lines of output that weren't shown yet, with the time in front.
        var lines: [String] = []
        /// The last lines, for the case of a failure.
        var tail: [String] = []
        var warnings: [BuildStatus.Warning] = []
        fileprivate var partial: [UInt8] = []
        fileprivate var partialTime: Int64 = 0

        var isRunning: Bool { vertex.started != nil && vertex.completed == nil }

        /// Seconds; until now when it is still running.
        func seconds(at now: Int64) -> Double {
            guard let started = vertex.started else { return 0 }
            return Double(max(0, (vertex.completed ?? now) - started)) / 1e9
        }

        /// It ended because something else did.
        var isCancelled: Bool { vertex.error.hasSuffix("context canceled") }
    }

    private(set) var steps: [Step] = []
    private var places: [String: Int] = [:]
    private let keptLines: Int

    /// - Parameter keptLines: of each step's output.
    init(keptLines: Int = Limit.tail) { self.keptLines = keptLines }

    subscript(digest: String) -> Step? { places[digest].map { steps[$0] } }

    /// Changes one step. Nothing happens when there is none of that name.
    mutating func edit(_ digest: String, _ body: (inout Step) -> Void) {
        guard let place = places[digest] else { return }
        body(&steps[place])
    }

    /// Answers the digests of the steps that changed, each once.
    mutating func hear(_ status: BuildStatus) -> [String] {
        var changed: [String] = []
        func note(_ digest: String) { if !changed.contains(digest) { changed.append(digest) } }
        for vertex in status.vertexes {
            if let place = places[vertex.digest] {
                merge(vertex, place)
            } else {
                places[vertex.digest] = steps.count
                steps.append(Step(vertex: vertex))
            }
            note(vertex.digest)
        }
        for item in status.statuses {
            edit(item.vertex) { step in
                if let place = step.items.firstIndex(where: { $0.id == item.id }) {
                    step.items[place] = item
                } else {
                    step.items.append(item)
                }
                step.changedItems.insert(item.id)
            }
            note(item.vertex)
        }
        for warning in status.warnings {
            edit(warning.vertex) { $0.warnings.append(warning) }
            note(warning.vertex)
        }
        let kept = keptLines
        for log in status.logs {
            edit(log.vertex) { Self.add(log, &$0, keeping: kept) }
            note(log.vertex)
        }
        for digest in changed where self[digest]?.vertex.completed != nil {
            edit(digest) { Self.endLine(&$0, keeping: kept) }
        }
        return changed.filter { places[$0] != nil }
    }

    /// A step that runs again keeps when it first began.
    private mutating func merge(_ vertex: Vertex, _ place: Int) {
        let before = steps[place].vertex
        steps[place].vertex = vertex
        if vertex.started == nil { steps[place].vertex.started = before.started }
        steps[place].vertex.isCached = vertex.isCached || before.isCached
    }

    private static func add(_ log: BuildStatus.Log, _ step: inout Step, keeping: Int) {
        for byte in log.bytes {
            if byte == UInt8(ascii: "\n") {
                if step.partial.isEmpty { step.partialTime = log.time }
                endLine(&step, keeping: keeping, evenEmpty: true)
            } else {
                if step.partial.isEmpty { step.partialTime = log.time }
                step.partial.append(byte)
            }
        }
    }

    private static func endLine(_ step: inout Step, keeping: Int, evenEmpty: Bool = false) {
        guard evenEmpty || !step.partial.isEmpty else { return }
        let seconds = Double(max(0, step.partialTime - (step.vertex.started ?? step.partialTime))) / 1e9
        let digits = seconds < 10 ? 3 : seconds < 100 ? 2 : 1
        if step.partial.last == UInt8(ascii: "\r") { step.partial.removeLast() }
        let line = GoText.number("%.\(digits)f", seconds) + " " + String(decoding: step.partial, as: UTF8.self)
        step.partial = []
        step.lines.append(line)
        step.tail.append(line)
        if step.tail.count > keeping { step.tail.removeFirst() }
    }

    /// What failed steps said last. Empty when none failed by itself.
    var failures: String {
        let rule = "------\n"
        return steps.filter { !$0.vertex.error.isEmpty && !$0.isCancelled }.map { step in
            rule + " > \(step.vertex.name):\n" + step.tail.map { $0 + "\n" }.joined() + rule
        }.joined()
    }

    var warnings: [BuildStatus.Warning] { steps.flatMap(\.warnings) }
}

/// Amounts as progress shows them: `155B`, `33.55MB`.
enum ProgressBytes {
    static func text(_ bytes: Int64) -> String {
        if bytes < 1_000 { return "\(bytes)B" }
        var size = Double(bytes)
        for unit in ["kB", "MB", "GB", "TB"] {
            size /= 1_000
            if size < 1_000 { return GoText.number("%.2f", size) + unit }
        }
        return GoText.number("%.2f", size / 1_000) + "PB"
    }

    /// `1.05kB / 3.20MB`, `2B`; empty when nothing is known.
    static func text(of item: VertexStatus) -> String {
        if item.total > 0 { return "\(text(item.current)) / \(text(item.total))" }
        return item.current > 0 ? text(item.current) : ""
    }
}
