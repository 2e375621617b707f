import JSON
import KubeClient
import KubeModel
import Logging
import NIOConcurrencyHelpers

/// Writes pods' statuses: each pod's newest only, so that many changes while a write is under way become one. What
/// fails is tried again, each time later.
package final class StatusWriter: Sendable {
    private struct Entry {
        var pod: PodSpec
        var status: JSON
        /// What the server has.
        var written: JSON
        var isDirty: Bool
        /// A static pod's, which is written to its mirror.
        var isMirrored = false
        /// There is no mirror to write to.
        var isHeldBack = false
    }
    private struct State {
        var entries: [String: Entry] = [:]
        var waiting: [String: [CheckedContinuation<Void, Never>]] = [:]
    }

    /// Pods whose statuses are written at once.
    private static let workers = 4

    private let api: any ObjectAPI
    private let state = NIOLockedValueBox(State())
    private let loop = NIOLockedValueBox<ReconcileLoop<String>?>(nil)

    init(_ api: any ObjectAPI, log: Logger) {
        self.api = api
        let made = ReconcileLoop<String>("pod status", workers: Self.workers, log: log) { [weak self] uid in
            try await self?.write(uid) ?? .settled
        }
        loop.withLockedValue { $0 = made }
    }

    /// Until its task is cancelled.
    func run() async {
        await loop.withLockedValue { $0 }?.run()
        let waiting = state.withLockedValue { state in
            defer { state.waiting = [:] }
            return state.waiting.values.flatMap { $0 }
        }
        for who in waiting { who.resume() }
    }

    func put(_ pod: PodSpec, _ status: JSON) {
        state.withLockedValue { state in
            let written = state.entries[pod.uid]?.written ?? pod.pod["status"]
            state.entries[pod.uid] = Entry(
                pod: pod, status: status, written: written, isDirty: true,
                isMirrored: StaticManifest.isStatic(pod.pod))
        }
        loop.withLockedValue { $0 }?.enqueue(pod.uid)
    }

    /// The object that shows a static pod is there, with that status.
    func writeAgain(_ uid: String, over written: JSON) {
        let isDue = state.withLockedValue { state in
            guard var entry = state.entries[uid], entry.isMirrored, !entry.isDirty || entry.isHeldBack else {
                return false
            }
            entry.written = written
            entry.isDirty = StatusPatch.make(uid: "", old: written, new: entry.status) != [:]
            entry.isHeldBack = false
            state.entries[uid] = entry
            return entry.isDirty
        }
        if isDue { loop.withLockedValue { $0 }?.enqueue(uid) }
    }

    func forget(_ uid: String) {
        let waiting = state.withLockedValue { state in
            state.entries[uid] = nil
            return state.waiting.removeValue(forKey: uid) ?? []
        }
        for who in waiting { who.resume() }
    }

    /// Returns when the pod's newest status is written, or can't be.
    func flush(_ uid: String) async {
        await withCheckedContinuation { who in
            let isDue = state.withLockedValue { state in
                guard state.entries[uid]?.isDirty == true else { return false }
                state.waiting[uid, default: []].append(who)
                return true
            }
            if !isDue { who.resume() }
        }
    }

    /// Until there is a mirror.
    private func holdBack(_ uid: String) {
        let waiting = state.withLockedValue { state in
            state.entries[uid]?.isHeldBack = true
            return state.waiting.removeValue(forKey: uid) ?? []
        }
        for who in waiting { who.resume() }
    }

    private func write(_ uid: String) async throws -> Next {
        guard let entry = state.withLockedValue({ $0.entries[uid] }), entry.isDirty else { return .settled }
        let patch = StatusPatch.make(uid: entry.isMirrored ? "" : uid, old: entry.written, new: entry.status)
        if !patch["status"].isNull {
            do throws(APIStatus) {
                _ = try await api.patch(
                    .pods, entry.pod.namespace, entry.pod.name, subresource: "status", .strategic(patch))
            } catch {
                // Another pod has its name now, or it is gone: there is nobody left to tell.
                guard error.code == 404 || error.code == 409 || error.code == 422 else { throw error }
                if entry.isMirrored { holdBack(uid) } else { forget(uid) }
                return .settled
            }
        }
        let waiting = state.withLockedValue { state -> [CheckedContinuation<Void, Never>] in
            guard var now = state.entries[uid] else { return [] }
            now.written = entry.status
            now.isDirty = now.status != entry.status
            state.entries[uid] = now
            return now.isDirty ? [] : state.waiting.removeValue(forKey: uid) ?? []
        }
        for who in waiting { who.resume() }
        return .settled
    }
}

/// A strategic merge patch from one status to the next, which leaves other writers' conditions alone. Pure.
enum StatusPatch {
    /// - Parameter uid: of the pod that is meant; "" for whichever has the name.
    static func make(uid: String, old: JSON, new: JSON) -> JSON {
        var changes: JSON = [:]
        for (name, value) in new.object ?? JSONObject() where value != old[name] {
            changes[name] = value
            // Lists of addresses are merged by address otherwise, and would only grow.
            if name == "podIPs", !old.list(name).isEmpty {
                changes[name] = .array([["$patch": "replace"]] + (value.array ?? []))
            }
        }
        if let conditions = changes["conditions"].array {
            let gone = old.list("conditions").map { $0.text("type") }.filter { type in
                PodConditions.own.contains(type) && !conditions.contains { $0.text("type") == type }
            }
            changes["conditions"] = .array(
                conditions.filter { !old.list("conditions").contains($0) }.map { clearing($0, old) }
                    + gone.map { ["$patch": "delete", "type": .string($0)] })
        }
        for name in ["podIP", "podIPs", "ephemeralContainerStatuses"] where old.has(name) && !new.has(name) {
            changes[name] = .null
        }
        guard changes.object?.isEmpty == false else { return [:] }
        return uid.isEmpty ? ["status": changes] : ["metadata": ["uid": .string(uid)], "status": changes]
    }

    /// Conditions are merged member by member: what one no longer has must be taken away.
    private static func clearing(_ condition: JSON, _ old: JSON) -> JSON {
        let before = old.list("conditions").first { $0.text("type") == condition.text("type") } ?? .null
        var copy = condition
        for member in ["reason", "message"] where before.has(member) && !condition.has(member) {
            copy[member] = .null
        }
        return copy
    }
}
