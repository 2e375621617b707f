import BuildProtocol
import CommandLine

/// A build's progress as a picture that is painted over itself: a line a step, with its time, below them the last lines
/// of what runs. Pure: times and the terminal's size come from outside.
struct TerminalProgress: Sendable {
    private enum Limit {
        /// Lines of a running step's output.
        static let output = 6
        /// Columns under which a line isn't worth showing.
        static let name = 12
    }

    private enum Colour {
        static let done = "\u{1b}[34m", failed = "\u{1b}[31m", cancelled = "\u{1b}[33m", faint = "\u{1b}[2m"
        static let end = "\u{1b}[0m"
    }

    private(set) var trace = BuildTrace(keptLines: BuildTrace.Limit.wholeOutput)
    private let started: Int64
    /// Which builder, at the right end of the first line.
    private let title: String
    private let hasColours: Bool
    private var painted = 0

    /// - Parameter started: nanoseconds since the epoch.
    init(started: Int64, title: String, hasColours: Bool) {
        self.started = started
        self.title = title
        self.hasColours = hasColours
    }

    mutating func hear(_ status: BuildStatus) { _ = trace.hear(status) }

    /// The picture, over the last one.
    mutating func paint(_ size: TerminalSize, now: Int64, isLast: Bool = false) -> String {
        let lines = [head(size, now, isLast)] + body(size, now, isLast)
        var out = "\u{1b}[?25l" + (painted > 0 ? "\u{1b}[\(painted)A" : "")
        for line in lines { out += "\r\u{1b}[2K\(line)\n" }
        // What was longer before is wiped, and the cursor stays below the picture.
        if painted > lines.count {
            out += String(repeating: "\u{1b}[2K\n", count: painted - lines.count)
            out += "\u{1b}[\(painted - lines.count)A"
        }
        painted = lines.count
        return out + "\u{1b}[?25h"
    }

    private func head(_ size: TerminalSize, _ now: Int64, _ isLast: Bool) -> String {
        let shown = trace.steps.filter { $0.vertex.started != nil || $0.vertex.completed != nil }
        let done = shown.count { $0.vertex.completed != nil }
        let isOver = isLast && done == shown.count && done > 0
        let seconds = GoText.number("%.1f", Double(now - started) / 1e9)
        let text = "[+] Building \(seconds)s (\(done)/\(shown.count))\(isOver ? " FINISHED" : "")"
        return Self.align(text, title, size.columns - 1)
    }

    private func body(_ size: TerminalSize, _ now: Int64, _ isLast: Bool) -> [String] {
        var lines: [String] = []
        let running = trace.steps.filter(\.isRunning).count
        for step in trace.steps where step.vertex.started != nil || step.vertex.completed != nil {
            lines += self.lines(step, size, now)
            // Output is worth its lines while few steps share them.
            if step.isRunning, !isLast, running * Limit.output < size.rows / 2 {
                lines += step.tail.suffix(Limit.output).map { line in
                    paint(" => => # " + line.drop { $0 != " " }.dropFirst(), Colour.faint, size)
                }
            }
        }
        let room = max(1, size.rows - 2)
        return isLast || lines.count <= room ? lines : Array(lines.suffix(room))
    }

    private func lines(_ step: BuildTrace.Step, _ size: TerminalSize, _ now: Int64) -> [String] {
        var (prefix, colour) = ("", "")
        if step.vertex.completed != nil {
            colour = Colour.done
            if step.isCancelled {
                (prefix, colour) = ("CANCELED ", Colour.cancelled)
            } else if !step.vertex.error.isEmpty {
                (prefix, colour) = ("ERROR ", Colour.failed)
            } else if step.vertex.isCached {
                prefix = "CACHED "
            }
        }
        let seconds = step.vertex.isCached ? 0 : step.seconds(at: now)
        var lines = [line(" => " + prefix + step.vertex.name, "", seconds, colour, size)]
        for item in step.items {
            let spent = item.started.map { Double(max(0, (item.completed ?? now) - $0)) / 1e9 } ?? 0
            let colour = item.completed == nil ? "" : Colour.done
            lines.append(line(" => => " + item.id, ProgressBytes.text(of: item), spent, colour, size))
        }
        return lines.filter { !$0.isEmpty }
    }

    private func line(_ name: String, _ amount: String, _ seconds: Double, _ colour: String, _ size: TerminalSize)
        -> String
    {
        let timer = " " + GoText.number("%.1f", seconds < 0.05 ? 0 : seconds) + "s"
        var room = size.columns - timer.count - 2
        guard room >= Limit.name else { return "" }
        var text = name
        let showsAmount = !amount.isEmpty && room - amount.count > 20
        if showsAmount { room -= amount.count + 1 }
        text = Self.cut(text, room)
        if showsAmount { text += " " + amount }
        let whole = Self.align(text, timer, size.columns - 1)
        return hasColours && !colour.isEmpty ? colour + whole + Colour.end : whole
    }

    private func paint(_ text: String, _ colour: String, _ size: TerminalSize) -> String {
        let line = Self.cut(text, size.columns - 1)
        return hasColours ? colour + line + Colour.end : line
    }

    /// Control characters of programs would break the picture.
    private static func cut(_ text: String, _ columns: Int) -> String {
        var out = "", used = 0
        for character in text {
            let shown = character == "\t" ? " " : character
            if shown.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) { continue }
            let width = GoText.width(String(shown))
            if used + width > columns { break }
            out.append(shown)
            used += width
        }
        return out
    }

    private static func align(_ left: String, _ right: String, _ columns: Int) -> String {
        let space = columns - GoText.width(left) - GoText.width(right)
        return left + String(repeating: " ", count: max(1, space)) + right
    }
}
