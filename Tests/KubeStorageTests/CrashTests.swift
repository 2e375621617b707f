import Foundation
import TestKit
import Testing

/// `storagewriter` writes and gets kill -9 at a random moment, again and again on one folder.
@Suite struct CrashTests {
    /// Beside the test's own program.
    static let writer = Repo.root + "/.build/debug/storagewriter"

    @Test(
        "after kill -9 every acknowledged write is there, and no revision is skipped or used twice",
        .timeLimit(.minutes(5)))
    func kills() async throws {
        let folder = DataFolder()
        let store = folder.path + "/store"
        var random = SeededGenerator(seed: Fuzz.seeds(1).first ?? 0)
        var lines = ""
        for round in 0..<(ProcessInfo.processInfo.environment["HAKO_FUZZ"].flatMap(Int.init) ?? 30) {
            let seconds = Double.random(in: 0.05...0.4, using: &random)
            let written = try await Command.run(
                ["timeout", "--foreground", "-s", "KILL", "\(seconds)", Self.writer, "write", store, "\(round)"])
            #expect(written.status == 137, "\(written)")
            lines += written.out
            let checked = try await Command.run([Self.writer, "check", store], input: lines)
            #expect(checked.status == 0 && checked.out.hasPrefix("ok: "), "round \(round): \(checked)")
        }
        #expect(lines.count { $0 == "\n" } > 300)
    }
}
