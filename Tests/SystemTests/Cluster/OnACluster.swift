import TestKit
import Testing

/// What is tried on one real cluster of three nodes, made once for all of it. Each test has a namespace of its own.
@Suite("on a cluster", .serialized, .cluster(nodes: 3))
enum OnACluster {
    /// The suite's cluster, and a new namespace in it.
    static func space() async throws -> ClusterSpace {
        guard let cluster = ClusterSandbox.suite else { throw Timeout(description: "no cluster") }
        return try await cluster.space()
    }
}

/// Manifests, as people write them.
enum Manifest {
    /// A deployment of one container `c`, of pods that end at once when they are asked to.
    ///
    /// - Parameters:
    ///   - container: further members of the container, in YAML's flow form.
    ///   - pod: the same of the pod's spec, `spec` of the deployment's.
    static func deployment(
        _ name: String, replicas: Int = 1, image: String = "busybox", command: String = "exec sleep 100000",
        container: String = "", pod: String = "", spec: String = ""
    ) -> String {
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: \(name), labels: {app: \(name)}}
        spec:
          replicas: \(replicas)
          selector: {matchLabels: {app: \(name)}}
          \(spec.isEmpty ? "" : spec)
          template:
            metadata: {labels: {app: \(name)}}
            spec:
              terminationGracePeriodSeconds: 1
              \(pod)
              containers:
              - {name: c, image: "\(image)", imagePullPolicy: IfNotPresent, \
        command: [sh, -c, "\(command)"]\(container.isEmpty ? "" : ", " + container)}

        """
    }

    /// Answers on port 80 with its pod's name.
    static let webServer = "echo $HOSTNAME >/tmp/index.html; cd /tmp; exec httpd -f -p 80"

    static func service(_ name: String, app: String? = nil, type: String = "NodePort", more: String = "") -> String {
        """
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: \(name)}
        spec: {type: \(type), selector: {app: \(app ?? name)}, ports: [{port: 80}]\(more.isEmpty ? "" : ", " + more)}

        """
    }
}
