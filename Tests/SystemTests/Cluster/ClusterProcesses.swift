import Foundation
import TestKit
import Testing

/// The processes of a test's cluster, as the machine sees them: by the control groups of its nodes.
struct ClusterProcesses: Sendable {
    enum Kind: Sendable, CaseIterable { case node, monitor, daemon }

    /// The nodes' containers.
    private let nodes: [String]

    init(_ cluster: ClusterSandbox) async throws {
        var nodes: [String] = []
        for node in cluster.nodes { nodes.append(try await cluster.box.ok("inspect", "-f", "{{.Id}}", node)) }
        self.nodes = nodes
    }

    /// By process ID, with their words.
    private var lines: [(pid: Int32, words: [String])] {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return entries.compactMap { entry in
            guard let pid = Int32(entry),
                let groups = try? String(contentsOfFile: "/proc/\(entry)/cgroup", encoding: .utf8),
                nodes.contains(where: groups.contains),
                let line = try? String(contentsOfFile: "/proc/\(entry)/cmdline", encoding: .utf8)
            else { return nil }
            return (pid, line.split(separator: "\0").map(String.init))
        }
    }

    /// `hako node` of each node; the monitors of pods' containers. None for the daemon.
    func all(_ kind: Kind) -> [Int32] {
        switch kind {
        case .node:
            lines.filter { $0.words.count > 1 && $0.words[0].hasSuffix("/hako") && $0.words[1] == "node" }.map(\.pid)
        case .monitor: lines.filter { $0.words == ["hako-runtime"] }.map(\.pid)
        case .daemon: []
        }
    }

    func count(of command: String) -> Int { lines.filter { $0.words.joined(separator: " ") == command }.count }
}

/// Asks a service all the while, and counts.
final class ServiceClient: Sendable {
    private let service: Service

    init(_ url: String, _ cluster: ClusterSandbox) throws {
        let line = "while :; do curl -s --max-time 2 -o /dev/null -w '%{http_code}\\n' \(url); sleep 0.05; done"
        service = try Service(["bash", "-c", line], logFile: cluster.box.root + "/client.log")
    }

    private var answers: [Substring] { service.log.split(separator: "\n") }
    var good: Int { answers.filter { $0 == "200" }.count }
    var failed: Int { answers.count - good }
    /// The last sixty.
    var last: String { answers.suffix(60).joined(separator: " ") }
    /// Answers since the last failure.
    var lastGood: Int { answers.reversed().prefix { $0 == "200" }.count }

    func end() { service.stop() }
}

/// What a cluster may leave on a machine, as sets to compare.
struct Traces {
    var mounts: Set<String> = [], links: Set<String> = [], rules: Set<String> = [], groups: Set<String> = []
    var files: Set<String> = [], processes: Set<String> = []

    init(_ box: Sandbox) async throws {
        func lines(_ command: String) async throws -> Set<String> {
            Set(try await box.shell(command).out.split(separator: "\n").map(String.init))
        }
        mounts = try await lines(
            "cat /proc/self/mountinfo /proc/$(cat '\(box.root)/daemon.pid')/mountinfo | awk '{print $5}' | grep '^\(box.root)'"
        )
        links = try await lines("ip -o link | awk -F': ' '{print $2}'; ip -o addr | awk '{print $2, $4}'; ip route")
        rules = try await lines("nft list ruleset")
        let id = "$(cat '\(box.root)/daemon.pid')"
        // The engine's own group is there from its first container on until it ends.
        groups = try await lines(
            "find /sys/fs/cgroup -type d -path '*hako*' ! -name hako 2>/dev/null | grep -v \(id) | sort")
        files = try await lines(
            "cd '\(box.root)'; find . -type d \\( -path './data/images/layers/*' -o -path ./data/images/blobs \\) -prune -o -print "
                + "| grep -vE 'daemon|\\.db-|words-|registry|/client.log'")
        processes = try await lines("ps -eo args | grep -F '\(box.root)' | grep -v -E 'hako daemon|grep|ps -eo|bash'")
    }
}
