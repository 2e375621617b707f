import JSON
import KubeModel
import Testing

@testable import ClusterCLI

@Suite("why a pod has no node")
struct SchedulingWhyTests {
    private func why(_ pod: JSON, _ fill: (inout Situation) -> Void) -> Diagnosis {
        var situation = Situation(now: 1_767_225_660)
        fill(&situation)
        situation.pods.append(pod)
        return Why.diagnose(pod, "Pod", situation)
    }

    @Test("requests too large: what is free on each node, and the largest request that fits")
    func resources() {
        let (deployment, sets) = Make.deployment(replicas: 3, images: ["x"])
        let asking: JSON = ["resources": ["requests": ["memory": "5Gi"]]]
        let owner = Make.owner("ReplicaSet", "web-1")
        let diagnosis = why(Make.pod("web-c", node: "", container: asking, owner: owner)) {
            $0.nodes = [Make.node("n1", memory: "4Gi"), Make.node("n2", memory: "8Gi")]
            $0.pods = [
                Make.pod("a", node: "n1", container: ["resources": ["requests": ["memory": "1Gi"]]]),
                Make.pod("web-b", node: "n2", container: asking, owner: owner),
            ]
            ($0.deployments, $0.replicaSets) = ([deployment], sets)
        }
        #expect(diagnosis.cause == .resources)
        #expect(
            diagnosis.finding
                == "pod/web-c is Pending: none of the 2 nodes takes it: it asks for 5Gi memory, and the most that is free "
                + "is 3Gi on n1.")
        #expect(
            diagnosis.nodes.map(\.reason) == [
                "insufficient memory: 5Gi asked for, 3Gi free of 4Gi",
                "insufficient memory: 5Gi asked for, 3Gi free of 8Gi",
            ])
        #expect(diagnosis.command == "kubectl set resources deployment/web -c c --requests=memory=3Gi")
        #expect(diagnosis.text.contains("\n  n1: insufficient memory"))
        let huge = why(Make.pod("p", node: "", container: ["resources": ["requests": ["cpu": "64"]]])) {
            $0.nodes = [Make.node("n1")]
        }
        #expect(huge.finding.hasPrefix("pod/p is Pending: the only node doesn't take it: it asks for 64 cpu"))
        #expect(huge.fix == "No node is that large even when it is empty: lower the cpu request to 2 or less.")
    }

    @Test("anti-affinity that can't be met: which pod is where, and how many replicas fit")
    func antiAffinity() {
        let (deployment, sets) = Make.deployment(replicas: 3, images: ["x"])
        let owner = Make.owner("ReplicaSet", "web-1")
        func pod(_ name: String, _ node: String) -> JSON {
            var pod = Make.pod(name, node: node, labels: ["app": "web"], owner: owner)
            pod["spec"]["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"] = [
                [
                    "topologyKey": "kubernetes.io/hostname", "labelSelector": ["matchLabels": ["app": "web"]],
                ]
            ]
            return pod
        }
        let diagnosis = why(pod("web-c", "")) {
            let taint: JSON = ["taints": [["key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"]]]
            $0.nodes = [Make.node("cp", spec: taint), Make.node("n1"), Make.node("n2")]
            $0.pods = [pod("web-a", "n1"), pod("web-b", "n2")]
            ($0.deployments, $0.replicaSets) = ([deployment], sets)
        }
        #expect(diagnosis.cause == .antiAffinity)
        #expect(
            diagnosis.nodes.map { "\($0.node): \($0.reason)" } == [
                "cp: has the taint node-role.kubernetes.io/control-plane:NoSchedule, which isn't tolerated",
                "n1: pod web-a is on it, and anti-affinity keeps them apart",
                "n2: pod web-b is on it, and anti-affinity keeps them apart",
            ])
        #expect(
            diagnosis.fix
                == "3 replicas can't be apart on so few nodes: ask for 2, add 1 node, or make the anti-affinity preferred."
        )
        #expect(diagnosis.command == "kubectl scale deployment/web --replicas=2")
    }

    @Test("cordoned, tainted and wrongly labelled nodes")
    func nodes() {
        let cordoned = why(Make.pod("p", node: "")) { $0.nodes = [Make.node("n1", spec: ["unschedulable": true])] }
        #expect(cordoned.cause == .cordoned)
        #expect(cordoned.command == "kubectl uncordon n1")
        let tainted = why(Make.pod("p", node: "")) {
            $0.nodes = [Make.node("n1", spec: ["taints": [["key": "gpu", "value": "yes", "effect": "NoSchedule"]]])]
        }
        #expect(tainted.finding.hasSuffix("because it doesn't tolerate gpu=yes:NoSchedule."))
        #expect(tainted.command == "kubectl taint node n1 gpu:NoSchedule-")
        let marked = why(Make.pod("p", node: "")) {
            let taint: JSON = ["key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"]
            $0.nodes = [Make.node("n1", spec: ["taints": [taint]])]
        }
        #expect(marked.finding.hasSuffix("and n1 only because it is marked not-ready."))
        #expect(marked.command == "hako why node/n1")
        var picky = Make.pod("p", node: "")
        picky["spec"]["nodeSelector"] = ["disk": "sdd"]
        var labelled = Make.node("n1")
        labelled["metadata"]["labels"]["disk"] = "ssd"
        let typo = why(picky) { $0.nodes = [labelled] }
        #expect(typo.cause == .selector)
        #expect(typo.fix == "disk=ssd may be meant: correct the nodeSelector.")
        let missing = why(picky) { $0.nodes = [Make.node("n1")] }
        #expect(missing.command == "kubectl label node n1 disk=sdd")
        #expect(why(Make.pod("p", node: "")) { _ in }.finding == "pod/p is Pending: the cluster has no nodes.")
    }

    @Test("when nothing seen here speaks against a node, the scheduler's own word is told")
    func other() {
        var pod = Make.pod("p", node: "")
        let message = "0/1 nodes are available: 1 node(s) didn't match pod topology spread constraints."
        pod["status"]["conditions"] = [["type": "PodScheduled", "status": "False", "message": .string(message)]]
        let diagnosis = why(pod) { $0.nodes = [Make.node("n1")] }
        #expect(diagnosis.finding == "pod/p is Pending: \(message)")
    }
}
