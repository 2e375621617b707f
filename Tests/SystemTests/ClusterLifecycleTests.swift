import Foundation
import TestKit
import Testing

/// Clusters that are started, interrupted, broken and started again.
@Suite("The life of clusters", .serialized)
struct ClusterLifecycleTests {
    private static let ready =
        "kubectl get nodes -o jsonpath='{range .items[*]}{.metadata.name}={.status.conditions[?(@.type==\"Ready\")].status};{end}'"

    private func withMinikube(_ body: (Sandbox) async throws -> Void) async throws {
        try await Sandbox.with { box in
            for name in ["minikube", "kubectl"] {
                try FileManager.default.createSymbolicLink(
                    atPath: "\(box.root)/bin/\(name)", withDestinationPath: Repo.hako)
            }
            try await body(box)
            _ = try await box.shell("minikube delete --all --purge")
            #expect(try await box.shell("docker ps -aq; docker volume ls -q").out.isEmpty)
            #expect(!FileManager.default.fileExists(atPath: box.root + "/.hako"))
        }
    }

    /// Runs the line and gives its standard output; its status must be 0.
    @discardableResult
    private func ok(
        _ box: Sandbox, _ line: String, seconds: Double = 120, at place: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let answer = try await box.shell(line, seconds: seconds)
        #expect(answer.status == 0, "\(answer)", sourceLocation: place)
        return answer.out
    }

    // MARK: Waiting

    @Test("start that doesn't wait leaves an API that answers; the next one waits for all, and tells times when asked")
    func waiting() async throws {
        try await withMinikube { box in
            let first = try await ok(box, "minikube start --nodes 2 --wait=none")
            #expect(!first.contains("Verifying"))
            #expect(try await ok(box, "kubectl get namespaces -o name").contains("namespace/default"))
            let second = try await ok(box, "minikube start --wait=all --wait-timeout 1m -v 1")
            #expect(
                second.contains("Verifying") && second.firstMatch(of: /API of minikube: \d+ ms/) != nil, "\(second)")
            #expect(try await ok(box, Self.ready) == "minikube=True;minikube-m02=True;")
            #expect(try await ok(box, "kubectl get serviceaccount default -o name") == "serviceaccount/default\n")
            let warned = try await ok(box, "minikube start --cpus 1 --wait=bogus")
            #expect(warned.contains("! You cannot change the CPUs for an existing minikube cluster."))
            #expect(warned.contains("! The value \"bogus\" is invalid for --wait flag."))
            let late = try await box.shell("minikube stop; minikube start --wait-timeout 1ms")
            #expect(late.status != 0 && late.err.contains("--wait-timeout"), "\(late)")
            try await ok(box, "minikube start")
        }
    }

    @Test("files are copied between this machine and nodes")
    func copying() async throws {
        try await withMinikube { box in
            try await ok(box, "minikube start --nodes 2 --wait=none")
            try await ok(box, "echo one > \(box.root)/a.txt; minikube cp \(box.root)/a.txt /home/docker/b.txt")
            #expect(try await ok(box, "minikube ssh cat /home/docker/b.txt") == "one\n")
            try await ok(box, "minikube cp minikube:/home/docker/b.txt minikube-m02:/home/docker/")
            #expect(try await ok(box, "minikube ssh -n m02 cat /home/docker/b.txt") == "one\n")
            try await ok(box, "minikube cp m02:/home/docker/b.txt \(box.root)/back.txt; cmp \(box.root)/[ab]*.txt")
            let missing = try await box.shell("minikube cp \(box.root)/none /x")
            #expect(
                missing.status == 35
                    && missing.err
                        == "X Exiting due to HOST_PATH_MISSING: Cannot find directory \(box.root)/none for copy\n"
            )
            let nowhere = try await box.shell("minikube cp \(box.root)/a.txt other:/x")
            #expect(
                nowhere.status == 85
                    && nowhere.err == "X Exiting due to GUEST_NODE_RETRIEVE: Node other does not exist.\n")
            try await ok(box, "minikube stop")
            let stopped = try await box.shell("minikube cp \(box.root)/a.txt /x")
            #expect(stopped.status == 83 && stopped.err.contains("host is not running: state=Stopped"), "\(stopped)")
        }
    }

    // MARK: Several

    @Test("two clusters started at once live side by side, away from ranges that the machine uses")
    func profiles() async throws {
        try await withMinikube { box in
            try await ok(
                box,
                "ip link add inuse type bridge && ip addr add 192.168.49.77/24 dev inuse && ip link set inuse up")
            try await ok(box, "minikube start -p one & a=$!; minikube start -p two & b=$!; wait $a && wait $b")
            let ips = try await ok(box, "minikube ip -p one; minikube ip -p two")
            #expect(Set(ips.split(separator: "\n")) == ["192.168.58.2", "192.168.67.2"])
            for name in ["one", "two"] {
                #expect(try await ok(box, "kubectl --context \(name) get nodes -o name") == "node/\(name)\n")
            }
            #expect(
                try await ok(box, "minikube profile one") == "* minikube profile was successfully set to one\n")
            #expect(try await ok(box, "kubectl config current-context; minikube profile") == "one\none\n")
            let list = try await ok(box, "minikube profile list")
            #expect(list.contains("ACTIVE PROFILE") && list.split(separator: "\n").count == 6, "\(list)")
            try await ok(box, "minikube delete")
            #expect(
                try await ok(box, "minikube profile; kubectl --context two get nodes -o name") == "minikube\nnode/two\n"
            )
            try await ok(box, "minikube delete --all; ip link delete inuse")
        }
    }

    // MARK: Interrupted

    @Test("a start that is killed at any time and run again comes to the same end")
    func killed() async throws {
        try await withMinikube { box in
            for delay in ["0.03", "0.1", "0.2", "0.4", "0.8", "1.6"] {
                try await ok(
                    box, "minikube start --nodes 2 > /dev/null & sleep \(delay); kill -9 $!; wait $! 2> /dev/null; true"
                )
                let again = try await box.shell("minikube start --nodes 2", seconds: 120)
                #expect(again.status == 0, "killed after \(delay) s: \(again)")
                #expect(
                    try await ok(box, Self.ready) == "minikube=True;minikube-m02=True;", "killed after \(delay) s")
                #expect(try await ok(box, "docker ps -q | wc -l; minikube ip") == "2\n192.168.49.2\n")
                try await ok(box, "minikube delete")
            }
        }
    }

    /// The addresses that must stay as they are.
    private func addresses(_ box: Sandbox) async throws -> String {
        try await ok(
            box,
            "minikube ip; minikube ip -n m02; kubectl get nodes -o jsonpath='{.items[*].status.addresses[0].address}';"
                + "kubectl get service web -o jsonpath='{.spec.clusterIP}:{.spec.ports[0].nodePort}'; cat ~/.kube/config"
        )
    }

    private func web(_ box: Sandbox) async throws {
        try await ok(box, "kubectl create deployment web --image=registry.k8s.io/echoserver:1.10 --replicas=3")
        try await ok(box, "kubectl expose deployment web --type=NodePort --port=8080")
        try await ok(box, "kubectl rollout status deployment/web --timeout=60s")
    }

    private func answers(_ box: Sandbox) async throws -> Bool {
        try await box.shell("curl -sf --max-time 2 $(minikube service web --url)").status == 0
    }

    @Test("after the daemon was killed the cluster goes on, and start finds it")
    func daemonKilled() async throws {
        try await withMinikube { box in
            try await ok(box, "minikube start --nodes 2")
            try await web(box)
            let before = try await addresses(box)
            try await box.stopDaemon(SIGKILL)
            #expect(try await box.shell("kubectl get nodes -o name").out == "node/minikube\nnode/minikube-m02\n")
            try await box.startDaemon()
            try await ok(box, "minikube start")
            #expect(try await addresses(box) == before)
            // An image that isn't there yet is the new daemon's to pull.
            try await ok(box, "kubectl run pulled --image=busybox --restart=Never -- true")
            try await ok(box, "kubectl wait --for=jsonpath='{.status.phase}'=Succeeded pod/pulled --timeout=30s")
            try await ok(box, "kubectl delete pod pulled")
            try await until("the service answers", seconds: 30) { try await answers(box) }
            #expect(
                try await ok(box, "kubectl get pods -o jsonpath='{.items[*].status.containerStatuses[0].restartCount}'")
                    == "0 0 0")
        }
    }

    @Test("after a reboot everything comes back with the same addresses")
    func reboot() async throws {
        try await withMinikube { box in
            try await ok(box, "minikube start --nodes 2")
            try await web(box)
            let before = try await addresses(box)
            try await box.stopDaemon(SIGKILL)
            // What a power failure leaves: no process, no mount, nothing of what was in /run.
            for container in try FileManager.default.contentsOfDirectory(atPath: box.root + "/run/containers") {
                let pid = try String(contentsOfFile: box.root + "/run/containers/\(container)/pid", encoding: .utf8)
                let monitor = try #require(Proc.parent(pid.trimmingCharacters(in: .whitespacesAndNewlines)))
                kill(monitor, SIGKILL)
                try await until("the node has died", seconds: 30) { kill(monitor, 0) != 0 || Proc.isZombie(monitor) }
            }
            box.unmountAll()
            try FileManager.default.removeItem(atPath: box.root + "/run")
            try await box.startDaemon()
            try await ok(box, "minikube start")
            #expect(try await addresses(box) == before)
            try await until("the service answers", seconds: 60) { try await answers(box) }
            try await ok(box, "kubectl rollout status deployment/web --timeout=60s")
        }
    }

    // MARK: Simulated

    @Test("simulated nodes take pods and report them as running")
    func simulated() async throws {
        try await withMinikube { box in
            try await ok(box, "minikube start --simulated-nodes 20")
            try await until("all nodes are there", seconds: 30) {
                try await box.shell("kubectl get nodes --no-headers | grep -c ' Ready '").out == "21\n"
            }
            try await ok(
                box,
                """
                kubectl create deployment many --image=none --replicas=200 --dry-run=client -o yaml \
                | sed 's/^    spec:/    spec:\\n      nodeSelector: {hakobune.dev\\/simulated: "true"}/' | kubectl apply -f -
                """)
            try await ok(box, "kubectl rollout status deployment/many --timeout=60s")
            let spread = try await ok(box, "kubectl get pods -o jsonpath='{.items[*].spec.nodeName}'")
            #expect(Set(spread.split(separator: " ")).count == 20)
            try await ok(box, "kubectl delete deployment many; kubectl wait --for=delete pod -l app=many --timeout=60s")
            // Real pods run beside them all the same.
            try await ok(
                box,
                "kubectl run one --image=registry.k8s.io/echoserver:1.10 --overrides='{\"spec\":{\"nodeName\":\"minikube\"}}'"
            )
            try await ok(box, "kubectl wait --for=condition=Ready pod/one --timeout=60s")
        }
    }
}
