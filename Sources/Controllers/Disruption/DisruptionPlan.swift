import JSON
import KubeModel

/// How many of a budget's pods may be evicted now.
struct DisruptionPlan: Equatable {
    /// Seconds within which a pod whose eviction was granted is to be going; else it counts again.
    static let patience = 120.0

    private(set) var status: JSON
    /// Pods that were to go and didn't.
    private(set) var lingering: [JSON] = []
    /// Seconds until the next granted eviction is to have been carried out; nil when none waits.
    private(set) var recheck: Double?

    struct Failure: Error, Equatable, CustomStringConvertible {
        let description: String
    }

    /// - Parameters:
    ///   - pods: those that the budget selects.
    ///   - expected: the sum of their controllers' sizes; asked for only where it counts.
    ///   - now: seconds since 1970.
    init(_ budget: JSON, pods: [JSON], expected: () throws(Failure) -> Int, now: Double) throws(Failure) {
        let spec = budget["spec"]
        var (count, desired) = (0, 0)
        if let most = IntOrString(spec["maxUnavailable"]) {
            count = try expected()
            desired = max(0, count - (try Self.resolve(most, count)))
        } else if let least = IntOrString(spec["minAvailable"]) {
            if case .int(let number) = least {
                (count, desired) = (pods.count, number)
            } else {
                count = try expected()
                desired = try Self.resolve(least, count)
            }
        }
        status = [:]
        let granted = keepGranted(budget, pods, now)
        let healthy = pods.filter { pod in
            !pod.isBeingDeleted && PodFacts.isReady(pod) && !granted.contains { $0.key == pod.objectName }
        }.count
        let allowed = count <= 0 ? 0 : max(0, healthy - desired)
        status["observedGeneration"] = JSON(budget.generation)
        if !granted.isEmpty { status["disruptedPods"] = .object(granted) }
        status["disruptionsAllowed"] = JSON(allowed)
        status["currentHealthy"] = JSON(healthy)
        status["desiredHealthy"] = JSON(desired)
        status["expectedPods"] = JSON(count)
        status["conditions"] = Self.conditions(
            budget, allowed > 0, allowed > 0 ? "SufficientPods" : "InsufficientPods", "", now)
    }

    private static func resolve(_ value: IntOrString, _ count: Int) throws(Failure) -> Int {
        do throws(IntOrString.Failure) { return try value.resolved(of: count, rounding: .up) } catch {
            throw Failure(description: "\(error)")
        }
    }

    private mutating func keepGranted(_ budget: JSON, _ pods: [JSON], _ now: Double) -> JSONObject {
        var granted = JSONObject()
        for pod in pods where !pod.isBeingDeleted {
            guard let time = budget["status"]["disruptedPods"].time(pod.objectName) else { continue }
            let left = time.time + Self.patience - now
            if left < 0 {
                lingering.append(pod)
            } else {
                granted[pod.objectName] = budget["status"]["disruptedPods"][pod.objectName]
                recheck = min(recheck ?? left, left)
            }
        }
        return granted
    }

    private static func conditions(
        _ budget: JSON, _ isAllowed: Bool, _ reason: String, _ message: String, _ now: Double
    )
        -> JSON
    {
        var conditions = budget["status"].list("conditions")
        var condition: JSON = [
            "type": "DisruptionAllowed", "status": .string(isAllowed ? "True" : "False"),
            "observedGeneration": JSON(budget.generation), "lastTransitionTime": .string(Timestamp(now).text),
            "reason": .string(reason), "message": .string(message),
        ]
        if let at = conditions.firstIndex(where: { $0.text("type") == "DisruptionAllowed" }) {
            if conditions[at]["status"] == condition["status"] {
                condition["lastTransitionTime"] = conditions[at]["lastTransitionTime"]
            }
            conditions[at] = condition
        } else {
            conditions.append(condition)
        }
        return .array(conditions)
    }

    /// The status when the pods can't be counted: nothing may be evicted.
    static func failed(_ budget: JSON, _ failure: Failure, now: Double) -> JSON {
        var status: JSON = budget["status"].isNull ? [:] : budget["status"]
        status["disruptionsAllowed"] = 0
        for name in ["currentHealthy", "desiredHealthy", "expectedPods"] where status[name].isNull { status[name] = 0 }
        status["conditions"] = conditions(budget, false, "SyncFailed", failure.description, now)
        return status
    }
}
