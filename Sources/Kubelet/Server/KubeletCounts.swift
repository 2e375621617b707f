/// What the kubelet tells of itself: `metrics`, in Prometheus' text form with the original's names.
struct KubeletCounts: Sendable, Equatable {
    var nodeName = ""
    /// Pods whose sandbox runs.
    var pods = 0
    /// Containers, without sandboxes.
    var created = 0, running = 0, exited = 0

    static func of(_ kubelet: Kubelet) async -> KubeletCounts {
        var counts = KubeletCounts(nodeName: kubelet.settings.nodeName)
        for worker in kubelet.workers {
            let situation = await worker.situation
            if situation.sandbox?.phase == .running { counts.pods += 1 }
            for container in situation.containers.values.joined() {
                switch container.phase {
                case .created: counts.created += 1
                case .running: counts.running += 1
                case .exited: counts.exited += 1
                }
            }
        }
        return counts
    }

    var text: String {
        var lines: [String] = []
        func gauge(_ name: String, _ help: String, _ values: [(labels: String, value: Int)]) {
            lines.append("# HELP \(name) [ALPHA] \(help)")
            lines.append("# TYPE \(name) gauge")
            for value in values { lines.append("\(name)\(value.labels) \(value.value)") }
        }
        gauge("kubelet_node_name", "The node's name. The value is always 1.", [("{node=\"\(nodeName)\"}", 1)])
        gauge(
            "kubelet_running_containers", "Containers by their state",
            [("created", created), ("exited", exited), ("running", running)].map {
                ("{container_state=\"\($0.0)\"}", $0.1)
            })
        gauge("kubelet_running_pods", "Pods whose sandbox runs", [("", pods)])
        return lines.joined(separator: "\n") + "\n"
    }
}
