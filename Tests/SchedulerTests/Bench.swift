import JSON

@testable import KubeClient
@testable import Scheduler

/// A scheduler's decisions with no API and no clock: tests say what there is and what time it is.
struct Bench {
    var core: SchedulingCore
    /// Seconds since 1970.
    var time = 1_000.0

    init() { core = SchedulingCore(random: FixedNumbers()) }

    // MARK: What there is

    mutating func set(_ resource: ResourceID, _ object: JSON, was old: JSON? = nil) {
        let change = ObjectChange(old: old, new: object)
        switch resource {
        case .nodes: core.take(.node(change), time)
        case .pods: core.take(.pod(change), time)
        default: core.take(.related(resource, change), time)
        }
    }

    mutating func remove(_ resource: ResourceID, _ object: JSON) {
        let change = ObjectChange(old: object, new: nil)
        switch resource {
        case .nodes: core.take(.node(change), time)
        case .pods: core.take(.pod(change), time)
        default: core.take(.related(resource, change), time)
        }
    }

    /// - Returns: where the pod goes, or why it goes nowhere; nil when nothing is to be done.
    mutating func next() -> String? {
        switch core.next(time) {
        case .bind(let pod, let node, _): "\(pod.key.name) -> \(node)"
        case .reject(let rejected): rejected.message
        case .skip(let pod): "skip \(pod.key.name)"
        case nil: nil
        }
    }

    /// - Returns: the pod's node, or why it has none.
    mutating func place(_ pod: JSON) -> String {
        set(.pods, pod)
        let answer = next() ?? "nothing"
        return answer.split(separator: " -> ").last.map(String.init) ?? answer
    }

    // MARK: Objects

    static func node(
        _ name: String, cpu: String = "4", memory: String = "8Gi", pods: String = "110", labels: [String: String] = [:],
        _ more: (inout JSON) -> Void = { _ in }
    ) -> JSON {
        var labels = labels
        labels["kubernetes.io/hostname"] = name
        var node: JSON = [
            "apiVersion": "v1", "kind": "Node", "metadata": ["name": .string(name), "labels": JSON(labels)],
            "spec": [:],
            "status": [
                "allocatable": ["cpu": .string(cpu), "memory": .string(memory), "pods": .string(pods)],
                "capacity": ["cpu": .string(cpu), "memory": .string(memory), "pods": .string(pods)],
            ],
        ]
        more(&node)
        return node
    }

    /// - Parameters:
    ///   - on: the node that it has already; "" for none.
    ///   - spec: further members of its `spec`.
    static func pod(
        _ name: String, on node: String = "", cpu: String = "", memory: String = "", labels: [String: String] = [:],
        priority: Int = 0, spec: JSON = [:], _ more: (inout JSON) -> Void = { _ in }
    ) -> JSON {
        var requests: JSON = [:]
        if !cpu.isEmpty { requests["cpu"] = .string(cpu) }
        if !memory.isEmpty { requests["memory"] = .string(memory) }
        var pod: JSON = [
            "apiVersion": "v1", "kind": "Pod",
            "metadata": [
                "name": .string(name), "namespace": "default", "uid": .string("uid-\(name)"), "labels": JSON(labels),
            ],
            "spec": [
                "schedulerName": "default-scheduler", "priority": JSON(priority),
                "containers": [["name": "main", "image": "app:1", "resources": ["requests": requests]]],
            ],
            "status": ["phase": "Pending"],
        ]
        if !node.isEmpty { pod["spec"]["nodeName"] = .string(node) }
        for (key, value) in spec.object ?? JSONObject() { pod["spec"][key] = value }
        more(&pod)
        return pod
    }
}

/// The same numbers every time (SplitMix64).
struct FixedNumbers: RandomNumberGenerator {
    private var state: UInt64 = 1

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
