import TestKit
import Testing

extension OnACluster {
    /// What the kernel holds pods to, as the node sees it.
    @Suite("pods have control groups", .serialized)
    struct PodGroupTests {
        /// `FILE` of the pod's group, of v2 or v1; empty when there is none.
        private func file(_ unified: String, _ legacy: String, _ group: String, _ space: ClusterSpace) async throws
            -> String
        {
            let files = "/sys/fs/cgroup\(group)/\(unified) /sys/fs/cgroup/*\(group)/\(legacy)"
            let answer = try await space.cluster.box.shell("docker exec minikube-m02 sh -c 'cat \(files) 2>/dev/null'")
            return answer.out.split(separator: "\n").first.map(String.init) ?? ""
        }

        private func memory(_ group: String, _ space: ClusterSpace) async throws -> String {
            try await file("memory.max", "memory.limit_in_bytes", group, space)
        }

        private func pod(_ name: String, _ resources: String, _ space: ClusterSpace) async throws -> String {
            try await space.apply(
                """
                apiVersion: v1
                kind: Pod
                metadata: {name: \(name), labels: {app: \(name)}}
                spec:
                  nodeName: minikube-m02
                  terminationGracePeriodSeconds: 1
                  containers:
                  - {name: c, image: busybox, imagePullPolicy: IfNotPresent, command: [sh, -c, "exec sleep 100000"], \
                \(resources)}

                """)
            try await space.until(name, shows: "1/1", "Running")
            return try await space.ok("get pod \(name) -o jsonpath='{.metadata.uid}'")
        }

        @Test("with limits of the whole pod, by class; resized with it and gone with it")
        func limits() async throws {
            let space = try await OnACluster.space()
            let sure = try await pod(
                "sure",
                "resources: {limits: {cpu: 200m, memory: 64Mi}}, "
                    + "resizePolicy: [{resourceName: memory, restartPolicy: NotRequired}]", space)
            let free = try await pod("free", "env: []", space)
            let some = try await pod("some", "resources: {requests: {cpu: 100m}, limits: {memory: 96Mi}}", space)
            #expect(try await memory("/kubepods/pod\(sure)", space) == "67108864")
            #expect(try await memory("/kubepods/burstable/pod\(some)", space) == "100663296")
            let quota = try await file("cpu.max", "cpu.cfs_quota_us", "/kubepods/pod\(sure)", space)
            #expect(quota.hasPrefix("20000"), "\(quota)")
            let least = try await file("cpu.weight", "cpu.shares", "/kubepods/besteffort/pod\(free)", space)
            #expect(["1", "2"].contains(least))
            try await space.ok(
                "patch pod sure --subresource resize -p "
                    + #"'{"spec":{"containers":[{"name":"c","resources":{"requests":{"memory":"80Mi"},"limits":{"memory":"80Mi"}}}]}}'"#
            )
            try await until("the group has the new size") {
                try await memory("/kubepods/pod\(sure)", space) == "83886080"
            }
            try await space.ok("delete pod sure free some")
            try await until("the groups are gone") {
                let list = "find /sys/fs/cgroup -type d | grep -c -e pod\(sure) -e pod\(free) -e pod\(some)"
                return try await space.cluster.box.shell("docker exec minikube-m02 sh -c '\(list)'").out == "0\n"
            }
        }

        @Test("a pod whose containers have a limit together only is held to it, and says so when it takes more")
        func wholePod() async throws {
            let space = try await OnACluster.space()
            try await space.apply(
                """
                apiVersion: v1
                kind: Pod
                metadata: {name: whole, labels: {app: whole}}
                spec:
                  nodeName: minikube-m02
                  restartPolicy: Never
                  resources: {limits: {cpu: "1", memory: 64Mi}}
                  containers:
                  - {name: c, image: busybox, imagePullPolicy: IfNotPresent, command: [tail, /dev/zero]}

                """)
            try await space.until("whole", shows: "0/1", "OOMKilled")
            let state = "{.status.qosClass} {.status.containerStatuses[0].state.terminated.exitCode}"
            #expect(try await space.ok("get pod whole -o jsonpath='\(state)'") == "Guaranteed 137")
        }
    }
}
