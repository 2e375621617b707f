import Foundation
import Synchronization
import Testing

/// An API server of a test's own on a free loopback port, with an administrator's kubeconfig. Ended when the test ends,
/// however it ends.
package final class KubeSandbox: Sendable {
    package let root: String
    package let port: Int
    private let service = Mutex<Service?>(nil)
    private let flags: [String]

    private static let counter = Atomic<Int>(0)

    /// The original client, unpacked by `make test`.
    package static let hasKubectl = FileManager.default.isExecutableFile(atPath: Repo.root + "/out/kube/bin/kubectl")

    package static func with<T>(flags: [String] = [], _ body: (KubeSandbox) async throws -> T) async throws -> T {
        let box = try KubeSandbox(flags)
        do {
            try await box.start()
            let result = try await body(box)
            box.takeDown()
            return result
        } catch {
            Issue.record("server's log:\n\(box.log.suffix(3000))")
            box.takeDown()
            throw error
        }
    }

    private init(_ flags: [String]) throws {
        let number = Self.counter.add(1, ordering: .relaxed).newValue
        root = NSTemporaryDirectory() + "hako-kube-\(getpid())-\(number)"
        port = Int(try freePort())
        self.flags = flags
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    }

    package var kubeconfig: String { root + "/kubeconfig" }
    package var log: String { (try? String(contentsOfFile: root + "/server.log", encoding: .utf8)) ?? "" }
    package var pid: Int32? { service.withLock { $0?.pid } }

    package func start() async throws {
        let server = try Service(
            [
                Repo.hako, "apiserver", "--data-dir", root + "/data", "--bind-address", "127.0.0.1", "--secure-port",
                "\(port)", "--write-kubeconfig", kubeconfig,
            ] + flags, environment: ["HOME": root], logFile: root + "/server.log")
        service.withLock { $0 = server }
        try await until("server answers") {
            guard server.isRunning else { throw Timeout(description: "the server ended:\n\(server.log)") }
            return try await self.kubectl("get", "--raw", "/readyz").out == "ok"
        }
    }

    /// Ends the server and waits until it is gone; `start` begins another on the same data.
    package func stop(_ signal: Int32 = SIGTERM) async throws {
        guard let server = service.withLock({ $0 }) else { return }
        server.signal(signal)
        try await until("server is gone", seconds: 15) { !server.isRunning }
        server.stop()
        service.withLock { $0 = nil }
    }

    // MARK: Commands

    private var environment: [String: String] {
        [
            "KUBECONFIG": kubeconfig, "HOME": root, "LC_ALL": "C.UTF-8", "TZ": "UTC",
            "PATH": "\(Repo.root)/out/kube/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        ]
    }

    /// `kubectl ARGUMENTS…` as the administrator.
    @discardableResult
    package func kubectl(_ arguments: String..., input: String = "", seconds: Double = 60) async throws -> Answer {
        try await Command.run(["kubectl"] + arguments, environment: environment, input: input, seconds: seconds)
    }

    /// The same, and a failed test when the status isn't 0. Gives standard output without its last line feed.
    @discardableResult
    package func ok(
        _ arguments: String..., input: String = "", seconds: Double = 60, at place: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let answer = try await Command.run(
            ["kubectl"] + arguments, environment: environment, input: input, seconds: seconds)
        #expect(answer.status == 0, "\(answer)", sourceLocation: place)
        return answer.out.hasSuffix("\n") ? String(answer.out.dropLast()) : answer.out
    }

    /// The same for a refusal: gives standard error, and a failed test when the command succeeded.
    @discardableResult
    package func refused(
        _ arguments: String..., input: String = "", at place: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let answer = try await Command.run(["kubectl"] + arguments, environment: environment, input: input, seconds: 60)
        #expect(answer.status != 0, "\(answer)", sourceLocation: place)
        return answer.err
    }

    /// A line as a person types it.
    package func shell(_ line: String, input: String = "", seconds: Double = 60) async throws -> Answer {
        try await Command.run(["bash", "-c", line], environment: environment, input: input, seconds: seconds)
    }

    private func takeDown() {
        service.withLock { server in
            server?.stop()
            server = nil
        }
        try? FileManager.default.removeItem(atPath: root)
    }
}
