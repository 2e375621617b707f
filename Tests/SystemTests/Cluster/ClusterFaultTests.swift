import Foundation
import TestKit
import Testing

/// Clusters whose parts are killed, cut off, or run out of room; each its own.
@Suite("clusters in trouble", .serialized)
struct ClusterFaultTests {
    /// Rounds of kills; `HAKO_FAULTS=100` by hand.
    private static let rounds = Int(ProcessInfo.processInfo.environment["HAKO_FAULTS"] ?? "") ?? 5

    private static let web =
        Manifest.deployment("web", replicas: 4, command: Manifest.webServer) + Manifest.service("web")

    private func served(_ cluster: ClusterSandbox) async throws -> (space: ClusterSpace, url: String) {
        let space = try await cluster.space()
        try await space.apply(Self.web)
        try await space.until("web", shows: "1/1", "Running", count: 4)
        let port = try await space.ok("get service web -o jsonpath='{.spec.ports[0].nodePort}'")
        return (space, "http://192.168.49.2:\(port)/")
    }

    @Test("whatever is killed, the desired state comes back, nothing twice and nothing leaked")
    func kills() async throws {
        try await ClusterSandbox.with(nodes: 3) { cluster in
            let (space, url) = try await served(cluster)
            let processes = try await ClusterProcesses(cluster)
            let client = try ServiceClient(url, cluster)
            defer { client.end() }
            var random = SeededGenerator(seed: UInt64(Self.rounds))
            for round in 1...Self.rounds {
                let kind = ClusterProcesses.Kind.allCases[Int.random(in: 0..<3, using: &random)]
                if kind == .daemon {
                    try await cluster.box.stopDaemon(SIGKILL)
                    try await cluster.box.startDaemon()
                } else {
                    let victim = try #require(processes.all(kind).randomElement(using: &random))
                    kill(victim, SIGKILL)
                }
                try await until("round \(round), \(kind): all is well", seconds: 90) {
                    let table = try await space.table("web")
                    guard table.count == 4, table.allSatisfy({ $0[0] == "1/1" && $0[1] == "Running" }) else {
                        return false
                    }
                    return processes.count(of: "httpd -f -p 80") == 4
                }
            }
            // The kernel takes down what nobody is in any more when it finds the time.
            try await until("one link a pod", seconds: 30) { try await addresses(cluster) == 4 }
            do { try await until("twenty answers in a row", seconds: 20) { client.lastGood >= 20 } } catch {
                let place = try await space.kubectl("get pods,endpointslices -o wide")
                let rules = try await cluster.box.shell("docker exec minikube nft list ruleset")
                throw Timeout(description: "\(error)\nthe last answers: \(client.last)\n\(place)\n\(rules)")
            }
            print("requests under \(Self.rounds) kills: \(client.good) answered, \(client.failed) failed")
            #expect(client.good > client.failed)
        }
    }

    /// Links of pods on all nodes' bridges.
    private func addresses(_ cluster: ClusterSandbox) async throws -> Int {
        var count = 0
        for node in cluster.nodes {
            count += try await cluster.box.shell("docker exec \(node) ip -o link show master pods0").out.split(
                separator: "\n"
            ).count
        }
        return count
    }

    @Test("a node whose cable is pulled is tainted, its pods move, and it comes back")
    func cutOff() async throws {
        try await ClusterSandbox.with(nodes: 3) { cluster in
            let space = try await cluster.space()
            let tolerations = ["not-ready", "unreachable"].map {
                "{key: node.kubernetes.io/\($0), operator: Exists, effect: NoExecute, tolerationSeconds: 1}"
            }
            try await space.apply(
                Manifest.deployment(
                    "web", replicas: 3, command: Manifest.webServer,
                    pod: "tolerations: [\(tolerations.joined(separator: ", "))]") + Manifest.service("web"))
            try await space.until("web", shows: "1/1", "Running", count: 3)
            let form = "-o jsonpath='{.items[*].spec.nodeName}' --field-selector status.phase=Running"
            func placed() async throws -> [Substring] {
                try await space.ok("get pods -l app=web \(form)").split(separator: " ")
            }
            try #require(try await placed().contains("minikube-m03"))
            let link = try await hostLink(of: "minikube-m03", cluster)
            _ = try await cluster.box.shell("ip link set \(link) down")
            let start = Date()
            try await until("it counts as unreachable", seconds: 75) {
                try await space.ok("get node minikube-m03 -o jsonpath='{.spec.taints[*].key} {.spec.taints[*].effect}'")
                    .contains("NoExecute")
            }
            print("tainted after \(Int(-start.timeIntervalSinceNow)) s")
            let node = try await space.ok("get node minikube-m03 --no-headers")
            #expect(node.contains("NotReady"), "\(node)")
            #expect(
                try await space.ok(
                    "get node minikube-m03 -o jsonpath='{.status.conditions[?(@.type==\"Ready\")].status} "
                        + "{.status.conditions[?(@.type==\"Ready\")].reason} {.status.conditions[?(@.type==\"Ready\")].message}'"
                )
                    == "Unknown NodeStatusUnknown Kubelet stopped posting node status.")
            try await until("its pods are elsewhere", seconds: 30) {
                try await space.ok("get deployment web -o jsonpath='{.status.readyReplicas}'") == "3"
            }
            print("moved after \(Int(-start.timeIntervalSinceNow)) s")
            try await space.tells(
                "Pod/web-", "Normal TaintManagerEviction Marking for deletion Pod \(space.name)/web-<any>")
            _ = try await space.expectWhy(
                "node/minikube-m03",
                """
                node/minikube-m03 isn't Ready: it hasn't been heard of since <any>s (NodeStatusUnknown). Start it again, or \
                look at its network.

                    hako node start minikube-m03
                """, seconds: 5)
            _ = try await cluster.box.shell("ip link set \(link) up")
            try await until("it is back", seconds: 60) {
                let node = try await space.ok("get node minikube-m03 --no-headers").split(separator: " ")
                let taints = try await space.ok("get node minikube-m03 -o jsonpath='{.spec.taints}'")
                return node[1] == "Ready" && taints.isEmpty
            }
            try await until("what it ran meanwhile is gone", seconds: 60) { try await space.table("web").count == 3 }
            try await space.ok("rollout restart deployment/web")
            try await space.ok("rollout status deployment/web --timeout=60s", seconds: 70)
            try await space.ok("scale deployment/web --replicas=6")
            try await space.until("web", shows: "1/1", "Running", count: 6)
            #expect(try await placed().contains("minikube-m03"), "it takes pods again")
        }
    }

    /// The machine's end of the node's link.
    private func hostLink(of node: String, _ cluster: ClusterSandbox) async throws -> String {
        let peer = try await cluster.box.shell("docker exec \(node) cat /sys/class/net/eth0/iflink").out
        let index = peer.trimmingCharacters(in: .whitespacesAndNewlines)
        let links = try await cluster.box.shell("ip -o link").out
        let line = links.split(separator: "\n").first { $0.hasPrefix(index + ": ") } ?? ""
        return String(line.split(separator: " ").dropFirst().first?.prefix { $0 != "@" && $0 != ":" } ?? "")
    }

    @Test("a full disk is said; with room again the cluster goes on by itself")
    func fullDisk() async throws {
        let disk = NSTemporaryDirectory() + "hako-small-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
        let mounted = try await Command.run(["mount", "-t", "tmpfs", "-o", "size=900m", "tmpfs", disk])
        try #require(mounted.status == 0, "\(mounted)")
        defer {
            umount2(disk, Int32(MNT_DETACH))
            try? FileManager.default.removeItem(atPath: disk)
        }
        try await ClusterSandbox.with(nodes: 1, daemonFlags: ["--data-root", disk + "/data"]) { cluster in
            let (space, url) = try await served(cluster)
            _ = try await Command.run(["dd", "if=/dev/zero", "of=\(disk)/filler", "bs=1M"])
            var refusal: Answer?
            for number in 0..<50 where refusal == nil {
                let answer = try await space.kubectl(
                    "create configmap big-\(number) --from-literal=a=$(head -c 50000 /dev/zero | tr '\\0' a)")
                if answer.status != 0 { refusal = answer }
            }
            #expect(refusal?.err.contains("full") == true, "\(refusal?.description ?? "nothing was refused")")
            #expect(try await space.table("web").count == 4, "reading works")
            #expect(try await cluster.box.shell("curl -s --max-time 2 \(url)").out.hasPrefix("web-"))
            try FileManager.default.removeItem(atPath: disk + "/filler")
            try await until("writing works again", seconds: 30) {
                try await space.kubectl("create configmap after --from-literal=a=b").status == 0
            }
            try await space.ok("scale deployment/web --replicas=5")
            try await space.until("web", shows: "1/1", "Running", count: 5)
        }
    }

    @Test("delete leaves nothing of a cluster that did everything")
    func nothingLeft() async throws {
        try await Sandbox.with { box in
            for (name, program) in [("hako", Repo.hako), ("kubectl", Repo.hako)] {
                try FileManager.default.createSymbolicLink(
                    atPath: "\(box.root)/bin/\(name)", withDestinationPath: program)
            }
            try await box.ok("pull", "-q", "busybox")
            try FileManager.default.createDirectory(atPath: box.root + "/.kube", withIntermediateDirectories: true)
            let others =
                "apiVersion: v1\nkind: Config\nclusters:\n- {name: other, cluster: {server: 'https://other'}}\n"
            try Data(others.utf8).write(to: URL(fileURLWithPath: box.root + "/.kube/config"))
            let before = try await Traces(box)
            let start = try await box.shell("hako start --nodes 2 -p trial", seconds: 120)
            try #require(start.status == 0, "\(start)")
            let apply = try await box.shell(
                "kubectl apply -f -", input: Self.web + Manifest.service("lb", app: "web", type: "LoadBalancer"))
            #expect(apply.status == 0, "\(apply)")
            let ready = try await box.shell("kubectl rollout status deployment/web --timeout=60s", seconds: 70)
            #expect(ready.status == 0, "\(ready)")
            let delete = try await box.shell("hako delete -p trial", seconds: 120)
            #expect(delete.status == 0, "\(delete)")
            // A namespace's links go when the kernel gets to it.
            try await until("the links are gone") { try await Traces(box).links.isSubset(of: before.links) }
            let after = try await Traces(box)
            for (name, old, new) in [
                ("mounts", before.mounts, after.mounts), ("links", before.links, after.links),
                ("rules", before.rules, after.rules),
                ("control groups", before.groups, after.groups), ("files", before.files, after.files),
                ("processes", before.processes, after.processes),
            ] {
                #expect(new.subtracting(old).isEmpty, "\(name): \(new.subtracting(old).sorted())")
            }
            let config = try await box.shell("kubectl config get-clusters")
            #expect(config.out == "NAME\nother\n", "\(config)")
        }
    }
}
