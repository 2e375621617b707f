import Foundation
import TestKit
import Testing

/// Nodes with so little of something that a pod can take it all; clusters of their own.
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

    @Test("of memory softly: after its time a pod is asked to end, and gets the time that it may have")
    func softly() async throws {
        let flags =
            "--memory 1g --extra-config 'kubelet.eviction-soft=memory.available<400Mi' "
            + "--extra-config kubelet.eviction-soft-grace-period=memory.available=15s "
            + "--extra-config kubelet.eviction-max-pod-grace-period=20 "
            + "--extra-config kubelet.eviction-pressure-transition-period=5s"
        try await ClusterSandbox.with(nodes: 1, flags: flags) { cluster in
            let space = try await cluster.space()
            // What isn't asked for in time isn't taken from allocatable amounts.
            let allocatable = try await space.ok("get node minikube -o jsonpath='{.status.allocatable.memory}'")
            #expect(["924Mi", "946176Ki"].contains(allocatable), "\(allocatable)")
            try await space.apply(
                """
                apiVersion: v1
                kind: Pod
                metadata: {name: eater, labels: {app: eater}}
                spec:
                  containers:
                  - {name: c, image: busybox, imagePullPolicy: IfNotPresent, command: [sh, -c, \
                "trap 'sleep 3; echo ended; exit 0' TERM; dd if=/dev/zero of=/dev/shm/x bs=1M count=600; \
                while :; do sleep 1; done"], volumeMounts: [{name: m, mountPath: /dev/shm}]}
                  volumes: [{name: m, emptyDir: {medium: Memory}}]

                """)
            try await until("the condition comes first", seconds: 40) {
                try await pressure(space, "MemoryPressure", "memory-pressure") == "True NoSchedule"
            }
            #expect(try await space.ok("get pod eater -o jsonpath='{.status.phase}'") == "Running")
            _ = try await space.expectWhy(
                "node/minikube",
                """
                node/minikube is short of memory (MemoryPressure since <any>s): it takes no new pods, and evicts one after \
                the other until it has enough. End what takes the most memory there, or give the node more.

                    kubectl get pods -A --field-selector spec.nodeName=minikube
                """, seconds: 5)
            try await untilEvicted(space, "eater")
            try await space.tells(
                "Pod/eater",
                "Warning Evicted The node was low on resource: memory. Threshold quantity: 400Mi, available: <any>")
            // It had time to end by itself.
            try await until("it ended well", seconds: 10) {
                try await space.ok(
                    "get pod eater -o jsonpath='{.status.containerStatuses[0].state.terminated.exitCode}'") == "0"
            }
        }
    }

    /// An engine whose files lie in memory, on a file system of that size.
    private static func withDisk<T>(_ size: String, _ body: (_ dataRoot: String) async throws -> T) async throws -> T {
        let folder = NSTemporaryDirectory() + "hako-disk-\(getpid())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let mount = try await Command.run(["mount", "-t", "tmpfs", "-o", "size=\(size)", "tmpfs", folder])
        #expect(mount.status == 0, "\(mount)")
        func clear() async {
            _ = try? await Command.run(["umount", "-R", "-l", folder])
            try? FileManager.default.removeItem(atPath: folder)
        }
        do {
            let result = try await body(folder)
            await clear()
            return result
        } catch {
            await clear()
            throw error
        }
    }

    /// Processes that the machine has room for now.
    private static func processesLeft() throws -> Int {
        func number(_ path: String) throws -> Int {
            Int(try String(contentsOfFile: path, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
        }
        let load = try String(contentsOfFile: "/proc/loadavg", encoding: .utf8).split(separator: " ")
        let all = Int(load[3].split(separator: "/")[1]) ?? 0
        return min(try number("/proc/sys/kernel/pid_max"), try number("/proc/sys/kernel/threads-max")) - all
    }

    /// The status of a condition of the node, and whether it has the taint.
    private func pressure(_ space: ClusterSpace, _ condition: String, _ taint: String) async throws -> String {
        let status = "{.status.conditions[?(@.type==\"\(condition)\")].status}"
        let taints = "{.spec.taints[?(@.key==\"node.kubernetes.io/\(taint)\")].effect}"
        return try await space.ok("get node minikube -o jsonpath='\(status) \(taints)'")
    }

    @Test("of disk, then of processes: condition, taint, eviction, refusals, and all is well again")
    func diskAndProcesses() async throws {
        let few = try Self.processesLeft() - 900
        let flags =
            "--extra-config 'kubelet.eviction-hard=nodefs.available<400Mi,pid.available<\(few)' "
            + "--extra-config kubelet.eviction-pressure-transition-period=15s"
        try await Self.withDisk("1200m") { dataRoot in
            try await ClusterSandbox.with(nodes: 1, flags: flags, daemonFlags: ["--data-root", dataRoot]) { cluster in
                let space = try await cluster.space()
                let amounts = try await space.ok(
                    "get node minikube -o jsonpath='{.status.capacity.ephemeral-storage} "
                        + "{.status.allocatable.ephemeral-storage}'")
                #expect(amounts == "1200Mi 800Mi" || amounts == "1228800Ki 800Mi" || amounts == "1228800Ki 819200Ki")
                try await space.apply(
                    Manifest.deployment("web", command: Manifest.webServer)
                        + "---\n"
                        + pod("eater", "dd if=/dev/zero of=/big bs=1M count=700 2>/dev/null; exec sleep 100000"))
                try await expectEviction(
                    space, "DiskPressure", "disk-pressure", "NodeHasDiskPressure", "NodeHasNoDiskPressure",
                    "The node was low on resource: ephemeral-storage. Threshold quantity: 400Mi, available: <any>. "
                        + "Container c was using <any>, request is 0, "
                        + "has larger consumption of ephemeral-storage. ")
                try await space.ok("delete pod eater")
                try await space.apply(
                    pod("eater", "i=0; while [ $i -lt 1500 ]; do sleep 100000 & i=$((i+1)); done; wait"))
                try await expectEviction(
                    space, "PIDPressure", "pid-pressure", "NodeHasInsufficientPID", "NodeHasSufficientPID",
                    "The node was low on resource: pids. Threshold quantity: <any>, available: <any>. ")
            }
        }
    }

    private func untilEvicted(_ space: ClusterSpace, _ name: String) async throws {
        try await until("\(name) is evicted", seconds: 60) {
            try await space.ok("get pod \(name) -o jsonpath='{.status.phase} {.status.reason}'") == "Failed Evicted"
        }
    }

    private func pod(_ name: String, _ command: String) -> String {
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: \(name), labels: {app: \(name)}}
        spec:
          containers:
          - {name: c, image: busybox, imagePullPolicy: IfNotPresent, command: [sh, -c, "\(command)"]}

        """
    }

    /// The pod `eater` takes too much and goes; while the node is short, a pod that is given to it is refused.
    private func expectEviction(
        _ space: ClusterSpace, _ condition: String, _ taint: String, _ short: String, _ well: String, _ message: String
    ) async throws {
        try await until("\(condition) and its taint", seconds: 60) {
            try await pressure(space, condition, taint) == "True NoSchedule"
        }
        let late = pod("late", "exec sleep 100000").replacingOccurrences(
            of: "spec:\n", with: "spec:\n  nodeName: minikube\n")
        try await space.apply(late)
        try await untilEvicted(space, "late")
        try await space.tells("Pod/late", "Warning Evicted The node had condition: [\(condition)]. ")
        try await untilEvicted(space, "eater")
        try await space.tells("Pod/eater", "Warning Evicted \(message)")
        #expect(
            try await space.ok(
                "get pod eater -o jsonpath='{.status.conditions[?(@.type==\"DisruptionTarget\")].reason}'")
                == "TerminationByKubelet")
        #expect(try await space.table("web").first?[0] == "1/1", "what takes little stays")
        try await until("the node has enough again", seconds: 90) {
            try await pressure(space, condition, taint) == "False "
        }
        let events = try await space.cluster.box.shell(
            "kubectl get events -n default --field-selector involvedObject.kind=Node")
        for reason in ["EvictionThresholdMet", short, well] { #expect(events.out.contains(reason), "\(events)") }
        try await space.ok("delete pod late")
        try await space.apply(late)
        try await space.until("late", shows: "1/1", "Running", seconds: 30)
        try await space.ok("delete pod late --now")
    }
}
