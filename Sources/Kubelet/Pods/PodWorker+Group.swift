import Fault
import KubeClient
import Logging
import NIOPosix

// The control group around the pod's containers.
extension PodWorker {
    var wantedGroup: PodGroup { PodGroup(pod, root: parts.settings.groupRoot) }

    /// Before anything of the pod is made in it. False, with an event, when it can't be.
    func makeGroup() async -> Bool {
        do {
            try await setGroup(wantedGroup)
            return true
        } catch {
            parts.tell(
                .warning, pod, "FailedCreatePodContainer",
                "unable to ensure pod container exists: \(sentence(error))")
            return false
        }
    }

    func setGroup(_ wanted: PodGroup) async throws {
        guard wanted != group else { return }
        let groups = parts.groups
        try await NIOThreadPool.singleton.runIfActive { try groups.set(wanted) }
        group = wanted
    }

    /// After the engine has taken away those of the containers.
    func removeGroup() async {
        group = nil
        await parts.removeGroup(uid)
    }
}

extension PodParts {
    func removeGroup(_ uid: String) async {
        do { try await NIOThreadPool.singleton.runIfActive { try groups.remove(podUID: uid) } } catch {
            log.warning("the control group of pod \(uid) stays: \(sentence(error))")
        }
    }
}
