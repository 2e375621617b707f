import JSON
import KubeClient
import KubeModel
import NIOConcurrencyHelpers

/// Volumes before their pod: the original's PreBind.
extension Scheduler {
    /// Longest wait for a claim's volume. Source: kube-scheduler's default of `bindTimeoutSeconds`.
    private static let longestWait = Duration.seconds(600)

    struct VolumeFailure: Error, CustomStringConvertible {
        let description: String
    }

    /// Returns when all the claims have volumes.
    func prepare(_ choices: [VolumeChoice], on node: String) async throws {
        for choice in choices {
            switch choice {
            case .existing(var volume, let claim):
                let metadata = claim["metadata"]
                volume["spec"]["claimRef"] = [
                    "kind": "PersistentVolumeClaim", "apiVersion": "v1", "namespace": metadata["namespace"],
                    "name": metadata["name"], "uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"],
                ]
                volume["metadata"]["annotations"]["pv.kubernetes.io/bound-by-controller"] = "yes"
                try await api.update(.persistentVolumes, volume)
            case .made(let claim):
                let patch: JSON = [
                    "metadata": [
                        "uid": claim["metadata"]["uid"],
                        "annotations": .object(JSONObject([(VolumeBinding.selectedNode, .string(node))])),
                    ]
                ]
                let key = ObjectKey(claim)
                _ = try await api.patch(
                    .persistentVolumeClaims, key.namespace, key.name, subresource: "", .merge(patch))
            }
        }
        for choice in choices {
            switch choice {
            case .existing(_, let claim), .made(let claim):
                guard await claims.isBound(ObjectKey(claim), within: Self.longestWait) else {
                    throw VolumeFailure(description: "binding volumes: timed out waiting for the condition")
                }
            }
        }
    }
}

/// Who waits for a claim to have its volume.
final class ClaimWaiters: Sendable {
    private struct Waiter {
        let number: Int
        let who: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var bound: Set<ObjectKey> = []
        var waiting: [ObjectKey: [Waiter]] = [:]
        var last = 0
    }

    private let state = NIOLockedValueBox(State())

    func take(_ change: ObjectChange) {
        let isBound = change.new.map(VolumeBinding.isBound) ?? false
        let key = change.key
        let waiting = state.withLockedValue { state in
            guard isBound else {
                state.bound.remove(key)
                return [Waiter]()
            }
            state.bound.insert(key)
            return state.waiting.removeValue(forKey: key) ?? []
        }
        for waiter in waiting { waiter.who.resume(returning: true) }
    }

    /// False when the time is over, or the task cancelled.
    func isBound(_ key: ObjectKey, within limit: Duration) async -> Bool {
        let number = state.withLockedValue { state in
            state.last += 1
            return state.last
        }
        let alarm = Task {
            try? await Task.sleep(for: limit)
            giveUp(key, number)
        }
        defer { alarm.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { who in
                let answer = state.withLockedValue { state -> Bool? in
                    if state.bound.contains(key) { return true }
                    if Task.isCancelled { return false }
                    state.waiting[key, default: []].append(Waiter(number: number, who: who))
                    return nil
                }
                if let answer { who.resume(returning: answer) }
            }
        } onCancel: {
            giveUp(key, number)
        }
    }

    private func giveUp(_ key: ObjectKey, _ number: Int) {
        let waiter = state.withLockedValue { state in
            let waiter = state.waiting[key]?.first { $0.number == number }
            state.waiting[key]?.removeAll { $0.number == number }
            if state.waiting[key]?.isEmpty == true { state.waiting[key] = nil }
            return waiter
        }
        waiter?.who.resume(returning: false)
    }
}
