import CommandLine

/// The lines of a progress display on a terminal. Pure: text out.
struct ProgressBoard: Sendable {
    enum Status: String, Sendable { case working = "Working", done = "Done", warning = "Warning", error = "Error" }

    private struct Line {
        let id: String
        /// The line that this one is a part of, and stands under.
        let parent: String?
        var status: Status
        var text: String
        let start: ContinuousClock.Instant
        var end: ContinuousClock.Instant?
    }

    private let title: String
    private let colors: Bool
    private var lines: [Line] = []
    /// Lines that were drawn last, the head not counted.
    private var drawn = 0
    private var hasDrawn = false
    private var frame = 0

    private static let spinner = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"]
    /// Lines of a terminal that are kept free.
    private static let reservedRows = 2

    init(title: String, colors: Bool) {
        self.title = title
        self.colors = colors
    }

    /// What was drawn is no longer this display's to draw over.
    var isLeft: Bool { !hasDrawn && frame > 0 }

    mutating func leave() {
        hasDrawn = false
        drawn = 0
    }

    var isWorking: Bool { lines.contains { $0.status == .working } }

    mutating func set(
        _ id: String, _ status: Status, _ text: String, at now: ContinuousClock.Instant, parent: String? = nil
    ) {
        guard let at = lines.firstIndex(where: { $0.id == id }) else {
            lines.append(
                Line(
                    id: id, parent: parent, status: status, text: text, start: now, end: status == .working ? nil : now)
            )
            return
        }
        if status == .working { lines[at].end = nil } else if lines[at].status != status { lines[at].end = now }
        lines[at].status = status
        lines[at].text = text
    }

    mutating func draw(width: Int, height: Int, now: ContinuousClock.Instant) -> String {
        frame += 1
        let room = max(1, height - Self.reservedRows)
        // Parts of lines go first when there isn't room for all.
        let ordered = lines.count > room ? lines.filter { $0.parent == nil } : nested
        let shown = Array(ordered.prefix(room))
        let done = lines.filter { $0.status != .working }.count
        var text = hasDrawn ? "\u{1B}[\(drawn + 1)A\r" : ""
        text += "\u{1B}[?25l"
        let head = "[+] \(title) \(done)/\(lines.count)"
        text += (done == lines.count ? color(head, "34") : head) + "\u{1B}[K\n"
        let column = shown.map { $0.id.count + ($0.parent == nil ? 0 : 2) }.max() ?? 0
        for line in shown { text += render(line, column, width, now) }
        hasDrawn = true
        drawn = shown.count
        return text + "\u{1B}[?25h"
    }

    /// Lines with their parts below them.
    private var nested: [Line] {
        lines.filter { $0.parent == nil }.flatMap { line in [line] + lines.filter { $0.parent == line.id } }
    }

    private func render(_ line: Line, _ column: Int, _ width: Int, _ now: ContinuousClock.Instant) -> String {
        let mark =
            switch line.status {
            case .working: color(Self.spinner[frame % Self.spinner.count], "34")
            case .done: color("✔", "32")
            case .warning: color("!", "33;1")
            case .error: color("✘", "31;1")
            }
        let indent = line.parent == nil ? "" : "  "
        let gap = String(repeating: " ", count: column - line.id.count - indent.count)
        let status = color(line.text, line.status == .warning ? "33;1" : line.status == .error ? "31;1" : "32")
        let seconds = line.start.duration(to: line.end ?? now)
        let clock =
            GoText.number("%.1f", Double(seconds.components.seconds) + Double(seconds.components.attoseconds) / 1e18)
            + "s "
        let used = 4 + column + 2 + line.text.count + clock.count
        let room = String(repeating: " ", count: max(1, width - used))
        return "\(indent) \(mark) \(line.id)\(gap)  \(status)\(room)\(color(clock, "34"))\u{1B}[K\n"
    }

    private func color(_ text: String, _ code: String) -> String { colors ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text }
}
