import Foundation
import NIOCore

/// Requests sent by some clients, each its next one when the last is answered. Used on the event loop only.
final class Measurement: @unchecked Sendable {
    private let count: Int
    private let deadline: NIODeadline
    private let request: (Int) -> Request
    private let done: EventLoopPromise<Void>
    private var sent = 0
    private var running = 0
    /// In nanoseconds.
    private(set) var times: [Int64] = []
    private(set) var bytes = 0
    private(set) var problems: [String: Int] = [:]

    init(count: Int, seconds: Double, done: EventLoopPromise<Void>, request: @escaping (Int) -> Request) {
        self.count = count
        self.done = done
        self.request = request
        deadline = .now() + .milliseconds(Int64(seconds * 1_000))
        times.reserveCapacity(count)
    }

    func start(_ clients: [Client]) {
        running = clients.count
        for client in clients { next(client) }
    }

    private func next(_ client: Client) {
        guard sent < count, NIODeadline.now() < deadline else { return stop() }
        let request = request(sent)
        sent += 1
        let begin = NIODeadline.now()
        client.send(request) { result in
            switch result {
            case .success(let reply):
                self.times.append((NIODeadline.now() - begin).nanoseconds)
                self.bytes += reply.bytes
                if reply.status >= 300 {
                    self.problems["\(reply.status) \(String(buffer: reply.body).prefix(300))", default: 0] += 1
                }
                self.next(client)
            case .failure(let failure):
                self.problems[failure.description, default: 0] += 1
                self.stop()
            }
        }
    }

    private func stop() {
        running -= 1
        if running == 0 { done.succeed() }
    }
}

/// CPU time of processes, their threads included, from /proc/PID/stat.
enum Processor {
    static func seconds(_ pids: [Int]) -> Double {
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        return pids.reduce(0) { sum, pid in
            guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
                // The name, in parentheses, may hold anything: the fields are counted from its end.
                let end = text.lastIndex(of: ")")
            else { return sum }
            let fields = text[text.index(after: end)...].split(separator: " ")
            guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return sum }
            return sum + (user + system) / ticks
        }
    }
}

/// One line of figures.
struct Line {
    let name: String
    let clients: Int
    /// In nanoseconds, one for each request.
    let times: [Int64]
    let seconds: Double
    let bytes: Int
    /// nil: no process was named.
    let cpuSeconds: Double?
    let problems: [String: Int]

    private func percentile(_ share: Double) -> Double {
        let sorted = times.sorted()
        guard !sorted.isEmpty else { return 0 }
        return Double(sorted[min(Int(Double(sorted.count) * share), sorted.count - 1)]) / 1e6
    }

    func print(json: Bool) {
        let rate = Double(times.count) / max(seconds, 1e-9)
        let (median, late) = (percentile(0.5), percentile(0.99))
        let cpu = cpuSeconds.map { $0 * 1_000 / Double(max(times.count, 1)) }
        let failures = problems.values.reduce(0, +)
        if json {
            Self.show(
                """
                {"name":"\(name)","clients":\(clients),"requests":\(times.count),"perSecond":\(rate),\
                "p50ms":\(median),"p99ms":\(late),"megabytesPerSecond":\(Double(bytes) / 1e6 / max(seconds, 1e-9)),\
                "cpuSecondsPer1000":\(cpu.map { "\($0)" } ?? "null"),"failures":\(failures)}
                """)
        } else {
            let padded = name.padding(toLength: 16, withPad: " ", startingAt: 0)
            let figures = String(
                format: "%4d clients %8d requests %9.1f/s  p50 %8.2f ms  p99 %8.2f ms  %7.1f MB/s", clients,
                times.count,
                rate, median, late, Double(bytes) / 1e6 / max(seconds, 1e-9))
            let text = padded + figures + (cpu.map { String(format: "  %.3f CPU-s per 1,000", $0) } ?? "")
            Self.show(text)
        }
        for (problem, count) in problems { Self.show("  \(count) times: \(problem)") }
    }

    /// At once, also when it goes to a file or a pipe.
    private static func show(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }
}
