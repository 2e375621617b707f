import Foundation
import Synchronization
import Testing

/// Which program speaks to the daemon.
package enum Client: String, Sendable, CaseIterable, CustomStringConvertible {
    case hako, docker
    package var description: String { self == .hako ? "hako docker" : "the original docker client" }
    /// The original client is optional equipment; without it its half of a test is not run.
    package static let available: [Client] =
        original == nil ? [.hako] : [.hako, .docker]

    /// The original client in PATH.
    package static let original: String? = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .map { $0 + "/docker" }.first { FileManager.default.isExecutableFile(atPath: $0) }
}

/// An engine of a test's own: data, run folder, socket, bridge; a Docker Hub mirror on loopback. Taken down when the
/// test ends, however it ends; then anything that is still on the host fails the test.
package final class Sandbox: Sendable {
    package let root: String
    package let client: Client
    private let number: Int
    private let daemonBox = Mutex<Service?>(nil)
    private let flags: [String]
    /// Of all its commands.
    package let environment: [String: String]

    private static let counter = Atomic<Int>(0)

    package static func with<T>(
        _ client: Client = .hako, daemonFlags: [String] = [], mirror: Bool = true,
        _ body: (Sandbox) async throws -> T
    ) async throws -> T {
        let mirrorFlags = mirror ? ["--registry-mirror", "http://\(try await LocalRegistry.shared.address)"] : []
        let box = try Sandbox(client, flags: mirrorFlags + daemonFlags)
        do {
            try await box.startDaemon()
            let result = try await body(box)
            await box.takeDown()
            return result
        } catch {
            let log = box.daemonLog.suffix(3000)
            await box.takeDown()
            Issue.record("daemon's log:\n\(log)")
            throw error
        }
    }

    private init(_ client: Client, flags: [String]) throws {
        self.client = client
        number = Self.counter.add(1, ordering: .relaxed).newValue
        root = NSTemporaryDirectory() + "hako-test-\(getpid())-\(number)"
        try FileManager.default.createDirectory(atPath: root + "/bin", withIntermediateDirectories: true)
        let program = client == .hako ? Repo.hako : Client.original ?? ""
        try FileManager.default.createSymbolicLink(atPath: root + "/bin/docker", withDestinationPath: program)
        self.flags = flags
        environment = [
            "DOCKER_HOST": "unix://\(root)/docker.sock", "DOCKER_CONFIG": root + "/config", "HOME": root,
            "PATH": root + "/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LC_ALL": "C.UTF-8", "TZ": "UTC", "DOCKER_CLI_HINTS": "false",
        ]
    }

    // MARK: The daemon

    package var socket: String { root + "/docker.sock" }
    package var daemonLog: String { (try? String(contentsOfFile: root + "/daemon.log", encoding: .utf8)) ?? "" }
    package var daemonPID: Int32? { daemonBox.withLock { $0?.pid } }

    /// A subnet of its own for each sandbox, and most likely for each of two runs at once.
    package var bip: String {
        let place = Int(getpid()) * 37 + number
        return "172.\(28 + (place >> 8) % 3).\(place & 255).1/24"
    }

    package func startDaemon() async throws {
        let service = try Service(
            [
                Repo.hako, "daemon", "--data-root", root + "/data", "--exec-root", root + "/run", "-H",
                "unix://\(socket)", "--bip", bip, "--pidfile", root + "/daemon.pid",
            ] + flags, environment: ["HOME": root, "DOCKER_CONFIG": root + "/config"], logFile: root + "/daemon.log")
        daemonBox.withLock { $0 = service }
        try await until("daemon answers") {
            guard service.isRunning else { throw Timeout(description: "the daemon ended:\n\(service.log)") }
            return try await Command.run(["curl", "-sf", "--unix-socket", socket, "http://d/_ping"]).status == 0
        }
    }

    /// Ends the daemon and waits until it is gone.
    package func stopDaemon(_ signal: Int32 = SIGTERM) async throws {
        guard let service = daemonBox.withLock({ $0 }) else { return }
        service.signal(signal)
        try await until("daemon is gone", seconds: 15) { !service.isRunning }
        service.stop()
        daemonBox.withLock { $0 = nil }
    }

    // MARK: Commands

    /// `docker ARGUMENTS…` with this sandbox's client.
    @discardableResult
    package func docker(_ arguments: String..., input: String = "", seconds: Double = 60) async throws -> Answer {
        try await Command.run(["docker"] + arguments, environment: environment, input: input, seconds: seconds)
    }

    /// The same, and a failed test when the status isn't 0. Gives standard output without its last line feed.
    @discardableResult
    package func ok(
        _ arguments: String..., input: String = "", seconds: Double = 60, at place: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let answer = try await Command.run(
            ["docker"] + arguments, environment: environment, input: input, seconds: seconds)
        #expect(answer.status == 0, "\(answer)", sourceLocation: place)
        return answer.out.hasSuffix("\n") ? String(answer.out.dropLast()) : answer.out
    }

    /// A line as a person types it.
    package func shell(_ line: String, input: String = "", seconds: Double = 60) async throws -> Answer {
        try await Command.run(["bash", "-c", line], environment: environment, input: input, seconds: seconds)
    }

    /// The line on a terminal of its own; `input` is typed. Standard error comes out with standard output.
    package func terminal(_ line: String, input: String, seconds: Double = 60) async throws -> Answer {
        try await Command.run(
            ["script", "-qefc", line, "/dev/null"], environment: environment, input: input, seconds: seconds)
    }

    // MARK: The end

    private func takeDown() async {
        if daemonBox.withLock({ $0?.isRunning }) != true { try? await startDaemon() }
        _ = try? await Command.run(
            ["bash", "-c", "docker ps -aq | xargs -r docker rm -f -v"], environment: environment)
        let bridge = await bridgeName()
        try? await stopDaemon()
        daemonBox.withLock { service in
            service?.stop()
            service = nil
        }
        let left = await leftovers(bridge)
        for trace in left { Issue.record("left behind: \(trace)") }
        unmountAll()
        try? FileManager.default.removeItem(atPath: root)
    }

    /// The bridge that has this sandbox's address; nil when there is none.
    private func bridgeName() async -> String? {
        let links = (try? await Command.run(["ip", "-4", "-o", "addr"]).out) ?? ""
        return links.split(separator: "\n").first { $0.contains(" \(bip) ") }?.split(separator: " ").dropFirst().first
            .map(String.init)
    }

    /// What a taken-down sandbox still has on the host: links, rules, processes, mounts; empty when all is well.
    private func leftovers(_ bridge: String?) async -> [String] {
        var traces: [String] = []
        if let left = await bridgeName() { traces.append("bridge \(left)") }
        let tables = (try? await Command.run(["nft", "list", "tables"]).out) ?? ""
        if let bridge, tables.contains("_\(bridge.dropFirst(2))\n") { traces.append("nftables table of \(bridge)") }
        for entry in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] where Int32(entry) != nil {
            let line = (try? String(contentsOfFile: "/proc/\(entry)/cmdline", encoding: .utf8)) ?? ""
            let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(entry)/exe")) ?? ""
            if line.contains(root), program.contains("hako") {
                traces.append("process \(entry): \(line.replacing("\0", with: " "))")
            }
        }
        let mounts = (try? String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)) ?? ""
        traces += mounts.split(separator: "\n").filter { $0.contains(root) }.map { "mount \($0)" }
        return traces
    }

    /// Takes every mount below the sandbox's folder away: what a failed test left, or what a power failure would.
    package func unmountAll() {
        let mounts = (try? String(contentsOfFile: "/proc/self/mounts", encoding: .utf8)) ?? ""
        for line in mounts.split(separator: "\n").reversed() {
            let target = line.split(separator: " ").dropFirst().first.map(String.init) ?? ""
            if target.hasPrefix(root) { umount2(target, Int32(MNT_DETACH)) }
        }
    }
}
