import Foundation
import Testing

/// A namespace of a test cluster, and what a test does there by `kubectl` and `hako`.
package struct ClusterSpace: Sendable {
    package let cluster: ClusterSandbox
    package let name: String

    package init(cluster: ClusterSandbox, name: String) {
        self.cluster = cluster
        self.name = name
    }

    /// `kubectl ARGUMENTS` in this namespace, typed as a line of a shell.
    package func kubectl(_ line: String, input: String = "", seconds: Double = 60) async throws -> Answer {
        try await cluster.box.shell("kubectl -n \(name) \(line)", input: input, seconds: seconds)
    }

    /// The same, and a failed test when the status isn't 0. Gives standard output without its last line feed.
    @discardableResult
    package func ok(
        _ line: String, input: String = "", seconds: Double = 60, at place: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let answer = try await kubectl(line, input: input, seconds: seconds)
        #expect(answer.status == 0, "\(answer)", sourceLocation: place)
        return answer.out.hasSuffix("\n") ? String(answer.out.dropLast()) : answer.out
    }

    package func apply(_ yaml: String, at place: SourceLocation = #_sourceLocation) async throws {
        try await ok("apply -f -", input: yaml, at: place)
    }

    /// Names of the pods with that label, oldest first.
    package func pods(_ app: String) async throws -> [String] {
        try await ok(
            "get pods -l app=\(app) --sort-by=.metadata.creationTimestamp -o jsonpath='{.items[*].metadata.name}'"
        )
        .split(separator: " ").map(String.init)
    }

    // MARK: What people see

    /// The columns READY, STATUS and RESTARTS of `kubectl get pods`, by pod.
    package func table(_ app: String) async throws -> [[String]] {
        try await kubectl("get pods -l app=\(app) --no-headers").out.split(separator: "\n").map { line in
            Array(line.split(separator: " ").map(String.init)[1...3])
        }
    }

    /// Waits until as many pods with that label as `count` says show these words under READY and STATUS.
    package func until(
        _ app: String, shows ready: String, _ status: String, count: Int = 1, seconds: Double = 60
    ) async throws {
        do {
            try await TestKit.until("\(count) \(app) \(ready) \(status)", seconds: seconds) {
                try await table(app).filter { $0[0] == ready && $0[1] == status }.count == count
            }
        } catch {
            throw Timeout(description: "\(error)\n\(try await kubectl("get pods,events -o wide").out)")
        }
    }

    /// `Warning Failed Error: ErrImagePull`: the events about an object, `Pod/web-1` (`Pod/web-` for all that begin so).
    package func events(_ object: String) async throws -> [String] {
        let form =
            #"{range .items[*]}{.involvedObject.kind}/{.involvedObject.name}{"\t"}{.type} {.reason} {.message}{"\n"}{end}"#
        return try await ok("get events -o jsonpath='\(form)'").split(separator: "\n").compactMap { line in
            let halves = line.split(separator: "\t", maxSplits: 1)
            return halves.count == 2 && halves[0].hasPrefix(object) ? String(halves[1]) : nil
        }
    }

    /// Waits for an event that is worded so; `<any>` and the other holes of `Transcript` may stand in it.
    package func tells(
        _ object: String, _ event: String, seconds: Double = 20, at place: SourceLocation = #_sourceLocation
    ) async throws {
        do {
            try await TestKit.until("event", seconds: seconds) {
                try await events(object).contains { Transcript.mismatch($0, event) == nil }
            }
        } catch {
            let told = try await events(object).joined(separator: "\n")
            Issue.record("no event \(event) about \(object), but:\n\(told)", sourceLocation: place)
        }
    }

    /// The words that pods with that label show under STATUS, in the order in which they come, from now on.
    package func statusWords(_ app: String) throws -> StatusWords {
        StatusWords(
            service: try Service(
                ["bash", "-c", "kubectl -n \(name) get pods -l app=\(app) -w --no-headers"],
                environment: cluster.box.environment, logFile: "\(cluster.box.root)/words-\(UUID().uuidString)"))
    }

    // MARK: hako why

    package func why(_ object: String) async throws -> Answer {
        try await cluster.box.shell("hako why \(object) -n \(name)")
    }

    /// Asks until the answer is `expected` (a pattern of `Transcript`, without its last line feed), and holds the status
    /// against it: 0 when all is well. Gives the command that it suggests.
    @discardableResult
    package func expectWhy(
        _ object: String, _ expected: String, isWell: Bool = false, seconds: Double = 30,
        at place: SourceLocation = #_sourceLocation
    ) async throws -> String {
        var answer = try await why(object)
        try? await TestKit.until("the diagnosis", seconds: seconds) {
            answer = try await why(object)
            return Transcript.mismatch(answer.out, expected + "\n") == nil
        }
        if let problem = Transcript.mismatch(answer.out, expected + "\n") {
            Issue.record("hako why \(object)\n\(problem)", sourceLocation: place)
        }
        #expect(answer.status == (isWell ? 0 : 1), "\(answer)", sourceLocation: place)
        let last = answer.out.split(separator: "\n").last ?? ""
        return last.hasPrefix("    ") ? String(last.dropFirst(4)) : ""
    }

    /// Runs a suggested command as it stands.
    package func run(_ command: String, at place: SourceLocation = #_sourceLocation) async throws {
        let answer = try await cluster.box.shell(command)
        #expect(!command.isEmpty && answer.status == 0, "\(answer)", sourceLocation: place)
    }
}

/// What `kubectl get pods -w` has shown so far.
package struct StatusWords: Sendable {
    let service: Service

    /// Each as often as it came anew.
    package var all: [String] {
        var words: [String] = []
        for line in service.log.split(separator: "\n") {
            let columns = line.split(separator: " ")
            guard columns.count > 3, words.last != String(columns[2]) else { continue }
            words.append(String(columns[2]))
        }
        return words
    }

    /// Whether these came in this order, others perhaps between them.
    package func came(_ wanted: String...) -> Bool {
        var rest = wanted[...]
        for word in all where word == rest.first { rest.removeFirst() }
        return rest.isEmpty
    }

    package func end() { service.stop() }
}
