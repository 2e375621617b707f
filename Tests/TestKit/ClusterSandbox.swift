import Foundation
import Synchronization
import Testing

/// A cluster on an engine of its own (`Sandbox`), with busybox, nginx and the built-in echoserver on it. `kubectl` is
/// the original where it is there, else ours; `hako` is this program.
package final class ClusterSandbox: Sendable {
    package let box: Sandbox
    package let nodes: [String]
    private let spaces = Atomic<Int>(0)

    /// That of the suite whose tests run now.
    @TaskLocal package static var suite: ClusterSandbox?

    private init(_ box: Sandbox, nodes: Int) {
        self.box = box
        self.nodes = (1...nodes).map { $0 == 1 ? "minikube" : "minikube-m0\($0)" }
    }

    package static func with<T>(
        nodes: Int, flags: String = "", daemonFlags: [String] = [], _ body: (ClusterSandbox) async throws -> T
    ) async throws -> T {
        try await Sandbox.with(daemonFlags: daemonFlags) { box in
            let original = Repo.root + "/out/kube/bin/kubectl"
            let kubectl = FileManager.default.isExecutableFile(atPath: original) ? original : Repo.hako
            for (name, program) in [("hako", Repo.hako), ("kubectl", kubectl)] {
                try FileManager.default.createSymbolicLink(
                    atPath: "\(box.root)/bin/\(name)", withDestinationPath: program)
            }
            for image in ["busybox", "nginx"] { try await box.ok("pull", "-q", image) }
            let cluster = ClusterSandbox(box, nodes: nodes)
            let start = try await box.shell("hako start --nodes \(nodes) \(flags)", seconds: 120)
            guard start.status == 0 else { throw Timeout(description: "\(start)") }
            do {
                let result = try await body(cluster)
                try await cluster.end()
                return result
            } catch {
                Issue.record(
                    "the control plane's log:\n\(try await box.shell("docker logs minikube 2>&1 | tail -40").out)")
                try? await cluster.end()
                throw error
            }
        }
    }

    private func end() async throws {
        let delete = try await box.shell("hako delete", seconds: 120)
        #expect(delete.status == 0, "\(delete)")
    }

    /// A namespace of a test's own; it goes with the cluster.
    package func space() async throws -> ClusterSpace {
        let number = spaces.add(1, ordering: .relaxed).newValue
        let space = ClusterSpace(cluster: self, name: "test-\(number)")
        let made = try await box.shell("kubectl create namespace \(space.name)")
        guard made.status == 0 else { throw Timeout(description: "\(made)") }
        return space
    }
}

/// Gives a suite a cluster that all of its tests share.
package struct SharedCluster: SuiteTrait, TestScoping {
    let nodes: Int

    package func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await ClusterSandbox.with(nodes: nodes) { cluster in
            try await ClusterSandbox.$suite.withValue(cluster) { try await function() }
        }
    }
}

extension Trait where Self == SharedCluster {
    package static func cluster(nodes: Int) -> SharedCluster { SharedCluster(nodes: nodes) }
}
