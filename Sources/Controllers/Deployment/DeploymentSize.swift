import JSON
import KubeModel

/// How many pods a deployment may have and must have.
struct DeploymentSize: Equatable {
    let replicas: Int
    let isRolling: Bool
    /// Pods beyond `replicas` during a rollout.
    let maxSurge: Int
    /// Pods of `replicas` that may be unavailable during a rollout.
    let maxUnavailable: Int

    init(_ deployment: JSON) {
        let spec = deployment["spec"]
        replicas = spec["replicas"].int ?? 1
        isRolling = spec["strategy"].text("type") == "RollingUpdate"
        guard isRolling else {
            (maxSurge, maxUnavailable) = (0, 0)
            return
        }
        let rolling = spec["strategy"]["rollingUpdate"]
        let (surge, unavailable) = Self.fenceposts(rolling, replicas)
        maxSurge = surge
        maxUnavailable = replicas == 0 ? 0 : min(unavailable, replicas)
    }

    /// Both 0 would never come to an end: then one may be unavailable.
    private static func fenceposts(_ rolling: JSON, _ replicas: Int) -> (Int, Int) {
        let surge = (try? IntOrString(rolling["maxSurge"])?.resolved(of: replicas, rounding: .up)) ?? 0
        let unavailable = (try? IntOrString(rolling["maxUnavailable"])?.resolved(of: replicas, rounding: .down)) ?? 0
        return surge == 0 && unavailable == 0 ? (0, 1) : (surge, unavailable)
    }

    var minAvailable: Int { replicas - maxUnavailable }
}

extension JSON {
    /// `spec.replicas` of a replica set.
    var wanted: Int { self["spec"]["replicas"].int ?? 0 }
    /// A count in the status.
    func count(_ name: String) -> Int { self["status"][name].int ?? 0 }
}

extension [JSON] {
    var wanted: Int { reduce(0) { $0 + $1.wanted } }
    func count(_ name: String) -> Int { reduce(0) { $0 + $1.count(name) } }
    /// Those that want pods.
    var active: [JSON] { filter { $0.wanted > 0 } }
}
