import CLinux
import ContainerRuntime
import DockerModel
import Fault
import Linux
import NIOCore
import TestKit
import Testing

@testable import Engine

@Suite struct LogTests {
    private static func parse(_ text: String) -> (LogParser.Step, LogEntry) {
        var entry = LogEntry(stream: 0, time: 0, text: [])
        let step = Array(text.utf8).withUnsafeBufferPointer { LogParser.json($0, at: 0, into: &entry) }
        return (step, entry)
    }

    @Test("a line of json-file is read, whatever is escaped in it")
    func jsonLines() {
        let line =
            #"{"log":"a \"b\" \\ \u003c\u00e9\ud83d\ude00\t\n","stream":"stderr","time":"2026-11-22T10:11:12.5Z"}"#
            + "\n"
        let (step, entry) = Self.parse(line)
        #expect(step == .entry(next: line.utf8.count))
        #expect(String(decoding: entry.text, as: UTF8.self) == "a \"b\" \\ <é😀\t\n")
        #expect(entry.stream == 2)
        #expect(entry.time == nanoseconds(rfc3339: "2026-11-22T10:11:12.5Z"))
    }

    @Test("a line of another writer's form is read too, and one that is none is passed over")
    func foreignLines() {
        let (_, entry) = Self.parse(
            #"{"time":"2026-11-22T10:11:12Z","stream":"stdout","attrs":{"a":"b"},"log":"x\n"}"# + "\n")
        #expect(entry.text == Array("x\n".utf8))
        #expect(Self.parse("not json\n").0 == .damaged(next: 9))
        #expect(Self.parse(#"{"log":"half"#).0 == .incomplete)
    }

    @Test("what the monitor writes is read back, in both formats")
    func roundTrip() {
        let time: Int64 = 1_795_342_272_123_456_789
        for text in ["", "plain", "tab\tquote\"back\\slash", "ünï©ode", "<html>&amp;", "\u{2028}", "a\rb"] {
            var room = [UInt8](repeating: 0, count: LogFormat.entryLimit)
            let bytes = Array(text.utf8)
            var entry = LogEntry(stream: 0, time: 0, text: [])
            let tail = LogFormat.jsonTail(stream: 2, time: LogFormat.timestamp(time))
            let json = room.withUnsafeMutableBufferPointer { out in
                bytes.withUnsafeBufferPointer { text in
                    tail.withUnsafeBufferPointer {
                        LogFormat.jsonEntry(text, newline: true, tail: $0, to: out.baseAddress.unsafelyUnwrapped)
                    }
                }
            }
            #expect(
                room[..<json].withUnsafeBufferPointer { LogParser.json($0, at: 0, into: &entry) } == .entry(next: json))
            #expect(entry == LogEntry(stream: 2, time: time, text: bytes + [10]))
            let local = room.withUnsafeMutableBufferPointer { out in
                bytes.withUnsafeBufferPointer {
                    LogFormat.localEntry(
                        $0, newline: false, stream: 1, nanoseconds: time, to: out.baseAddress.unsafelyUnwrapped)
                }
            }
            #expect(
                room[..<local].withUnsafeBufferPointer { LogParser.local($0, at: 0, into: &entry) }
                    == .entry(next: local))
            #expect(entry == LogEntry(stream: 1, time: time, text: bytes))
        }
    }

    @Test("times are shown with nine digits")
    func times() {
        #expect(String(decoding: LogTime.fixed(1_500_000_000), as: UTF8.self) == "1970-01-01T00:00:01.500000000Z")
        #expect(String(decoding: LogTime.fixed(0), as: UTF8.self) == "1970-01-01T00:00:00.000000000Z")
    }

    private static func withFolder(_ body: (String) throws -> Void) throws {
        let folder = "/tmp/hako-log-test-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        try KernelFile.makeFolders(folder, mode: 0o700)
        defer {
            for name in KernelFile.names(in: folder) { unlink(folder + "/" + name) }
            rmdir(folder)
        }
        try body(folder)
    }

    private static func lines(_ range: Range<Int>) -> [UInt8] {
        range.flatMap { number in
            Array(#"{"log":"line \#(number)\n","stream":"stdout","time":"1970-01-01T00:00:0\#(number % 10)Z"}"#.utf8)
                + [10]
        }
    }

    private static func write(_ path: String, _ bytes: [UInt8], _ flags: Int32 = O_APPEND) throws {
        try OwnedDescriptor.open(path, O_WRONLY | O_CREAT | flags, mode: 0o600).writeAll(bytes)
    }

    private static func all(_ cursor: LogCursor) throws -> String {
        var text = ""
        while true {
            let chunks = try cursor.read()
            if chunks.isEmpty { return text }
            text += chunks.map { String(buffer: $0.bytes) }.joined()
        }
    }

    @Test("rotated files are read oldest first, and a tail goes back over them")
    func rotatedFiles() throws {
        try Self.withFolder { folder in
            let files = LogFiles(format: .jsonFile, path: folder + "/c.log")
            try Self.write(folder + "/c.log.2", Self.lines(0..<3))
            try Self.write(folder + "/c.log.1", Self.lines(3..<6))
            try Self.write(folder + "/c.log", Self.lines(6..<8))
            #expect(
                try Self.all(LogCursor(files, LogSelection(), tail: nil, isLineByLine: false))
                    == (0..<8).map { "line \($0)\n" }.joined())
            for count in 0...9 {
                let text = try Self.all(LogCursor(files, LogSelection(), tail: count, isLineByLine: false))
                #expect(text == (max(0, 8 - count)..<8).map { "line \($0)\n" }.joined())
            }
        }
    }

    @Test("a reader at the end goes on when the file is written, renamed or cut")
    func followsRotation() throws {
        try Self.withFolder { folder in
            let path = folder + "/c.log"
            try Self.write(path, Self.lines(0..<2))
            let cursor = try LogCursor(
                LogFiles(format: .jsonFile, path: path), LogSelection(), tail: nil, isLineByLine: true)
            #expect(try Self.all(cursor) == "line 0\nline 1\n")
            let next = Self.lines(2..<3)
            try Self.write(path, Array(next[..<20]))
            #expect(try Self.all(cursor) == "")
            try Self.write(path, Array(next[20...]))
            rename(path, path + ".1")
            try Self.write(path, Self.lines(3..<4))
            #expect(try Self.all(cursor) == "line 2\nline 3\n")
            try Self.write(path, Self.lines(4..<5), O_TRUNC)
            // A cut file that has grown as long again can't be told from an untouched one; this is shorter or equal.
            try Self.write(path, [], O_TRUNC)
            #expect(try Self.all(cursor) == "")
            try Self.write(path, Self.lines(5..<6))
            #expect(try Self.all(cursor) == "line 5\n")
        }
    }

    @Test("compressed files are read like the others, and the tail goes back over them")
    func compressedFiles() throws {
        try Self.withFolder { folder in
            let files = LogFiles(format: .jsonFile, path: folder + "/c.log")
            try Self.write(folder + "/c.log.2", Self.lines(0..<3))
            try files.compressRotated(isCancelled: { false })
            // No first file: nothing beyond it is looked at.
            #expect(KernelFile.names(in: folder) == ["c.log.2"])
            try Self.write(folder + "/c.log.1", Self.lines(3..<6))
            try Self.write(folder + "/c.log", Self.lines(6..<8))
            try files.compressRotated(isCancelled: { false })
            #expect(KernelFile.names(in: folder).sorted() == ["c.log", "c.log.1.gz", "c.log.2.gz"])
            for count in 0...9 {
                let text = try Self.all(LogCursor(files, LogSelection(), tail: count, isLineByLine: false))
                #expect(text == (max(0, 8 - count)..<8).map { "line \($0)\n" }.joined())
            }
            // A plain file beside its archive is what a crash in between leaves.
            try Self.write(folder + "/c.log.1", Self.lines(3..<6))
            let all = (0..<8).map { "line \($0)\n" }.joined()
            #expect(try Self.all(LogCursor(files, LogSelection(), tail: nil, isLineByLine: false)) == all)
            try files.compressRotated(isCancelled: { false })
            #expect(access(folder + "/c.log.1", F_OK) != 0)
            #expect(try Self.all(LogCursor(files, LogSelection(), tail: nil, isLineByLine: false)) == all)
            // Half an archive gives what is in it.
            truncate(folder + "/c.log.2.gz", 60)
            #expect(
                try Self.all(LogCursor(files, LogSelection(), tail: nil, isLineByLine: false)).hasSuffix("line 7\n"))
        }
    }

    @Test("gzip reads an archive, which keeps its file's time; a compression called off leaves the file")
    func archives() throws {
        try Self.withFolder { folder in
            let files = LogFiles(format: .jsonFile, path: folder + "/c.log")
            try Self.write(folder + "/c.log.1", Self.lines(0..<300))
            let before = try OwnedDescriptor.open(folder + "/c.log.1", O_RDONLY).status()
            #expect(throws: CancellationError.self) { try files.compressRotated(isCancelled: { true }) }
            #expect(KernelFile.names(in: folder) == ["c.log.1"])
            try files.compressRotated(isCancelled: { false })
            let archive = try OwnedDescriptor.open(folder + "/c.log.1.gz", O_RDONLY)
            #expect(try archive.status().st_mtim.tv_nsec == before.st_mtim.tv_nsec)
            #expect(try archive.status().st_size < before.st_size / 4)
            #expect(try LogArchive.inode(of: archive) == UInt64(before.st_ino))
            #expect(system("gzip -dc '\(folder)/c.log.1.gz' > '\(folder)/plain'") == 0)
            #expect(try KernelFile.bytes(folder + "/plain") == Self.lines(0..<300))
        }
    }

    @Test("a reader goes on in the right place when the file it was in has been rotated and compressed")
    func followsCompression() throws {
        try Self.withFolder { folder in
            let path = folder + "/c.log"
            let files = LogFiles(format: .jsonFile, path: path)
            try Self.write(path, Self.lines(0..<2))
            let cursor = try LogCursor(files, LogSelection(), tail: nil, isLineByLine: true)
            #expect(try Self.all(cursor) == "line 0\nline 1\n")
            for start in [2, 5] {
                try Self.write(path, Self.lines(start..<(start + 1)))
                rename(path + ".1.gz", path + ".3.gz")
                rename(path, path + ".2")
                try Self.write(path + ".1", Self.lines((start + 1)..<(start + 2)))
                try Self.write(path, Self.lines((start + 2)..<(start + 3)))
                try files.compressRotated(isCancelled: { false })
                #expect(try Self.all(cursor) == (start..<(start + 3)).map { "line \($0)\n" }.joined())
            }
        }
    }

    @Test("streams, since, until, timestamps and details select and dress")
    func selection() throws {
        try Self.withFolder { folder in
            let path = folder + "/c.log"
            try Self.write(path, Self.lines(0..<9))
            try Self.write(
                path, Array((#"{"log":"oops\n","stream":"stderr","time":"1970-01-01T00:00:09Z"}"# + "\n").utf8))
            let files = LogFiles(format: .jsonFile, path: path)
            var selection = LogSelection()
            selection.since = 7_000_000_000
            #expect(
                try Self.all(LogCursor(files, selection, tail: nil, isLineByLine: false)) == "line 7\nline 8\noops\n")
            selection.stderr = false
            selection.until = 7_500_000_000
            selection.timestamps = true
            selection.details = Array("a=b ".utf8)
            #expect(
                try Self.all(LogCursor(files, selection, tail: nil, isLineByLine: false))
                    == "1970-01-01T00:00:07.000000000Z a=b line 7\n")
        }
    }

    @Test("damaged files end the reading or are passed over, never crash it", arguments: Fuzz.seeds(5))
    func fuzz(_ seed: UInt64) throws {
        try Self.withFolder { folder in
            var generator = SeededGenerator(seed: seed)
            func random() -> UInt64 { generator.next() }
            for round in 0..<60 {
                var bytes = Self.lines(0..<5)
                for _ in 0..<8 { bytes[Int(random() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random()) }
                let format: LogFile.Format = round % 2 == 0 ? .jsonFile : .local
                try Self.write(folder + "/f", bytes, O_TRUNC)
                let tail = round % 3 == 0 ? 2 : nil
                _ = try Self.all(
                    LogCursor(
                        LogFiles(format: format, path: folder + "/f"), LogSelection(), tail: tail, isLineByLine: false))
            }
        }
    }
}
