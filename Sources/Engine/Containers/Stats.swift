import ContainerRuntime
import DockerModel
import Fault
import JSON
import Linux
import NIOPosix
import Synchronization

extension Engine {
    private enum Interval {
        /// Between two samples of a stream; dockerd's.
        static let sample = Duration.seconds(1)
    }

    /// One sample a second while somebody reads. `stream` false: one document, with the sample of a second before
    /// for comparison unless `oneShot`.
    package func containerStats(_ ref: String, stream: Bool, oneShot: Bool) async throws -> JSONSource {
        let container = try container(ref)
        let state = Mutex(StatsState())
        return JSONSource(
            next: {
                var (previous, isDone) = state.withLock { ($0.previous, $0.isDone) }
                if isDone || container.isRemoved { return nil }
                if previous != nil { try await Task.sleep(for: Interval.sample) }
                if !stream, !oneShot, previous == nil, container.record.state.isRunning {
                    previous = try await self.sample(container)
                    try await Task.sleep(for: Interval.sample)
                }
                let now = try await self.sample(container)
                let document = Stats.document(now, after: previous, container.record)
                state.withLock { state in
                    state.previous = now
                    state.isDone = state.isDone || !stream
                }
                return document
            }, cancel: { state.withLock { $0.isDone = true } })
    }

    /// Zero when it doesn't run.
    private func sample(_ container: Container) async throws -> StatsSample {
        let record = container.record
        guard record.state.isRunning else { return StatsSample() }
        var sample = StatsSample(time: nowNanoseconds())
        do { sample.counters = try await runtime.statistics(record.id) } catch {
            if !container.record.state.isRunning { return StatsSample() }
            throw error
        }
        if record.networkMode != "host" {
            let pid = record.state.pid
            sample.networks = try await NIOThreadPool.singleton.runIfActive {
                InterfaceCounters.parse((try? KernelFile.read("/proc/\(pid)/net/dev")) ?? "")
            }
        }
        return sample
    }
}

private struct StatsState {
    var previous: StatsSample?
    var isDone = false
}

/// What was counted at one time.
struct StatsSample: Sendable {
    /// Nanoseconds since the epoch; nil: the container didn't run.
    var time: Int64?
    var counters: JSON = [:]
    var networks: [InterfaceCounters] = []
}

/// The Engine API's stats document.
enum Stats {
    static func document(_ now: StatsSample, after previous: StatsSample?, _ record: ContainerRecord) -> JSON {
        let idle: JSON = [
            "cpu_usage": ["total_usage": 0, "usage_in_kernelmode": 0, "usage_in_usermode": 0],
            "throttling_data": ["periods": 0, "throttled_periods": 0, "throttled_time": 0],
        ]
        func part(_ sample: StatsSample?, _ key: String, _ none: JSON) -> JSON {
            guard let value = sample?.counters[key], !value.isNull else { return none }
            return value
        }
        var document: JSON = [
            "name": .string("/" + record.name), "id": .string(record.id), "read": .string(rfc3339(now.time)),
            "preread": .string(rfc3339(previous?.time)), "pids_stats": part(now, "pids_stats", [:]),
            "blkio_stats": part(now, "blkio_stats", [:]), "num_procs": 0, "storage_stats": [:],
            "cpu_stats": part(now, "cpu_stats", idle), "precpu_stats": part(previous, "cpu_stats", idle),
            "memory_stats": part(now, "memory_stats", [:]),
        ]
        if !now.networks.isEmpty {
            document["networks"] = .object(JSONObject(now.networks.map { ($0.name, $0.document) }))
        }
        return document
    }
}

/// One interface's line of /proc/PID/net/dev (proc(5)).
struct InterfaceCounters: Sendable, Equatable {
    var name: String
    /// Bytes, packets, errors, drops.
    var received: [UInt64]
    var sent: [UInt64]

    /// Without loopback.
    static func parse(_ table: String) -> [InterfaceCounters] {
        table.split(separator: "\n").dropFirst(2).compactMap { line in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let name = line[..<colon].drop { $0 == " " }
            let numbers = line[line.index(after: colon)...].split(separator: " ").compactMap { UInt64($0) }
            guard numbers.count >= 12, name != "lo" else { return nil }
            return InterfaceCounters(name: String(name), received: Array(numbers[0..<4]), sent: Array(numbers[8..<12]))
        }
    }

    var document: JSON {
        let words = ["bytes", "packets", "errors", "dropped"]
        let pairs =
            zip(words, received).map { ("rx_" + $0, JSON($1)) } + zip(words, sent).map { ("tx_" + $0, JSON($1)) }
        return .object(JSONObject(pairs))
    }
}
