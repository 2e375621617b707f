import CLinux
import JSON
import KubeClient
import KubeModel
import Linux
import Logging
import NIOConcurrencyHelpers
import NIOPosix

/// The volumes of this node's pods. What was prepared is kept up to date while it runs: files that come from config
/// maps and secrets when those change, tokens before they expire.
package final class PodVolumes: VolumeManager {
    private struct Known {
        var pod: JSON
        /// Refreshes that failed since the last that didn't.
        var failures = 0
    }

    /// Pause after a refresh that failed, doubled up to the most: the original's.
    private static let firstPause = Duration.milliseconds(500), longestPause = Duration.seconds(122)

    private let setup: VolumeSetup
    private let environment: ContainerEnvironment
    private let log: Logger
    private let report: @Sendable (JSON, PodFault) -> Void
    private let now: @Sendable () -> Double
    private let lanes = VolumeLanes()
    private let pods = NIOLockedValueBox<[String: Known]>([:])
    private let refreshes: NIOLockedValueBox<ReconcileLoop<String>?> = NIOLockedValueBox(nil)

    /// - Parameters:
    ///   - root: the kubelet's folder, `/var/lib/kubelet`.
    ///   - api: of the node's own user.
    ///   - node: this node's object as last seen; null when it never was.
    ///   - report: faults of pods that run already, and those beside the one that `prepare` throws.
    package convenience init(
        root: String, api: any ObjectAPI, objects: PodObjects, environment: ContainerEnvironment,
        node: @escaping @Sendable () -> JSON, log: Logger, report: @escaping @Sendable (JSON, PodFault) -> Void
    ) {
        self.init(
            root: root, api: api, objects: objects, environment: environment, node: node, log: log,
            systems: KernelFileSystems(), now: hako_wall_clock, report: report)
    }

    init(
        root: String, api: any ObjectAPI, objects: PodObjects, environment: ContainerEnvironment,
        node: @escaping @Sendable () -> JSON, log: Logger, systems: any VolumeFileSystems,
        now: @escaping @Sendable () -> Double, report: @escaping @Sendable (JSON, PodFault) -> Void
    ) {
        setup = VolumeSetup(
            paths: PodPaths(root: root), api: api, objects: objects, tokens: ServiceAccountTokens(api, now: now),
            systems: systems, node: node)
        self.environment = environment
        self.log = log
        self.report = report
        self.now = now
        let loop = ReconcileLoop<String>("pod volumes", workers: 4, log: log) { [weak self] podUID in
            await self?.refresh(podUID: podUID) ?? .settled
        }
        refreshes.withLockedValue { $0 = loop }
        objects.observe { [weak loop] podUIDs in for podUID in podUIDs { loop?.enqueue(podUID) } }
    }

    /// Keeps volumes up to date until its task is cancelled.
    package func run() async { await refreshes.withLockedValue { $0 }?.run() }

    // MARK: VolumeManager

    package func prepare(_ pod: JSON) async throws(PodFault) -> [String: String] {
        let podUID = pod["metadata"]["uid"].string ?? ""
        setup.objects.refer(podUID, to: ObjectReference.all(of: pod))
        pods.withLockedValue { $0[podUID] = Known(pod: pod) }
        let made = await lanes.run(podUID) { await self.setup.make(pod) }
        renew(podUID, made)
        if let fault = made.faults.first {
            for other in made.faults.dropFirst() { report(pod, other) }
            throw fault
        }
        return made.paths
    }

    package func remove(podUID: String) async {
        pods.withLockedValue { $0[podUID] = nil }
        setup.objects.forget(podUID)
        setup.tokens.forget(podUID)
        await lanes.run(podUID) {
            do {
                try await NIOThreadPool.singleton.runIfActive { try self.removeFolders(podUID) }
            } catch {
                self.log.warning("volumes of pod \(podUID) aren't removed", metadata: ["error": "\(error)"])
            }
        }
    }

    package func mounts(
        _ container: JSON, _ pod: JSON, _ volumes: [String: String]
    ) throws(PodFault) -> [JSON] {
        do throws(PodConfigError) {
            var entries: [JSON] = []
            for (at, mount) in (container["volumeMounts"].array ?? []).enumerated() {
                entries.append(try entry(mount, at, container, pod, volumes))
            }
            return entries
        } catch {
            throw PodFault(reason: "CreateContainerConfigError", message: error.message)
        }
    }

    // MARK: Refreshing

    /// The pod's object changed: what volumes tell of it is brought up to date, if it has volumes here.
    package func changed(_ pod: JSON) {
        let podUID = pod["metadata"]["uid"].string ?? ""
        let isNews = pods.withLockedValue { pods -> Bool in
            guard let old = pods[podUID]?.pod["metadata"] else { return false }
            pods[podUID]?.pod = pod
            return ["labels", "annotations"].contains { old[$0] != pod["metadata"][$0] }
        }
        if isNews { refreshes.withLockedValue { $0 }?.enqueue(podUID) }
    }

    /// Brings the files of a running pod's volumes up to date now.
    @discardableResult
    package func refresh(podUID: String) async -> Next {
        let made = await lanes.run(podUID) { () -> (pod: JSON, made: VolumeSetup.Made)? in
            // Looked up here, since it may have been removed meanwhile.
            guard let pod = self.pods.withLockedValue({ $0[podUID]?.pod }) else { return nil }
            return (pod, await self.setup.make(pod, onlyProjected: true))
        }
        guard let made else { return .settled }
        renew(podUID, made.made)
        for fault in made.made.faults { report(made.pod, fault) }
        let hasFailed = !made.made.faults.isEmpty
        let failures = pods.withLockedValue { pods -> Int in
            guard var known = pods[podUID] else { return 0 }
            known.failures = hasFailed ? known.failures + 1 : 0
            pods[podUID] = known
            return known.failures
        }
        guard failures > 0 else { return .settled }
        return .again(after: min(Self.firstPause * (1 << min(failures - 1, 10)), Self.longestPause))
    }

    private func renew(_ podUID: String, _ made: VolumeSetup.Made) {
        guard let renewal = made.renewal else { return }
        // Not at the very moment, which a rounded clock could miss.
        let pause = max(renewal - now(), 0) + 1
        refreshes.withLockedValue { $0 }?.enqueue(podUID, after: .seconds(pause))
    }

    private func removeFolders(_ podUID: String) throws(KernelError) {
        let paths = setup.paths
        guard !podUID.isEmpty, !podUID.contains("/"), podUID != ".." else { return }
        for folder in [paths.subPaths(podUID), paths.volumes(podUID)] {
            try setup.systems.unmountAll(in: folder)
            try FolderTree.remove(folder)
        }
        // The pod's own folder goes with the last thing in it.
        _ = rmdir(paths.pod(podUID))
    }

    // MARK: Mounts

    private func entry(
        _ mount: JSON, _ at: Int, _ container: JSON, _ pod: JSON, _ volumes: [String: String]
    ) throws(PodConfigError) -> JSON {
        let name = mount["name"].string ?? "", owner = container["name"].string ?? ""
        let volume = (pod["spec"]["volumes"].array ?? []).first { $0["name"].string == name } ?? .null
        let subPath = try self.subPath(mount, container, pod)
        if volume["image"].object != nil {
            return VolumeMounts.image(
                mount, reference: volume["image"]["reference"].string ?? "", subPath: subPath)
        }
        guard var source = volumes[name] else {
            throw PodConfigError(
                "cannot find volume \(GoText.quoted(name)) to mount into container \(GoText.quoted(owner))")
        }
        if !subPath.isEmpty {
            let target = setup.paths.subPath(pod["metadata"]["uid"].string ?? "", name, owner, at)
            do throws(KernelError) {
                try SubPath(systems: setup.systems).bind(subPath, of: source, on: target)
            } catch {
                // The reason would tell of the node's files.
                log.error("subPath of volume \(name) in container \(owner)", metadata: ["error": "\(error)"])
                throw PodConfigError(
                    "failed to prepare subPath for volumeMount \(GoText.quoted(name)) of container \(GoText.quoted(owner))"
                )
            }
            source = target
        }
        return try VolumeMounts.bind(mount, source: source, volume: volume)
    }

    /// "" for the volume itself.
    private func subPath(_ mount: JSON, _ container: JSON, _ pod: JSON) throws(PodConfigError) -> String {
        var path = mount["subPath"].string ?? ""
        if let expression = mount["subPathExpr"].string, !expression.isEmpty {
            let values = VariableExpansion.map(try environment.known(container, pod))
            var missing: Set<String> = []
            path = VariableExpansion.expand(expression) { name in
                if values[name]?.isEmpty ?? true { missing.insert(name) }
                return values[name] ?? ""
            }
            if !missing.isEmpty {
                throw PodConfigError("missing value for \(missing.sorted().joined(separator: ", "))")
            }
        }
        try SubPath.check(path)
        return path
    }
}
