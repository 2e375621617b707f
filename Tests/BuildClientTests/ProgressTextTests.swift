import BuildProtocol
import CommandLine
import Testing

@testable import BuildClient

@Suite("How a build's progress looks")
struct ProgressTextTests {
    private static let second: Int64 = 1_000_000_000

    private func step(
        _ name: String, from start: Int64? = nil, to end: Int64? = nil, cached: Bool = false, error: String = ""
    ) -> BuildStatus {
        var vertex = Vertex(digest: name, name: name)
        vertex.started = start.map { $0 * Self.second }
        vertex.completed = end.map { $0 * Self.second }
        vertex.isCached = cached
        vertex.error = error
        var status = BuildStatus()
        status.vertexes = [vertex]
        return status
    }

    private func log(_ step: String, _ text: String, at time: Int64) -> BuildStatus {
        var status = BuildStatus()
        status.logs = [
            BuildStatus.Log(vertex: step, time: time * Self.second, stream: 1, bytes: Array(text.utf8))
        ]
        return status
    }

    private func item(_ step: String, _ id: String, _ current: Int64, of total: Int64, done: Bool) -> BuildStatus {
        var item = VertexStatus(id: id, vertex: step)
        (item.current, item.total) = (current, total)
        (item.started, item.completed) = (Self.second, done ? 3 * Self.second : nil)
        var status = BuildStatus()
        status.statuses = [item]
        return status
    }

    private func plain(_ pieces: [BuildStatus], at times: [Int64]) -> String {
        var plain = PlainProgress(title: "building")
        var text = plain.begin()
        for (piece, time) in zip(pieces, times) {
            plain.hear(piece)
            text += plain.show(now: time * Self.second)
        }
        return text + plain.end(now: (times.last ?? 0) * Self.second)
    }

    @Test("steps one after the other, with their output, amounts and ends")
    func plainSteps() {
        let text = plain(
            [
                step("a", from: 1), item("a", "moving", 5_000, of: 2_500_000, done: false),
                item("a", "moving", 2_500_000, of: 2_500_000, done: true), step("a", from: 1, to: 3),
                step("b", from: 3, to: 3, cached: true), step("c", from: 4), log("c", "one\ntw", at: 5),
                log("c", "o\nlast", at: 16), step("c", from: 4, to: 18),
            ], at: [1, 2, 3, 3, 3, 4, 5, 16, 18])
        #expect(
            text == """
                #0 building

                #1 a
                #1 moving 5.00kB / 2.50MB 1.0s
                #1 moving 2.50MB / 2.50MB 2.0s done
                #1 DONE 2.0s

                #2 b
                #2 CACHED

                #3 c
                #3 1.000 one
                #3 1.000 two
                #3 12.00 last
                #3 DONE 14.0s

                """)
    }

    @Test("of steps side by side one has the word, until it ends or others have waited")
    func plainSideBySide() {
        let text = plain(
            [
                step("a", from: 1), step("b", from: 1), log("b", "quiet\n", at: 2), log("a", "loud\n", at: 3),
                log("b", "waited\n", at: 7), step("b", from: 1, to: 8), step("a", from: 1, to: 9),
            ], at: [1, 1, 2, 3, 7, 8, 9])
        #expect(
            text == """
                #0 building

                #1 a
                #1 2.000 loud
                #1 ...

                #2 b
                #2 1.000 quiet
                #2 6.000 waited
                #2 DONE 7.0s

                #1 a
                #1 DONE 8.0s

                """)
    }

    @Test("failures come again at the end, with what was said last; what was only broken off doesn't")
    func failures() {
        var plain = PlainProgress()
        for piece in [step("a", from: 1), step("b", from: 1)] { plain.hear(piece) }
        for number in 1...12 { plain.hear(log("a", "\(number)\n", at: 1)) }
        plain.hear(step("a", from: 1, to: 2, error: "exit code: 7"))
        plain.hear(step("b", from: 1, to: 2, error: "context canceled"))
        let text = plain.show(now: 2 * Self.second)
        #expect(text.contains("#1 ERROR: exit code: 7\n") && text.contains("#2 CANCELED\n"))
        let tail = (3...12).map { "0.000 \($0)\n" }.joined()
        #expect(plain.trace.failures == "------\n > a:\n\(tail)------\n")
    }

    @Test("the picture: a line a step with its time, painted over the last one")
    func terminal() {
        var terminal = TerminalProgress(started: 0, title: "docker:default", hasColours: false)
        let size = TerminalSize(rows: 20, columns: 50)
        terminal.hear(step("[1/2] FROM busybox", from: 1, to: 1, cached: true))
        terminal.hear(step("[2/2] RUN a very long line that doesn't fit in here", from: 1))
        terminal.hear(log("[2/2] RUN a very long line that doesn't fit in here", "out\u{1b}[2Jput\n", at: 2))
        let first = terminal.paint(size, now: 3 * Self.second)
        func line(_ left: String, _ right: String) -> String {
            left + String(repeating: " ", count: 49 - left.count - right.count) + right
        }
        let lines = [
            line("[+] Building 3.0s (1/2)", "docker:default"), line(" => CACHED [1/2] FROM busybox", "0.0s"),
            line(" => [2/2] RUN a very long line that doesn't ", "2.0s"), " => => # out[2Jput",
        ]
        #expect(first == "\u{1b}[?25l" + lines.map { "\r\u{1b}[2K\($0)\n" }.joined() + "\u{1b}[?25h")
        terminal.hear(step("[2/2] RUN a very long line that doesn't fit in here", from: 1, to: 4, error: "no"))
        let last = terminal.paint(size, now: 4 * Self.second, isLast: true)
        #expect(last.hasPrefix("\u{1b}[?25l\u{1b}[4A"))
        #expect(last.contains(line("[+] Building 4.0s (2/2) FINISHED", "docker:default")))
        #expect(last.contains(" => ERROR [2/2] RUN a very long line"))
        #expect(last.hasSuffix("\u{1b}[2K\n\u{1b}[1A\u{1b}[?25h"), "a line that went is wiped: \(last)")
    }

    @Test(
        "amounts",
        arguments: [(0, "0B"), (999, "999B"), (1_050, "1.05kB"), (33_554_432, "33.55MB")] as [(Int64, String)])
    func amounts(_ bytes: Int64, _ text: String) {
        #expect(ProgressBytes.text(bytes) == text)
    }

    @Test("documents for programs")
    func raw() {
        #expect(
            RawProgress.text(log("v", "hi", at: 1))
                == #"{"logs":[{"vertex":"v","stream":1,"data":"aGk=","timestamp":"1970-01-01T00:00:01Z"}]}"# + "\n")
        #expect(RawProgress.text(BuildStatus()) == "")
    }

    @Test("the Dockerfile's lines around what failed")
    func excerpt() {
        let text = (1...9).map { "line \($0)" }.joined(separator: "\n")
        #expect(
            SourcePlace(file: "Dockerfile", text: text, lines: 1...1).excerpt == """
                Dockerfile:1
                --------------------
                   1 | >>> line 1
                   2 |     line 2
                   3 |     line 3
                --------------------

                """)
        #expect(
            SourcePlace(file: "D", text: text, lines: 4...5).excerpt == """
                D:4
                --------------------
                   3 |     line 3
                   4 | >>> line 4
                   5 | >>> line 5
                   6 |     line 6
                --------------------

                """)
        #expect(SourcePlace(file: "D", text: text, lines: 20...20).excerpt == "")
    }
}
