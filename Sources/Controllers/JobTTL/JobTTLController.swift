import JSON
import KubeClient
import KubeModel
import Logging

/// Deletes finished jobs when their `ttlSecondsAfterFinished` are over.
final class JobTTLController: Controller {
    private let loop: ReconcileLoop<ObjectKey>

    init(_ context: ControllerContext) {
        let jobs = context.informers[.jobs]
        let api = context.api("ttl-after-finished-controller")
        let now = context.now
        loop = ReconcileLoop("ttl-after-finished-controller", log: context.log) { key in
            guard let job = jobs.object(key), let end = Self.end(job) else { return .settled }
            let left = end - now()
            if left > 0 { return .again(after: .seconds(left)) }
            do throws(APIStatus) {
                // As it is now: somebody may have given it more time.
                let fresh = try await api.get(.jobs, key.namespace, key.name)
                guard fresh.uid == job.uid, let end = Self.end(fresh), end <= now() else { return .settled }
                try await api.delete(
                    .jobs, key.namespace, key.name,
                    [
                        "propagationPolicy": "Foreground",
                        "preconditions": [
                            "uid": .string(fresh.uid), "resourceVersion": fresh["metadata"]["resourceVersion"],
                        ],
                    ])
            } catch {
                if !error.isNotFound { throw error }
            }
            return .settled
        }
        jobs.observe { [loop] change in
            if let job = change.new, Self.end(job) != nil { loop.enqueue(change.key) }
        }
    }

    /// Seconds since 1970; nil for jobs that stay.
    static func end(_ job: JSON) -> Double? {
        guard let seconds = job["spec"]["ttlSecondsAfterFinished"].double, !job.isBeingDeleted,
            let ending = JobFacts.ending(job),
            let time = JobFacts.condition(job, ending).time("lastTransitionTime")?.time
        else { return nil }
        return time + seconds
    }

    func run() async { await loop.run() }
}
