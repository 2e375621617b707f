import Foundation
import TestKit
import Testing

@Suite("Rotated logs", .serialized)
struct LogRotationTests {
    @Test("compress=true compresses rotated files, also those of a time without daemon, and logs reads them all")
    func compression() async throws {
        try await Sandbox.with { box in
            let id = try await box.ok(
                "run", "-d", "--name", "talker", "--log-opt", "max-size=20k", "--log-opt", "max-file=100",
                "--log-opt", "compress=true", "busybox", "sh", "-c",
                "seq 1 1000; while ! [ -e /go ]; do sleep 0.1; done; seq 1001 2000; sleep 1000")
            let folder = box.root + "/data/containers/\(id)"
            func plain() throws -> [String] {
                try FileManager.default.contentsOfDirectory(atPath: folder)
                    .filter { $0.contains("-json.log.") && !$0.hasSuffix(".gz") }
            }
            func logged(_ count: Int) async throws {
                let expected = (1...count).map(String.init).joined(separator: "\n")
                #expect(try await box.ok("logs", "talker") == expected)
                #expect(try await box.ok("logs", "--tail", "700", "talker").split(separator: "\n").count == 700)
            }
            try await until("the first are compressed") {
                try await box.ok("logs", "--tail", "1", "talker") == "1000" && plain().isEmpty
            }
            try await logged(1000)
            try await box.stopDaemon(SIGKILL)
            let pid = try String(contentsOfFile: box.root + "/run/containers/\(id)/pid", encoding: .utf8)
            let root = "/proc/" + pid.trimmingCharacters(in: .whitespacesAndNewlines) + "/root"
            #expect(FileManager.default.createFile(atPath: root + "/go", contents: nil))
            try await until("the monitor has rotated") { try plain().count > 1 }
            try await box.startDaemon()
            try await until("all are compressed") {
                try await box.ok("logs", "--tail", "1", "talker") == "2000" && plain().isEmpty
            }
            try await logged(2000)
            try await box.ok("rm", "-f", "talker")
            #expect(!FileManager.default.fileExists(atPath: folder))
        }
    }

    @Test("mode=non-blocking logs like any other, and leaves no process behind")
    func nonBlocking() async throws {
        try await Sandbox.with { box in
            let out = try await box.ok(
                "run", "--name", "quick", "--log-opt", "mode=non-blocking", "--log-opt", "max-buffer-size=16m",
                "busybox", "seq", "1", "5000")
            #expect(out.hasSuffix("\n5000"))
            #expect(
                try await box.ok("logs", "quick") == (1...5000).map(String.init).joined(separator: "\n"))
        }
    }
}
