import ContainerRuntime
import Foundation
import JSON
import NIOCore
import Testing

@Suite(.enabled(if: isRoot), .serialized) struct StreamTests {
    private func process(_ arguments: [String], _ change: (inout JSON) -> Void = { _ in }) throws -> JSON {
        let list = (["/probe"] + arguments).map { "\"\($0)\"" }.joined(separator: ",")
        var process = try JSON(parsing: #"{"args":[\#(list)],"cwd":"/","env":["PATH=/"],"user":{"uid":0,"gid":0}}"#)
        change(&process)
        return process
    }

    @Test func attachedClientsGetBothStreamsApart() async throws {
        try await withSandbox { box in
            _ = try await box.runtime.create(try box.launch("a", ["echo", "-e", "oops"]))
            let stdio = try await box.runtime.attach("a", exec: nil, stdin: false)
            try await box.runtime.start("a")
            var frames: [(UInt8, String)] = []
            while let (stream, bytes) = try await stdio.next() { frames.append((stream, String(buffer: bytes))) }
            #expect(frames.map(\.0) == [2])
            #expect(frames.map(\.1) == ["oops\n"])
        }
    }

    @Test func stdinReachesThePayloadAndItsEndToo() async throws {
        try await withSandbox { box in
            _ = try await box.runtime.create(try box.launch("cat", ["cat"], openStdin: true, stdinOnce: true))
            let stdio = try await box.runtime.attach("cat", exec: nil, stdin: true)
            try await box.runtime.start("cat")
            // More than all buffers on the way hold, so that both directions push back.
            let text = String(repeating: "0123456789abcde\n", count: 16 << 10)
            async let echoed = read(stdio)
            try await stdio.write(ByteBuffer(string: text))
            await stdio.closeInput()
            #expect(try await echoed == text)
            #expect(try await box.runtime.wait("cat").code == 0)
            #expect(try box.output("cat") == text)
        }
    }

    @Test func stdinOfAClientThatLeftIsReadToItsEnd() async throws {
        try await withSandbox { box in
            _ = try await box.runtime.create(try box.launch("left", ["cat"], openStdin: true, stdinOnce: true))
            let stdio = try await box.runtime.attach("left", exec: nil, stdin: true)
            // Before the start nobody reads: most of it waits in the socket when the client goes.
            let text = String(repeating: "0123456789abcde\n", count: 8 << 10)
            try await stdio.write(ByteBuffer(string: text))
            await stdio.close()
            try await box.runtime.start("left")
            #expect(try await box.runtime.wait("left").code == 0)
            #expect(try box.output("left") == text)
        }
    }

    @Test func stdinIsEmptyWhenNobodyMayWriteIt() async throws {
        try await withSandbox { box in
            let (exit, out) = try await box.run(["cat"])
            #expect(exit.code == 0)
            #expect(out == "")
        }
    }

    @Test func stdinOnceEndsWithItsClient() async throws {
        try await withSandbox { box in
            _ = try await box.runtime.create(try box.launch("once", ["cat"], openStdin: true, stdinOnce: true))
            let stdio = try await box.runtime.attach("once", exec: nil, stdin: true)
            try await box.runtime.start("once")
            try await stdio.write(ByteBuffer(string: "bye\n"))
            #expect(try await read(stdio, until: "bye") == "bye\n")
            await stdio.close()
            #expect(try await box.runtime.wait("once").code == 0)
        }
    }

    @Test func aClientThatDoesNotReadHoldsThePayloadBackAndLosesNothing() async throws {
        try await withSandbox { box in
            let count = 60_000, size = 100
            _ = try await box.runtime.create(try box.launch("slow", ["lines", "\(count)", "\(size)"]))
            let stdio = try await box.runtime.attach("slow", exec: nil, stdin: false)
            try await box.runtime.start("slow")
            try await Task.sleep(for: .milliseconds(300))
            #expect(try await box.runtime.state("slow")?.status == .running)
            let logged = try FileManager.default.attributesOfItem(atPath: box.log("slow"))[.size] as? Int ?? 0
            #expect(logged < 3 << 20)
            var bytes = 0
            while let (_, chunk) = try await stdio.next() { bytes += chunk.readableBytes }
            #expect(bytes == count * size)
            #expect(try await box.runtime.wait("slow").code == 0)
            #expect(try box.output("slow").utf8.count == count * size)
        }
    }

    @Test func aTerminalIsOneWithItsSizeAndControl() async throws {
        try await withSandbox { box in
            let id = "tty"
            _ = try await box.runtime.create(
                try box.launch(id, ["isatty"], openStdin: true) {
                    $0["process"]["terminal"] = true
                    $0["process"]["consoleSize"] = try! JSON(parsing: #"{"height":33,"width":101}"#)
                })
            let stdio = try await box.runtime.attach(id, exec: nil, stdin: true)
            try await box.runtime.start(id)
            #expect(try await read(stdio) == "0 1\r\n1 1\r\n2 1\r\n33x101\r\n")
            #expect(try await box.runtime.wait(id).code == 0)
        }
    }

    @Test func aTerminalPassesInputOnAndIsResized() async throws {
        try await withSandbox { box in
            _ = try await box.runtime.create(
                try box.launch("t", ["cat"], openStdin: true) { $0["process"]["terminal"] = true })
            let stdio = try await box.runtime.attach("t", exec: nil, stdin: true)
            try await box.runtime.start("t")
            try await stdio.write(ByteBuffer(string: "word\n"))
            _ = try await read(stdio, until: "word\r\nword\r\n")
            try await box.runtime.resize("t", exec: nil, rows: 7, columns: 9)
            _ = try await box.runtime.exec(
                "t", execID: "look", process: try process(["isatty"]) { $0["terminal"] = true }, openStdin: false,
                waitForAttach: true)
            try await stdio.write(ByteBuffer(bytes: [3]))  // ^C
            // Process 1 of a pid namespace has no default for SIGINT, so it goes on.
            #expect(try await box.runtime.state("t")?.status == .running)
        }
    }

    @Test func execsRunInTheContainerWithTheirOwnStreamsAndExit() async throws {
        try await withSandbox { box in
            _ = try await box.runtime.create(try box.launch("c", ["sleep", "1000"]))
            try await box.runtime.start("c")
            let pid = try await box.runtime.exec(
                "c", execID: "one", process: try process(["cat"]), openStdin: true, waitForAttach: true)
            #expect(pid > 0)
            let stdio = try await box.runtime.attach("c", exec: "one", stdin: true)
            try await stdio.write(ByteBuffer(string: "through\n"))
            await stdio.closeInput()
            #expect(try await read(stdio) == "through\n")
            #expect(try await box.runtime.waitExec("c", execID: "one").code == 0)
            _ = try await box.runtime.exec(
                "c", execID: "two", process: try process(["exit", "7"]), openStdin: false, waitForAttach: false)
            #expect(try await box.runtime.waitExec("c", execID: "two").code == 7)
            #expect(try box.output("c") == "")
        }
    }

    @Test func anExecSeesTheContainersNamespacesAndItsOwnTerminal() async throws {
        try await withSandbox { box in
            _ = try await box.runtime.create(try box.launch("c", ["sleep", "1000"]))
            try await box.runtime.start("c")
            _ = try await box.runtime.exec(
                "c", execID: "tty",
                process: try process(["isatty"]) {
                    $0["terminal"] = true
                    $0["consoleSize"] = try! JSON(parsing: #"{"height":5,"width":6}"#)
                }, openStdin: true, waitForAttach: true)
            let stdio = try await box.runtime.attach("c", exec: "tty", stdin: true)
            #expect(try await read(stdio) == "0 1\r\n1 1\r\n2 1\r\n5x6\r\n")
            _ = try await box.runtime.exec(
                "c", execID: "ids", process: try process(["ids"]), openStdin: false, waitForAttach: true)
            let ids = try await read(try await box.runtime.attach("c", exec: "ids", stdin: false))
            #expect(ids.contains("host box"))
            #expect(ids.contains("pid 2") || ids.contains("pid 3"))
        }
    }

    @Test func anExecThatCannotRunSaysWhy() async throws {
        try await withSandbox { box in
            _ = try await box.runtime.create(try box.launch("c", ["sleep", "1000"]))
            try await box.runtime.start("c")
            let failure = await #expect(throws: StartFailure.self) {
                _ = try await box.runtime.exec(
                    "c", execID: "x", process: try process([]) { $0["args"] = ["nope"] }, openStdin: false,
                    waitForAttach: false)
            }
            #expect(failure?.exitCode == 127)
            #expect(failure?.message == "exec: \"nope\": executable file not found in $PATH")
            #expect(try await box.runtime.state("c")?.status == .running)
        }
    }

    @Test func theLogRotatesBySizeAndKeepsTheNewestFiles() async throws {
        try await withSandbox { box in
            _ = try await box.runtime.create(
                try box.launch("r", ["lines", "3000", "100"], maxSize: 100_000, maxFiles: 3))
            try await box.runtime.start("r")
            #expect(try await box.runtime.wait("r").code == 0)
            for suffix in ["", ".1", ".2"] {
                let size = try FileManager.default.attributesOfItem(atPath: box.log("r") + suffix)[.size] as? Int ?? 0
                #expect(size > 0 && size < 101_000)
                #expect(try box.output("r", suffix: suffix).utf8.count % 100 == 0)
            }
            #expect(!FileManager.default.fileExists(atPath: box.log("r") + ".3"))
        }
    }

    @Test func compressedFilesAreRotatedWithTheOthersUnlessSomebodyHoldsThem() async throws {
        try await withSandbox { box in
            for isHeld in [false, true] {
                let id = "z\(isHeld)"
                var launch = try box.launch(id, ["lines", "150", "100"], maxSize: 10_000, maxFiles: 4)
                launch.log.compresses = true
                try Data("one".utf8).write(to: URL(fileURLWithPath: box.log(id) + ".1.gz"))
                try Data("three".utf8).write(to: URL(fileURLWithPath: box.log(id) + ".3.gz"))
                let folder = URL(fileURLWithPath: box.log(id)).deletingLastPathComponent().path
                let lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
                defer { close(lock) }
                if isHeld { #expect(flock(lock, LOCK_SH) == 0) }
                _ = try await box.runtime.create(launch)
                try await box.runtime.start(id)
                #expect(try await box.runtime.wait(id).code == 0)
                let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter {
                    $0.hasPrefix(URL(fileURLWithPath: box.log(id)).lastPathComponent + ".")
                }
                // 150 lines of 100 bytes fill a file twice; what was third has gone.
                let suffixes = Set(names.map { $0.split(separator: ".").suffix(from: 2).joined(separator: ".") })
                #expect(suffixes == (isHeld ? ["1.gz", "3.gz"] : ["1", "2", "3.gz"]))
                let oldest = try String(contentsOfFile: box.log(id) + ".3.gz", encoding: .utf8)
                #expect(oldest == (isHeld ? "three" : "one"))
            }
        }
    }

    @Test func aLogThatStandsStillHoldsNobodyUpWhoMayLoseLines() async throws {
        try await withSandbox { box in
            let count = 40_000, size = 100
            var launch = try box.launch("n", ["lines", "\(count)", "\(size)"])
            launch.log.bufferSize = 1 << 20
            // A pipe that nobody reads stands for the disk.
            #expect(mkfifo(box.log("n"), 0o600) == 0)
            let pipe = open(box.log("n"), O_RDWR | O_CLOEXEC)
            _ = try await box.runtime.create(launch)
            let stdio = try await box.runtime.attach("n", exec: nil, stdin: false)
            try await box.runtime.start("n")
            var bytes = 0
            while bytes < count * size, let (_, chunk) = try await stdio.next() { bytes += chunk.readableBytes }
            #expect(bytes == count * size, "the payload writes on, and attached clients lose nothing")
            // The reader goes on for as long as the container needs it, on a machine as slow as may be.
            let end = Array("END\n".utf8)
            let drained = Task.detached {
                var all: [UInt8] = [], chunk = [UInt8](repeating: 0, count: 64 << 10), hasEnded = false
                var wait = pollfd(fd: pipe, events: Int16(POLLIN), revents: 0)
                while poll(&wait, 1, hasEnded ? 1_000 : 60_000) > 0 {
                    let count = read(pipe, &chunk, chunk.count)
                    guard count > 0 else { break }
                    all.append(contentsOf: chunk[..<count])
                    if !hasEnded, let at = all.firstRange(of: end) {
                        hasEnded = true
                        all.removeSubrange(at)
                    }
                }
                close(pipe)
                return all
            }
            #expect(try await box.runtime.wait("n").code == 0)
            #expect(write(pipe, end, end.count) == end.count)
            let logged = await drained.value
            let lines = try String(decoding: logged, as: UTF8.self).split(separator: "\n").map {
                try JSON(parsing: String($0))["log"].string?.utf8.count
            }
            #expect(lines.allSatisfy { $0 == size }, "what is there is whole")
            #expect(lines.count * size > 1 << 20 && lines.count < count / 2, "the buffer's worth: \(lines.count)")
        }
    }

    @Test func aQueuedLogLosesNothingWhileItsFileTakesAll() async throws {
        try await withSandbox { box in
            var launch = try box.launch("q", ["lines", "3000", "100"], maxSize: 100_000, maxFiles: 9)
            launch.log.bufferSize = 64 << 20
            _ = try await box.runtime.create(launch)
            try await box.runtime.reopenLog("q")
            try await box.runtime.start("q")
            #expect(try await box.runtime.wait("q").code == 0)
            var bytes = 0
            for suffix in ["", ".1", ".2", ".3", ".4", ".5", ".6", ".7", ".8"] {
                bytes += (try? box.output("q", suffix: suffix).utf8.count) ?? 0
            }
            #expect(bytes == 300_000)
        }
    }

    @Test func theLocalFormatHoldsEveryLineForwardsAndBackwards() async throws {
        try await withSandbox { box in
            _ = try await box.runtime.create(try box.launch("l", ["lines", "1000", "50"], format: .local))
            try await box.runtime.start("l")
            _ = try await box.runtime.wait("l")
            let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: box.log("l"))))
            var at = 0, lines = 0
            while at < bytes.count {
                let length = (0..<4).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) }
                #expect(length == 49 + 9)
                #expect(bytes[at + 4] == 1)
                #expect(Array(bytes[(at + 4 + length)..<(at + 8 + length)]) == Array(bytes[at..<(at + 4)]))
                at += length + 8
                lines += 1
            }
            #expect(lines == 1000)
        }
    }

    @Test func daemonlessMonitorsKeepTheContainerUntilSomebodyLooks() async throws {
        try await withSandbox { box in
            _ = try await box.runtime.create(try box.launch("k", ["cat"], openStdin: true))
            try await box.runtime.start("k")
            let other = try ContainerRuntime(stateRoot: box.folder + "/state")
            #expect(try await other.list().map(\.status) == [.running])
            let stdio = try await other.attach("k", exec: nil, stdin: true)
            try await stdio.write(ByteBuffer(string: "still here\n"))
            #expect(try await read(stdio, until: "here") == "still here\n")
            try await other.signal("k", SIGKILL)
            #expect(try await other.wait("k").code == 137)
        }
    }
}
