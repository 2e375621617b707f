import BuildProtocol
import CommandLine

/// How a build's progress is shown.
package enum ProgressStyle: String, Sendable, CaseIterable {
    case auto, plain, tty, quiet, rawjson
    case none

    /// What it comes to on this output.
    package func chosen(for output: Output) -> ProgressStyle {
        self == .auto ? (output.isTerminal ? .tty : .plain) : self == .none ? .quiet : self
    }
}

/// Shows what builds tell, on one output.
package actor ProgressDesk {
    private enum Limit {
        /// Between two paintings, and between two lines.
        static let pause = Duration.milliseconds(100)
        static let size = TerminalSize(rows: 24, columns: 80)
    }

    private enum Face {
        case quiet(BuildTrace)
        case plain(PlainProgress)
        case terminal(TerminalProgress)
        case raw(BuildTrace)
    }

    private let output: Output
    private var face: Face
    private var painter: Task<Void, Never>?

    /// - Parameters:
    ///   - builder: its name and what kind it is of; nil: nothing is built now.
    ///   - style: none that is still to be chosen.
    package init(
        _ style: ProgressStyle, on output: Output, builder: (name: String, kind: String)?, hasColours: Bool
    ) {
        self.output = output
        switch style {
        case .tty:
            face = .terminal(
                TerminalProgress(
                    started: Self.now, title: builder.map { "\($0.kind):\($0.name)" } ?? "", hasColours: hasColours))
        case .plain, .auto:
            face = .plain(
                PlainProgress(
                    title: builder.map { "building with \"\($0.name)\" instance using \($0.kind) driver" } ?? ""))
        case .rawjson: face = .raw(BuildTrace())
        case .quiet, .none: face = .quiet(BuildTrace())
        }
    }

    private static var now: Int64 {
        let time = Timestamp.now()
        return time.seconds * 1_000_000_000 + time.nanoseconds
    }

    package func begin() {
        switch face {
        case .plain(var plain):
            output.write(plain.begin())
            face = .plain(plain)
        case .terminal: break
        case .quiet, .raw: return
        }
        painter = Task {
            while !Task.isCancelled {
                self.paint()
                try? await Task.sleep(for: Limit.pause)
            }
        }
    }

    package func hear(_ status: BuildStatus) {
        switch face {
        case .quiet(var trace):
            _ = trace.hear(status)
            face = .quiet(trace)
        case .raw(var trace):
            _ = trace.hear(status)
            face = .raw(trace)
            output.write(RawProgress.text(status))
        case .plain(var plain):
            plain.hear(status)
            face = .plain(plain)
        case .terminal(var terminal):
            terminal.hear(status)
            face = .terminal(terminal)
        }
    }

    private func paint(isLast: Bool = false) {
        switch face {
        case .terminal(var terminal):
            output.write(terminal.paint(output.size() ?? Limit.size, now: Self.now, isLast: isLast))
            face = .terminal(terminal)
        case .plain(var plain):
            let text = plain.show(now: Self.now)
            if !text.isEmpty { output.write(text) }
            face = .plain(plain)
        case .quiet, .raw: return
        }
    }

    /// The last of it, and what failed steps said. Answers the warnings of the build.
    @discardableResult
    package func end() -> [BuildStatus.Warning] {
        painter?.cancel()
        painter = nil
        paint(isLast: true)
        let trace: BuildTrace
        switch face {
        case .quiet(let quiet): trace = quiet
        case .raw(let raw): return raw.warnings
        case .plain(var plain):
            output.write(plain.end(now: Self.now))
            trace = plain.trace
        case .terminal(let terminal): trace = terminal.trace
        }
        output.write(trace.failures)
        return trace.warnings
    }
}
