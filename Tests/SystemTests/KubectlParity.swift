import Foundation
import TestKit
import Testing

/// Our kubectl beside the original on one server: the same line for each, in a namespace and a folder of its own.
struct KubectlParity: Sendable {
    /// The original's namespace, and ours.
    static let sides = ["one", "two"]
    /// Pairs of programs that run at once.
    private static let width = 3

    private let box: KubeSandbox

    /// - Parameter files: by their paths in each one's folder.
    init(_ box: KubeSandbox, files: [String: String] = [:]) throws {
        self.box = box
        for side in Self.sides {
            for (name, text) in files.merging([".": ""], uniquingKeysWith: { first, _ in first }) {
                let path = "\(box.root)/\(side)/\(name)"
                let folder = name == "." ? path : (path as NSString).deletingLastPathComponent
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                if name != "." { try Data(text.utf8).write(to: URL(fileURLWithPath: path)) }
            }
        }
    }

    /// Differences that say nothing: times, UIDs, versions, addresses and ports that the server picks.
    private static let noise: [(String, String)] = [
        ("CLUSTER-IP +", "CLUSTER-IP "),
        (#"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"#, "UID"),
        (#"\b\d+(s|m|h|d)(\d+(s|m|h))?\b"#, "AGE"), (#" +AGE"#, " AGE"), (#"AGE +"#, "AGE "),
        (#"(resourceVersion\\*"?: ?\\*")\d+"#, "$1RV"), (#"(to be \d+, was )\d+"#, "$1RV"),
        (#"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"#, "TIME"),
        (#"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d \+0000"#, "DATE"),
        (#"\b10\.(9[6-9]|1[01]\d)\.\d+\.\d+ *"#, "ADDRESS "),
        (#"\b3[0-2]\d{3}\b"#, "PORT"), (#"\b(one|two)\b"#, "NS"), (#"(?m)^[EWI]\d{4} .*\n"#, ""),
        (#"(?m)^F\d{4} [0-9:.]+ +\d+ "#, "F "), (#"(LIVE|MERGED)-\d+"#, "$1-N"),
        (#"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ \+0000"#, "STAMP"),
        (#"(node-debugger-node-(NS|one|two)-)[a-z0-9]{5}\b"#, "$1XXXXX"),
        (#"kube-api-access-[a-z0-9]{5}"#, "kube-api-access"),
        (#"(debugger-)[a-z0-9]{5}\b"#, "$1XXXXX"),
    ]

    private static func plain(_ text: String) -> String {
        noise.reduce(text) { text, pair in
            text.replacingOccurrences(of: pair.0, with: pair.1, options: .regularExpression)
        }
    }

    private func run(_ text: String, _ input: String, _ side: String, _ program: String) async throws -> Answer {
        let line = text.replacing("SIDE", with: side)
        let whole =
            line.contains("KUBECTL ")
            ? line.replacing("KUBECTL ", with: program + " ") : "\(program) -n \(side) \(line)"
        return try await box.shell("cd \(box.root)/\(side) && \(whole)", input: input)
    }

    func compare(_ text: String, input: String = "") async throws {
        async let original = run(text, input, Self.sides[0], "kubectl")
        async let ours = run(text, input, Self.sides[1], "\(Repo.hako) kubectl")
        let (a, b) = (try await original, try await ours)
        #expect(a.status == b.status, "\(text): exit codes")
        #expect(Self.plain(a.out) == Self.plain(b.out), "\(text): output")
        #expect(Self.plain(a.err) == Self.plain(b.err), "\(text): errors")
    }

    /// Lines that change nothing, a few at once.
    func compareAll(_ lines: [String]) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (at, text) in lines.enumerated() {
                if at >= Self.width { try await group.next() }
                group.addTask { try await compare(text) }
            }
            try await group.waitForAll()
        }
    }
}
