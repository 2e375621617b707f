import JSON
import KubeClient
import Testing

@testable import Scheduler

@Suite("from change to decision")
struct CoreTests {
    @Test("a pod on its way counts, and no longer when its binding fails; then it is tried again")
    func bindingFails() {
        var bench = Bench()
        bench.set(.nodes, Bench.node("n1", cpu: "1"))
        #expect(bench.place(Bench.pod("a", cpu: "1")) == "n1")
        #expect(bench.place(Bench.pod("b", cpu: "1")).contains("1 Insufficient cpu"))
        bench.core.take(.bindingFailed(uid: "uid-a"), bench.time)
        #expect(bench.next() == "b -> n1")
        bench.time += 1
        #expect(bench.next()?.contains("1 Insufficient cpu") == true)
    }

    @Test("a pod is bound once, though the watch tells of it before the answer comes")
    func boundOnce() {
        var bench = Bench()
        bench.set(.nodes, Bench.node("n1"))
        let pod = Bench.pod("a")
        #expect(bench.place(pod) == "n1")
        bench.set(.pods, Bench.pod("a", on: "n1"), was: pod)
        #expect(bench.next() == nil)
        bench.core.take(.bound(uid: "uid-a"), bench.time)
        #expect(bench.next() == nil)
        #expect(bench.core.cluster.node("n1")?.pods.count == 1)
    }

    @Test("what a pod's status says already isn't written again, nor is anything taken from it")
    func knownStatus() {
        var groups = PodGroups()
        let pod = PodFacts(
            Bench.pod("a") { pod in
                pod["status", "conditions"] = [
                    ["type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no room"]
                ]
            }, &groups)
        let same = RejectedPod(pod: pod, reason: "Unschedulable", message: "no room", nominatedNode: "")
        if let change = same.statusChange(time: "") { Issue.record("\(change)") }
        let other = RejectedPod(pod: pod, reason: "Unschedulable", message: "less room")
        #expect(other.statusChange(time: "")?["conditions"][0]["message"] == "less room")
    }

    @Test("its own message about a pod doesn't make it try again")
    func ownStatus() {
        var bench = Bench()
        bench.set(.nodes, Bench.node("n1", cpu: "1"))
        let pod = Bench.pod("a", cpu: "2")
        #expect(bench.place(pod).contains("Insufficient cpu"))
        bench.set(
            .pods,
            Bench.pod("a", cpu: "2") { $0["status"]["conditions"] = [["type": "PodScheduled", "status": "False"]] },
            was: pod)
        #expect(bench.next() == nil)
    }

    @Test("only what may help makes it try again")
    func hints() {
        var bench = Bench()
        bench.set(.nodes, Bench.node("n1", cpu: "1"))
        #expect(bench.place(Bench.pod("a", cpu: "2")).contains("Insufficient cpu"))
        bench.set(.nodes, Bench.node("n1", cpu: "1", labels: ["new": "yes"]))
        #expect(bench.next() == nil)
        bench.set(.nodes, Bench.node("n2", cpu: "1"))
        #expect(bench.next() == nil)
        bench.set(.nodes, Bench.node("n1", cpu: "2", labels: ["new": "yes"]))
        #expect(bench.next() == "a -> n1")
    }

    @Test("a pod that is gone, or finished, makes room")
    func room() {
        var bench = Bench()
        bench.set(.nodes, Bench.node("n1", cpu: "1"))
        let old = Bench.pod("old", on: "n1", cpu: "1")
        bench.set(.pods, old)
        #expect(bench.place(Bench.pod("a", cpu: "1")).contains("Insufficient cpu"))
        bench.set(.pods, Bench.pod("old", on: "n1", cpu: "1") { $0["status"]["phase"] = "Failed" }, was: old)
        #expect(bench.next() == "a -> n1")
    }

    @Test("pods of other schedulers are left alone, and count where they are")
    func otherSchedulers() {
        var bench = Bench()
        bench.set(.nodes, Bench.node("n1", cpu: "1"))
        bench.set(.pods, Bench.pod("x", spec: ["schedulerName": "mine"]))
        #expect(bench.next() == nil)
        bench.set(.pods, Bench.pod("x", on: "n1", cpu: "1", spec: ["schedulerName": "mine"]))
        #expect(bench.place(Bench.pod("a", cpu: "1")).contains("Insufficient cpu"))
    }

    @Test("a node that comes back has the pods that were left on it")
    func nodeReturns() {
        var bench = Bench()
        let node = Bench.node("n1", cpu: "1")
        bench.set(.pods, Bench.pod("early", on: "n1", cpu: "1"))
        bench.set(.nodes, node)
        #expect(bench.place(Bench.pod("a", cpu: "1")).contains("Insufficient cpu"))
        bench.remove(.nodes, node)
        bench.set(.nodes, node)
        #expect(bench.core.cluster.node("n1")?.pods.count == 1)
    }

    @Test("gates hold a pod back")
    func gates() {
        var bench = Bench()
        bench.set(.nodes, Bench.node("n1"))
        let gated = Bench.pod("a", spec: ["schedulingGates": [["name": "wait"]]])
        #expect(bench.place(gated) == "nothing")
        bench.set(.pods, Bench.pod("a"), was: gated)
        #expect(bench.next() == "a -> n1")
    }

    @Test("of many nodes a share is looked at, and all have their turn")
    func share() {
        #expect([1, 99, 100, 200, 1_000, 5_000, 20_000].map(NodeChoice.enough) == [1, 99, 100, 100, 420, 500, 1_000])
    }
}
