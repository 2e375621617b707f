import CLinux
import DockerModel
import JSON
import KubeModel

/// What pods and the node use, at one moment: `metrics/resource` and `stats/summary`.
struct NodeFigures: Sendable {
    struct Use: Sendable {
        /// Since its start, in nanoseconds.
        var processor = 0
        /// Without what the kernel could drop at once, in bytes.
        var memory = 0

        static func + (a: Use, b: Use) -> Use {
            Use(processor: a.processor + b.processor, memory: a.memory + b.memory)
        }
    }

    struct Container: Sendable {
        var name: String
        var startedAt: Double
        var use: Use
    }

    struct Pod: Sendable {
        var name: String, namespace: String, uid: String
        var containers: [Container]
        var use: Use { containers.map(\.use).reduce(Use(), +) }
    }

    var nodeName = ""
    /// Seconds since 1970.
    var time = 0.0
    var node = Use()
    var pods: [Pod] = []

    static func of(_ kubelet: Kubelet) async -> NodeFigures {
        var figures = NodeFigures(nodeName: kubelet.settings.nodeName, time: kubelet.parts.now())
        figures.node = Use(
            processor: busyTime(NodeFiles.read("/proc/stat") ?? ""),
            memory: usedMemory(NodeFiles.read("/proc/meminfo") ?? ""))
        for worker in kubelet.workers {
            let pod = await worker.pod
            var containers: [Container] = []
            for own in await worker.situation.containers.values.compactMap(\.last) where own.phase == .running {
                guard let source = try? await kubelet.parts.engine.containerStats(own.id, stream: false, oneShot: true),
                    let stats = try? await source.next()
                else { continue }
                containers.append(Container(name: own.name, startedAt: own.startedAt ?? 0, use: use(stats)))
            }
            figures.pods.append(
                Pod(
                    name: pod.name, namespace: pod.namespace, uid: pod.uid,
                    containers: containers.sorted { $0.name < $1.name }))
        }
        figures.pods.sort { ($0.namespace, $0.name) < ($1.namespace, $1.name) }
        return figures
    }

    /// From the Engine API's stats document.
    static func use(_ stats: JSON) -> Use {
        let memory = stats["memory_stats"]
        let idle = memory["stats"]["total_inactive_file"].int ?? memory["stats"]["inactive_file"].int ?? 0
        return Use(
            processor: stats["cpu_stats"]["cpu_usage"]["total_usage"].int ?? 0,
            memory: max(0, (memory["usage"].int ?? 0) - idle))
    }

    /// All time but idle and waiting for disks, from proc(5) `stat`, in nanoseconds.
    static func busyTime(_ stat: String) -> Int {
        let words = stat.prefix { $0 != "\n" }.split(separator: " ").dropFirst().compactMap { Int($0) }
        guard words.count >= 8 else { return 0 }
        let ticks = words[0] + words[1] + words[2] + words[5] + words[6] + words[7]
        return ticks * (1_000_000_000 / max(1, Int(sysconf(Int32(_SC_CLK_TCK)))))
    }

    /// From proc(5) `meminfo`, in bytes.
    static func usedMemory(_ meminfo: String) -> Int {
        func value(_ name: String) -> Int {
            for line in meminfo.split(separator: "\n") where line.hasPrefix(name + ":") {
                let words = line.split(separator: " ")
                return words.count > 1 ? (Int(words[1]) ?? 0) * 1_024 : 0
            }
            return 0
        }
        return max(0, value("MemTotal") - value("MemAvailable"))
    }

    // MARK: Forms

    /// Prometheus' text form, with the original's names.
    var metrics: String {
        let stamp = Int(time * 1_000)
        var lines: [String] = []
        func series(_ name: String, _ kind: String, _ help: String, _ values: [(labels: String, value: String)]) {
            lines.append("# HELP \(name) [STABLE] \(help)")
            lines.append("# TYPE \(name) \(kind)")
            for value in values { lines.append("\(name)\(value.labels) \(value.value) \(stamp)") }
        }
        func seconds(_ nanoseconds: Int) -> String { "\(Double(nanoseconds) / 1e9)" }
        let containers = pods.flatMap { pod in
            pod.containers.map {
                (pod, $0, "{container=\"\($0.name)\",namespace=\"\(pod.namespace)\",pod=\"\(pod.name)\"}")
            }
        }
        let whole = pods.map { ($0, "{namespace=\"\($0.namespace)\",pod=\"\($0.name)\"}") }
        series(
            "container_cpu_usage_seconds_total", "counter", "CPU time that the container has used, in core-seconds",
            containers.map { ($0.2, seconds($0.1.use.processor)) })
        series(
            "container_memory_working_set_bytes", "gauge", "Working set of the container, in bytes",
            containers.map { ($0.2, "\($0.1.use.memory)") })
        series(
            "container_start_time_seconds", "gauge", "Start of the container, in seconds since 1970",
            containers.map { ($0.2, "\($0.1.startedAt)") })
        series(
            "node_cpu_usage_seconds_total", "counter", "CPU time that the node has used, in core-seconds",
            [("", seconds(node.processor))])
        series("node_memory_working_set_bytes", "gauge", "Working set of the node, in bytes", [("", "\(node.memory)")])
        series(
            "pod_cpu_usage_seconds_total", "counter", "CPU time that the pod has used, in core-seconds",
            whole.map { ($0.1, seconds($0.0.use.processor)) })
        series(
            "pod_memory_working_set_bytes", "gauge", "Working set of the pod, in bytes",
            whole.map { ($0.1, "\($0.0.use.memory)") })
        lines.append("# HELP resource_scrape_error [STABLE] 1 when figures are missing")
        lines.append("# TYPE resource_scrape_error gauge")
        lines.append("resource_scrape_error 0")
        return lines.joined(separator: "\n") + "\n"
    }

    var summary: JSON {
        let stamp = JSON.string(Timestamp(time).text)
        func parts(_ use: Use) -> [(String, JSON)] {
            [
                ("cpu", ["time": stamp, "usageCoreNanoSeconds": JSON(use.processor)]),
                ("memory", ["time": stamp, "workingSetBytes": JSON(use.memory)]),
            ]
        }
        return [
            "node": .object(JSONObject([("nodeName", .string(nodeName))] + parts(node))),
            "pods": .array(
                pods.map { pod in
                    .object(
                        JSONObject(
                            [
                                (
                                    "podRef",
                                    [
                                        "name": .string(pod.name), "namespace": .string(pod.namespace),
                                        "uid": .string(pod.uid),
                                    ]
                                ),
                                (
                                    "containers",
                                    .array(
                                        pod.containers.map {
                                            .object(JSONObject([("name", .string($0.name))] + parts($0.use)))
                                        })
                                ),
                            ] + parts(pod.use)))
                }),
        ]
    }
}
