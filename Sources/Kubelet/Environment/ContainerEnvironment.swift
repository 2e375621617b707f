import CLinux
import JSON
import KubeClient
import KubeModel
import Linux
import NIOPosix

/// The environment of this node's containers, as objects and services are now.
package final class ContainerEnvironment: EnvironmentBuilder {
    private let objects: PodObjects
    private let services: Informer
    private let paths: PodPaths
    private let node: @Sendable () -> JSON

    /// - Parameters:
    ///   - services: of all namespaces.
    ///   - root: the kubelet's folder.
    ///   - node: this node's object as last seen; null when it never was.
    package init(_ objects: PodObjects, services: Informer, root: String, node: @escaping @Sendable () -> JSON) {
        self.objects = objects
        self.services = services
        self.paths = PodPaths(root: root)
        self.node = node
    }

    package func environment(
        _ container: JSON, _ pod: JSON, _ facts: PodFacts
    ) async throws(PodFault) -> [String] {
        // A static pod may run where there is no server to ask.
        let isStatic = pod["metadata"]["annotations"]["kubernetes.io/config.source"].string.map { $0 != "api" } ?? false
        if !isStatic { await services.synced() }
        var found: [ObjectReference: Result<JSON, APIStatus>] = [:]
        for reference in references(container, pod) {
            do throws(APIStatus) {
                found[reference] = .success(try await objects.object(reference))
            } catch {
                found[reference] = .failure(error)
            }
        }
        let known = found
        do throws(PodConfigError) {
            return try plan(container, pod, facts) { known[$0] ?? .failure($0.notFound) }.lines()
        } catch {
            throw PodFault(reason: "CreateContainerConfigError", message: error.message)
        }
    }

    /// As far as it is known without asking the server.
    func known(_ container: JSON, _ pod: JSON) throws(PodConfigError) -> [String] {
        let status = pod["status"]
        func addresses(_ list: String, _ one: String) -> [String] {
            let all = (status[list].array ?? []).compactMap { $0["ip"].string }
            return all.isEmpty ? status[one].string.map { [$0] } ?? [] : all
        }
        let facts = PodFacts(
            podIPs: addresses("podIPs", "podIP"), hostIPs: addresses("hostIPs", "hostIP"),
            nodeName: pod["spec"]["nodeName"].string ?? "")
        return try plan(container, pod, facts) { reference in
            self.objects.known(reference).map { .success($0) } ?? .failure(reference.notFound)
        }.lines()
    }

    private func plan(
        _ container: JSON, _ pod: JSON, _ facts: PodFacts,
        _ object: @escaping (ObjectReference) -> Result<JSON, APIStatus>
    ) -> EnvironmentPlan {
        EnvironmentPlan(
            container: container, pod: pod, facts: facts, services: services.objects,
            allocatable: node()["status"]["allocatable"], object: object
        ) { (volume, path) throws(PodConfigError) in try self.file(pod, volume, path) }
    }

    private func references(_ container: JSON, _ pod: JSON) -> Set<ObjectReference> {
        ObjectReference.all(of: ["metadata": pod["metadata"], "spec": ["containers": [container]]])
    }

    /// Only emptyDir volumes can hold files of variables.
    private func file(_ pod: JSON, _ volume: String, _ path: String) throws(PodConfigError) -> String {
        let folder = paths.volume(pod["metadata"]["uid"].string ?? "", "empty-dir", volume)
        guard let root = try? SafeRoot(path: folder) else {
            throw PodConfigError("cannot find the volume \(GoText.quoted(volume)) referenced by FileKeyRef")
        }
        guard let bytes = try? root.read(path) else { throw PodConfigError("couldn't parse env file") }
        return String(decoding: bytes, as: UTF8.self)
    }
}
