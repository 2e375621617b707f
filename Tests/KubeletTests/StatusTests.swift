import JSON
import KubeModel
import Testing

@testable import Kubelet

@Suite("pods' statuses")
struct StatusTests {
    private func pod(_ spec: JSON) -> PodSpec {
        PodSpec(["metadata": ["name": "p", "namespace": "default", "uid": "u", "generation": 1], "spec": spec])
    }

    private static let running: JSON = ["running": ["startedAt": "2026-01-01T00:00:00Z"]]
    private static func ended(_ code: Int) -> JSON { ["terminated": ["exitCode": JSON(code)]] }
    private static let waiting: JSON = ["waiting": ["reason": "ContainerCreating"]]

    private func phase(
        _ policy: String, _ states: [(JSON, last: JSON)], isOver: Bool = false
    ) -> String {
        let names = states.indices.map { "c\($0)" }
        let spec: JSON = [
            "restartPolicy": .string(policy), "containers": .array(names.map { ["name": .string($0)] }),
        ]
        let statuses = zip(names, states).map { name, state -> JSON in
            ["name": .string(name), "state": state.0, "lastState": state.last]
        }
        return PodPhase.of(pod(spec), statuses, isOver: isOver, hasInitialized: false)
    }

    @Test("the phase follows from what the containers do and may still do")
    func phases() {
        #expect(phase("Always", [(Self.waiting, [:])]) == "Pending")
        #expect(phase("Always", [(Self.running, [:]), (Self.waiting, [:])]) == "Pending")
        #expect(phase("Always", [(Self.running, [:]), (Self.ended(1), [:])]) == "Running")
        #expect(phase("Always", [(Self.ended(0), [:])]) == "Running")
        #expect(phase("Always", [(Self.ended(0), [:])], isOver: true) == "Succeeded")
        #expect(phase("Always", [(Self.waiting, Self.ended(1))]) == "Running")
        #expect(phase("OnFailure", [(Self.ended(0), [:])]) == "Succeeded")
        #expect(phase("OnFailure", [(Self.ended(1), [:])]) == "Running")
        #expect(phase("Never", [(Self.ended(0), [:]), (Self.ended(1), [:])]) == "Failed")
        #expect(phase("Never", [(Self.ended(0), [:]), (Self.running, [:])]) == "Running")
    }

    private func conditions(_ spec: JSON, _ statuses: [JSON], phase: String = "Running", old: [JSON] = []) -> [JSON] {
        PodConditions(
            pod: pod(spec), statuses: statuses, phase: phase, hasSandbox: true, old: old,
            time: "2026-01-01T00:00:00Z"
        ).list
    }

    @Test("what isn't ready is named; times stay while the answer does")
    func readiness() {
        let spec: JSON = ["containers": [["name": "a"], ["name": "b"]]]
        let statuses: [JSON] = [["name": "a", "ready": true], ["name": "b", "ready": false]]
        let found = conditions(
            spec, statuses,
            old: [["type": "Ready", "status": "False", "lastTransitionTime": "2025-01-01T00:00:00Z"]])
        let ready = found.first { $0["type"] == "Ready" } ?? .null
        #expect(ready["status"] == "False" && ready["reason"] == "ContainersNotReady")
        #expect(ready["message"] == "containers with unready status: [b]")
        #expect(ready["lastTransitionTime"] == "2025-01-01T00:00:00Z")
        #expect(
            found.map { $0.text("type") } == [
                "PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled",
            ])
    }

    @Test("init containers that aren't through, completed pods and readiness gates")
    func others() {
        let spec: JSON = ["initContainers": [["name": "i"]], "containers": [["name": "a"]]]
        let waiting = conditions(
            spec, [["name": "i", "ready": false], ["name": "a", "ready": false]], phase: "Pending")
        #expect(waiting[1]["reason"] == "ContainersNotInitialized")
        #expect(waiting[1]["message"] == "containers with incomplete status: [i]")
        let done = conditions(
            spec, [["name": "i", "ready": true], ["name": "a", "ready": false]], phase: "Succeeded")
        #expect(done.dropFirst().prefix(3).allSatisfy { $0["reason"] == "PodCompleted" })
        let gated = conditions(
            ["containers": [["name": "a"]], "readinessGates": [["conditionType": "x/y"]]],
            [["name": "a", "ready": true]])
        #expect(
            gated[2]["message"] == "corresponding condition of pod readiness gate \"x/y\" does not exist.")
    }

    @Test("only what changed is written; other writers' conditions are left alone")
    func patches() {
        let old: JSON = [
            "phase": "Pending", "podIPs": [["ip": "10.0.0.1"]], "podIP": "10.0.0.1",
            "conditions": [["type": "Ready", "status": "False"], ["type": "PodScheduled", "status": "True"]],
        ]
        var new = old
        #expect(StatusPatch.make(uid: "u", old: old, new: new) == [:])
        new["phase"] = "Running"
        new["podIPs"] = [["ip": "10.0.0.2"]]
        new["conditions"] = [["type": "Ready", "status": "True"], ["type": "PodScheduled", "status": "True"]]
        let patch = StatusPatch.make(uid: "u", old: old, new: new)
        #expect(patch["metadata"]["uid"] == "u")
        #expect(patch["status"]["phase"] == "Running" && patch["status"]["podIP"].isNull)
        #expect(patch["status"]["podIPs"] == [["$patch": "replace"], ["ip": "10.0.0.2"]])
        #expect(patch["status"]["conditions"] == [["type": "Ready", "status": "True"]])
        var unready = old
        unready["conditions"] = [["type": "Ready", "status": "False", "reason": "ContainersNotReady", "message": "m"]]
        #expect(
            StatusPatch.make(uid: "u", old: unready, new: new)["status"]["conditions"][0]
                == ["type": "Ready", "status": "True", "reason": nil, "message": nil],
            "a condition that holds keeps no reason why it didn't")
    }
}
