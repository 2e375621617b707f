import Foundation
import TestKit
import Testing

extension OnACluster {
    /// Services that lead nowhere and pods that find no node, or may not leave theirs.
    @Suite("a service or a placement is broken and repaired", .serialized)
    struct BrokenPlacement {
        private func url(_ space: ClusterSpace, _ service: String) async throws -> String {
            "http://192.168.49.2:"
                + (try await space.ok("get service \(service) -o jsonpath='{.spec.ports[0].nodePort}'"))
        }

        @Test("a service's selector with a typo")
        func selector() async throws {
            let space = try await OnACluster.space()
            try await space.apply(
                Manifest.deployment("shop", command: Manifest.webServer) + Manifest.service("shop", app: "shpo"))
            try await space.until("shop", shows: "1/1", "Running")
            let url = try await url(space, "shop")
            #expect(
                try await space.ok("get endpointslices -l kubernetes.io/service-name=shop --no-headers").contains(
                    "<unset>"))
            try await until("the service refuses") {
                try await space.cluster.box.shell("curl -s --max-time 2 \(url)").status == 7
            }
            let pod = try await space.pods("shop")[0]
            let fix = try await space.expectWhy(
                "service/shop",
                """
                service/shop has no endpoints: its selector app=shpo matches no pod in namespace \(space.name); \
                pod/\(pod) has app=shop. Correct the selector.

                    kubectl set selector service shop app=shop -n \(space.name)
                """)
            try await space.run(fix)
            try await until("the service answers") {
                try await space.cluster.box.shell("curl -s --max-time 2 \(url)").out == pod + "\n"
            }
            try await space.expectWhy("service/shop", "service/shop leads to 1 ready pod of 1.", isWell: true)
        }

        @Test("a readiness probe that asks the wrong port")
        func readiness() async throws {
            let space = try await OnACluster.space()
            try await space.apply(
                Manifest.deployment(
                    "ready", command: Manifest.webServer,
                    container:
                        "ports: [{containerPort: 80}], readinessProbe: {httpGet: {port: 8081, path: /}, periodSeconds: 1}"
                ) + Manifest.service("ready"))
            try await space.until("ready", shows: "0/1", "Running")
            let pod = try await space.pods("ready")[0]
            let address = try await space.ok("get pod \(pod) -o jsonpath='{.status.podIP}'")
            let fault =
                "Get \"http://\(address):8081/\": dial tcp \(address):8081: connect: connection refused"
            try await space.tells("Pod/\(pod)", "Warning Unhealthy Readiness probe failed: \(fault)")
            let conditions = try await space.ok(
                "get pod \(pod) -o jsonpath='{range .status.conditions[?(@.status==\"False\")]}{.type} {.reason} {.message},{end}'"
            )
            #expect(
                conditions
                    == "Ready ContainersNotReady containers with unready status: [c],"
                    + "ContainersReady ContainersNotReady containers with unready status: [c],")
            let url = try await url(space, "ready")
            #expect(try await space.cluster.box.shell("curl -s --max-time 2 \(url)").status == 7)
            let fix = try await space.expectWhy(
                "deployment/ready",
                """
                deployment/ready has 0 of 1 pods available. pod/\(pod) is Running but not Ready: the readiness probe of \
                its container c fails: \(fault), so no service sends it anything. It asks port 8081, but the container \
                declares 80: correct the port.

                    kubectl patch deployment/ready -n \(space.name) -p <any>
                """)
            try await space.run(fix)
            try await space.ok("rollout status deployment/ready --timeout=60s", seconds: 70)
            try await until("the service answers") {
                try await space.cluster.box.shell("curl -s --max-time 2 \(url)").out.hasPrefix("ready-")
            }
        }

        @Test("more memory asked for than any node has")
        func tooLarge() async throws {
            let space = try await OnACluster.space()
            try await space.apply(
                Manifest.deployment("large", container: "resources: {requests: {memory: 500Gi}}"))
            try await space.until("large", shows: "0/1", "Pending")
            let pod = try await space.pods("large")[0]
            let message =
                "0/3 nodes are available: 3 Insufficient memory. no new claims to deallocate, preemption: "
                + "0/3 nodes are available: 3 Preemption is not helpful for scheduling."
            try await space.tells("Pod/\(pod)", "Warning FailedScheduling \(message)")
            // A change of the cluster that helps nothing leaves the pod's status as it was.
            try await space.apply(Manifest.deployment("small", container: "resources: {requests: {memory: 10Mi}}"))
            try await space.until("small", shows: "1/1", "Running")
            try await space.ok("delete deployment small --cascade=foreground")
            try await Task.sleep(for: .seconds(1))
            #expect(
                try await space.ok(
                    "get pod \(pod) -o jsonpath='{.status.phase} {.status.conditions[0].reason} {.status.conditions[0].message}'"
                ) == "Pending Unschedulable \(message)")
            let fix = try await space.expectWhy(
                "deployment/large",
                """
                deployment/large has 0 of 1 pods available. pod/\(pod) is Pending: none of the 3 nodes takes it: it \
                asks for 500Gi memory, and the most that is free is <any> on minikube<any>. No node is that large even \
                when it is empty: lower the memory request to <any> or less.
                  minikube:     insufficient memory: 500Gi asked for, <any> free of <any>
                  minikube-m02: insufficient memory: 500Gi asked for, <any> free of <any>
                  minikube-m03: insufficient memory: 500Gi asked for, <any> free of <any>

                    kubectl set resources deployment/large -c c --requests=memory=<any> -n \(space.name)
                """)
            try await space.run(fix)
            try await space.ok("rollout status deployment/large --timeout=60s", seconds: 70)
            try await space.ok("delete deployment large --cascade=foreground")
        }

        @Test("more pods that keep apart than there are nodes")
        func antiAffinity() async throws {
            let space = try await OnACluster.space()
            try await space.apply(
                Manifest.deployment(
                    "apart", replicas: 4,
                    pod: "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
                        + "[{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: apart}}}]}}"))
            try await space.until("apart", shows: "1/1", "Running", count: 3)
            try await space.until("apart", shows: "0/1", "Pending")
            try await space.tells(
                "Pod/apart-",
                "Warning FailedScheduling 0/3 nodes are available: 3 node(s) didn't match pod anti-affinity rules. "
                    + "no new claims to deallocate, preemption: 0/3 nodes are available: "
                    + "3 No preemption victims found for incoming pod.")
            let fix = try await space.expectWhy(
                "deployment/apart",
                """
                deployment/apart has 3 of 4 pods available. pod/apart-<any> is Pending: none of the 3 nodes takes it: \
                its anti-affinity is required, and every node that would do has such a pod already. 4 replicas can't \
                be apart on so few nodes: ask for 3, add 1 node, or make the anti-affinity preferred.
                  minikube:     pod apart-<any> is on it, and anti-affinity keeps them apart
                  minikube-m02: pod apart-<any> is on it, and anti-affinity keeps them apart
                  minikube-m03: pod apart-<any> is on it, and anti-affinity keeps them apart

                    kubectl scale deployment/apart --replicas=3 -n \(space.name)
                """)
            try await space.run(fix)
            try await space.expectWhy(
                "deployment/apart", "deployment/apart has all it wants: 3 of 3 pods available, all up to date.",
                isWell: true)
            try await space.ok("delete deployment apart --cascade=foreground")
        }

        @Test("a disruption budget that forbids a drain")
        func budget() async throws {
            let space = try await OnACluster.space()
            let shell = space.cluster.box
            try await space.apply(
                Manifest.deployment(
                    "even", replicas: 3,
                    pod: "topologySpreadConstraints: [{maxSkew: 1, topologyKey: kubernetes.io/hostname, "
                        + "whenUnsatisfiable: DoNotSchedule, nodeTaintsPolicy: Honor, labelSelector: {matchLabels: {app: even}}}]"
                ))
            try await space.until("even", shows: "1/1", "Running", count: 3)
            try await space.ok("create pdb even --selector=app=even --min-available=3")
            try await until("the budget is counted") {
                try await space.ok("get pdb even --no-headers").split(separator: " ").prefix(4).joined(separator: " ")
                    == "even 3 N/A 0"
            }
            let pod = try await space.ok(
                "get pods -l app=even --field-selector spec.nodeName=minikube-m03 -o jsonpath='{.items[0].metadata.name}'"
            )
            let drain = "kubectl drain minikube-m03 --ignore-daemonsets --force --pod-selector=app=even"
            let refused = try await shell.shell("\(drain) --timeout=6s")
            #expect(refused.status == 1)
            #expect(
                refused.out.hasPrefix("node/minikube-m03 cordoned\nevicting pod \(space.name)/\(pod)\n"), "\(refused)")
            #expect(
                refused.err.contains(
                    "error when evicting pods/\"\(pod)\" -n \"\(space.name)\" (will retry after 5s): "
                        + "Cannot evict pod as it would violate the pod's disruption budget."), "\(refused)")
            let eviction = try await space.kubectl(
                "create --raw /api/v1/namespaces/\(space.name)/pods/\(pod)/eviction -f -",
                input: #"{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"\#(pod)"}}"#)
            #expect(
                eviction.err.hasPrefix(
                    "Error from server (TooManyRequests): Cannot evict pod as it would violate the pod's disruption budget."
                ), "\(eviction)")
            let told = "the budget even (minAvailable: 3) wants 3 healthy pods of 3, and 3 are. None may be missing."
            let fix = try await space.expectWhy(
                "node/minikube-m03",
                """
                node/minikube-m03 is cordoned, and pod/\(pod) can't be evicted from it: \(told) Run one more pod than \
                the budget wants, or lower the budget.

                    kubectl scale deployment/even --replicas=4 -n \(space.name)
                """)
            try await space.run(fix)
            let drained = try await shell.shell("\(drain) --timeout=40s")
            #expect(drained.status == 0, "\(drained)")
            #expect(drained.out.hasSuffix("pod/\(pod) evicted\nnode/minikube-m03 drained\n"), "\(drained)")
            try await until("it is elsewhere") {
                try await space.ok(
                    "get pods -l app=even --field-selector spec.nodeName=minikube-m03 -o name"
                ).isEmpty
            }
            let uncordon = try await shell.shell("kubectl uncordon minikube-m03")
            #expect(uncordon.out == "node/minikube-m03 uncordoned\n")
            try await space.ok("delete deployment even --cascade=foreground")
        }
    }
}
