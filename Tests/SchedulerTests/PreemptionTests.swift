import JSON
import KubeClient
import Testing

@testable import Scheduler

@Suite("room for important pods")
struct PreemptionTests {
    /// Node, victims, or the message.
    private static func outcome(_ bench: inout Bench, _ pod: JSON) -> String {
        bench.set(.pods, pod)
        guard case .reject(let rejected) = bench.core.next(bench.time) else { return "bound" }
        guard let node = rejected.nominatedNode, !node.isEmpty else { return rejected.message }
        return "\(node): \(rejected.victims.map(\.key.name).joined(separator: " "))"
    }

    @Test("the less important pods whose going makes room, and no more")
    func fewest() {
        var bench = Bench()
        bench.set(.nodes, Bench.node("n1", cpu: "4"))
        bench.set(.pods, Bench.pod("low", on: "n1", cpu: "2", priority: 1))
        bench.set(.pods, Bench.pod("lower", on: "n1", cpu: "2", priority: 0))
        let wanted = Bench.pod("p", cpu: "2", priority: 10)
        #expect(Self.outcome(&bench, wanted) == "n1: lower")
        // Until they are gone it isn't tried again, then it goes there.
        #expect(bench.next() == nil)
        bench.core.take(.told(uid: "uid-p", hasFailed: false), bench.time)
        bench.remove(.pods, Bench.pod("lower", on: "n1", cpu: "2", priority: 0))
        #expect(bench.next() == "p -> n1")
    }

    @Test("where the least important pods are")
    func leastImportant() {
        var bench = Bench()
        for (node, priority) in [("n1", 5), ("n2", 3), ("n3", 4)] {
            bench.set(.nodes, Bench.node(node, cpu: "1"))
            bench.set(.pods, Bench.pod("on-\(node)", on: node, cpu: "1", priority: priority))
        }
        #expect(Self.outcome(&bench, Bench.pod("p", cpu: "1", priority: 10)) == "n2: on-n2")
    }

    @Test("rather where no disruption budget is broken")
    func budgets() {
        var bench = Bench()
        for (node, priority) in [("n1", 1), ("n2", 3)] {
            bench.set(.nodes, Bench.node(node, cpu: "1"))
            bench.set(.pods, Bench.pod("on-\(node)", on: node, cpu: "1", labels: ["node": node], priority: priority))
        }
        bench.set(
            .podDisruptionBudgets,
            [
                "metadata": ["name": "b", "namespace": "default"],
                "spec": ["selector": ["matchLabels": ["node": "n1"]]], "status": ["disruptionsAllowed": 0],
            ])
        #expect(Self.outcome(&bench, Bench.pod("p", cpu: "1", priority: 10)) == "n2: on-n2")
    }

    @Test("pods that never preempt wait")
    func never() {
        var bench = Bench()
        bench.set(.nodes, Bench.node("n1", cpu: "1"))
        bench.set(.pods, Bench.pod("low", on: "n1", cpu: "1"))
        let pod = Bench.pod("p", cpu: "1", priority: 10, spec: ["preemptionPolicy": "Never"])
        #expect(
            Self.outcome(&bench, pod)
                == "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: "
                + "not eligible due to preemptionPolicy=Never."
        )
    }

    @Test("the room is kept: a less important pod doesn't take it")
    func kept() {
        var bench = Bench()
        bench.set(.nodes, Bench.node("n1", cpu: "1"))
        let low = Bench.pod("low", on: "n1", cpu: "1")
        bench.set(.pods, low)
        #expect(Self.outcome(&bench, Bench.pod("p", cpu: "1", priority: 10)) == "n1: low")
        bench.remove(.pods, low)
        bench.set(.pods, Bench.pod("late", cpu: "1", priority: 5))
        #expect(bench.next()?.contains("1 Insufficient cpu. no new claims to deallocate, preemption:") == true)
        #expect(bench.next() == "p -> n1")
    }
}
