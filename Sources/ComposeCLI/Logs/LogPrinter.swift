import CommandLine
import NIOConcurrencyHelpers

/// Prints containers' lines, each behind its container's name.
final class LogPrinter: Sendable {
    private struct State {
        var width = 0
        var colors: [String: Int] = [:]
    }

    private let out: Output
    private let err: Output
    private let colors: Bool
    private let prefixes: Bool
    private let state = NIOLockedValueBox(State())

    /// The original's order of colours.
    private static let palette = ["36", "33", "32", "35", "34", "36;1", "33;1", "32;1", "35;1", "34;1"]

    init(out: Output, err: Output, colors: Bool, prefixes: Bool) {
        self.out = out
        self.err = err
        self.colors = colors
        self.prefixes = prefixes
    }

    /// Names that will print: prefixes get the width of the longest.
    func register(_ names: [String]) {
        state.withLockedValue { state in
            for name in names where state.colors[name] == nil {
                state.colors[name] = state.colors.count % Self.palette.count
                state.width = max(state.width, name.count)
            }
        }
    }

    func line(_ name: String, _ text: String, isError: Bool) {
        (isError ? err : out).write(prefix(name) + text + "\n")
    }

    /// A line about a container, not of it.
    func status(_ name: String, _ text: String) { out.write(colored("\(name) \(text)", color(name)) + "\n") }

    private func color(_ name: String) -> String {
        let root = String(name.prefix { $0 != " " })
        register([root])
        return Self.palette[state.withLockedValue { $0.colors[root] ?? 0 }]
    }

    private func colored(_ text: String, _ code: String) -> String { colors ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text }

    private func prefix(_ name: String) -> String {
        guard prefixes else { return "" }
        let code = color(name)
        let width = state.withLockedValue { $0.width }
        let gap = String(repeating: " ", count: max(0, width - name.count) + 1)
        return colored("\(name)\(gap) | ", code)
    }

    /// Collects what a container writes into lines.
    func source(_ name: String) -> LogLines { LogLines { [self] in line(name, $0, isError: $1) } }
}

/// Bytes to lines, of both streams.
final class LogLines: @unchecked Sendable {
    // Unchecked: one task feeds.
    private let emit: @Sendable (_ line: String, _ isError: Bool) -> Void
    private var pending: [[UInt8]] = [[], []]

    /// Longest line that is kept together, in bytes.
    private static let lineBytes = 1 << 20

    init(emit: @escaping @Sendable (String, Bool) -> Void) { self.emit = emit }

    func feed(_ bytes: [UInt8], isError: Bool) {
        let at = isError ? 1 : 0
        pending[at] += bytes
        while let end = pending[at].firstIndex(of: 0x0A) {
            tell(Array(pending[at][..<end]), isError)
            pending[at].removeSubrange(...end)
        }
        if pending[at].count > Self.lineBytes {
            tell(pending[at], isError)
            pending[at] = []
        }
    }

    func finish() {
        for (at, rest) in pending.enumerated() where !rest.isEmpty {
            tell(rest, at == 1)
            pending[at] = []
        }
    }

    private func tell(_ bytes: [UInt8], _ isError: Bool) {
        let line = bytes.last == 0x0D ? bytes.dropLast() : bytes[...]
        emit(String(decoding: line, as: UTF8.self), isError)
    }
}
