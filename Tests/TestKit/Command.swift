import Foundation
import Synchronization

/// What a program answered.
package struct Answer: Sendable, CustomStringConvertible {
    package let command: String
    package let status: Int32
    package let out: String
    package let err: String
    package var description: String { "$ \(command)\n[\(status)]\n\(out)\(err)" }
}

/// Something that a test relies on didn't come about.
package struct Timeout: Error, CustomStringConvertible {
    package let description: String
    package init(description: String) { self.description = description }
}

/// Runs programs to their end. Output goes through files, so no amount of it can block.
package enum Command {
    private final class Flags: Sendable {
        let isOver = Atomic<Bool>(false)
        let isLate = Atomic<Bool>(false)
    }

    /// A killed program's status is 128 + the signal. Throws `Timeout` after `seconds`, having killed it.
    package static func run(
        _ arguments: [String], environment: [String: String] = [:], input: String = "", seconds: Double = 60
    ) async throws -> Answer {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("hako-command-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let files = ["in", "out", "err"].map { folder.appendingPathComponent($0) }
        try Data(input.utf8).write(to: files[0])
        for file in files.dropFirst() { try Data().write(to: file) }

        let descriptors = [
            open(files[0].path, O_RDONLY | O_CLOEXEC), open(files[1].path, O_WRONLY | O_CLOEXEC),
            open(files[2].path, O_WRONLY | O_CLOEXEC),
        ]
        defer { for descriptor in descriptors { close(descriptor) } }
        let process = try Spawned(arguments, environment: environment, descriptors: descriptors)
        let flags = Flags()
        let watch = Task {
            try await Task.sleep(for: .seconds(seconds))
            guard !flags.isOver.load(ordering: .relaxed) else { return }
            flags.isLate.store(true, ordering: .relaxed)
            kill(process.pid, SIGKILL)
        }
        let status = await withCheckedContinuation { done in
            Thread.detachNewThread {
                let status = process.wait()
                flags.isOver.store(true, ordering: .relaxed)
                done.resume(returning: status)
            }
        }
        watch.cancel()
        let answer = Answer(
            command: arguments.joined(separator: " "),
            status: status,
            out: String(decoding: try Data(contentsOf: files[1]), as: UTF8.self),
            err: String(decoding: try Data(contentsOf: files[2]), as: UTF8.self))
        if flags.isLate.load(ordering: .relaxed) {
            throw Timeout(description: "no end after \(seconds) s, killed: \(answer)")
        }
        return answer
    }
}

/// Where things are in the checkout.
package enum Repo {
    package static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path
    /// The program under test; `HAKO_BINARY` names another build.
    package static let hako = ProcessInfo.processInfo.environment["HAKO_BINARY"] ?? root + "/.build/debug/hako"
    /// The tests' own static workload.
    package static let probe = root + "/.build/debug/probe"
    package static let images = root + "/out/images"
}

/// Asks again until the condition holds; throws `Timeout` after `seconds`.
package func until(_ what: String, seconds: Double = 10, _ holds: () async throws -> Bool) async throws {
    let end = Date().addingTimeInterval(seconds)
    while try await !holds() {
        guard Date() < end else { throw Timeout(description: "not within \(seconds) s: \(what)") }
        try await Task.sleep(for: .milliseconds(20))
    }
}
