import TestKit
import Testing

/// A node with so little memory that a pod can take it all; a cluster of its own.
@Suite("a node runs short", .serialized)
struct PressureTests {
    @Test("of memory: the pod that takes the most goes, its node says so, and later that it has enough again")
    func memory() async throws {
        let flags =
            "--memory 1g --extra-config 'kubelet.eviction-hard=memory.available<400Mi' "
            + "--extra-config kubelet.eviction-pressure-transition-period=5s"
        try await ClusterSandbox.with(nodes: 1, flags: flags) { cluster in
            let space = try await cluster.space()
            let capacity = try await space.ok("get node minikube -o jsonpath='{.status.capacity.memory}'")
            #expect(["1Gi", "1048576Ki"].contains(capacity), "\(capacity)")
            try await space.apply(
                Manifest.deployment("web", command: Manifest.webServer) + """
                    ---
                    apiVersion: v1
                    kind: Pod
                    metadata: {name: eater, labels: {app: eater}}
                    spec:
                      containers:
                      - {name: c, image: busybox, imagePullPolicy: IfNotPresent, command: [sh, -c, \
                    "dd if=/dev/zero of=/dev/shm/x bs=1M count=600; exec sleep 100000"], \
                    volumeMounts: [{name: m, mountPath: /dev/shm}]}
                      volumes: [{name: m, emptyDir: {medium: Memory}}]

                    """)
            try await until("it is evicted", seconds: 60) {
                try await space.ok("get pod eater -o jsonpath='{.status.phase} {.status.reason}'") == "Failed Evicted"
            }
            let message = try await space.ok("get pod eater -o jsonpath='{.status.message}'")
            #expect(
                message.hasPrefix("The node was low on resource: memory. Threshold quantity: 400Mi, available: ")
                    && message.hasSuffix(", request is 0, has larger consumption of memory. "), "\(message)")
            try await space.tells(
                "Pod/eater", "Warning Evicted The node was low on resource: memory. Threshold quantity: 400Mi, <any>")
            let events = try await cluster.box.shell(
                "kubectl get events -n default --field-selector involvedObject.kind=Node")
            for reason in ["EvictionThresholdMet", "NodeHasInsufficientMemory"] {
                #expect(events.out.contains(reason), "\(events)")
            }
            #expect(try await space.table("web").first?[0] == "1/1", "what takes little stays")
            try await until("the node has enough again", seconds: 60) {
                let taints = try await space.ok("get node minikube -o jsonpath='{.spec.taints}'")
                let condition = "{.status.conditions[?(@.type==\"MemoryPressure\")].status}"
                let status = try await space.ok("get node minikube -o jsonpath='\(condition)'")
                return status == "False" && taints.isEmpty
            }
        }
    }
}
