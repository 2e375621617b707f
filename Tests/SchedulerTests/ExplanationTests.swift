import JSON
import KubeClient
import Testing

@testable import Scheduler

@Suite("explanations, node by node")
struct ExplanationTests {
    @Test("every rule is heard, with what exactly is in the way")
    func everyRule() {
        let nodes = [
            Bench.node("n1", memory: "4Gi") { node in
                node["spec"]["taints"] = [["key": "dedicated", "value": "db", "effect": "NoSchedule"]]
            },
            Bench.node("n2", labels: ["disk": "hdd"]), Bench.node("n3", labels: ["disk": "ssd"]),
        ]
        let pods = [
            Bench.pod("x", on: "n1", memory: "3Gi"),
            Bench.pod("done", on: "n3", memory: "8Gi") { $0["status"]["phase"] = "Failed" },
        ]
        let pod = Bench.pod("p", memory: "5Gi", spec: ["nodeSelector": ["disk": "ssd"]])
        let explained = SchedulingExplanation.explain(pod, nodes: nodes, pods: pods)
        #expect(explained.map(\.node) == ["n1", "n2", "n3"])
        #expect(
            explained[0].reasons == [
                "node(s) had untolerated taint(s)", "node(s) didn't match Pod's node affinity/selector",
                "Insufficient memory",
            ])
        #expect(
            explained[0].obstacles.map(\.detail) == [
                "no toleration for dedicated=db:NoSchedule", "the node hasn't the label disk=ssd",
                "asks for 5Gi of memory, 1Gi of 4Gi is free",
            ])
        #expect(explained[1].obstacles.map(\.detail) == ["the node hasn't the label disk=ssd (it has hdd)"])
        #expect(explained[2].obstacles.isEmpty)
    }

    @Test("what is wrong with the pod's claim is wrong for every node")
    func claims() {
        let pod = Bench.pod(
            "p", spec: ["volumes": [["name": "data", "persistentVolumeClaim": ["claimName": "data"]]]])
        let explained = SchedulingExplanation.explain(pod, nodes: [Bench.node("n1"), Bench.node("n2")], pods: [])
        #expect(
            explained.map(\.reasons) == [
                ["persistentvolumeclaim \"data\" not found"], ["persistentvolumeclaim \"data\" not found"],
            ])
    }
}
