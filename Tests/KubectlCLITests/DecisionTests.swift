import JSON
import KubeModel
import Testing

@testable import KubectlCLI

@Suite struct ThreeWayTests {
    private static let type = Schema.builtIn.type(GroupVersion("apps", "v1"), kind: "Deployment")

    private static func deployment(_ containers: JSON, replicas: JSON = 1, strategy: JSON = ["type": "Recreate"])
        -> JSON
    {
        ["spec": ["replicas": replicas, "strategy": strategy, "template": ["spec": ["containers": containers]]]]
    }

    private func patch(_ last: JSON, _ wanted: JSON, _ current: JSON) -> JSON {
        ThreeWay.strategic(last: last, wanted: wanted, current: current, type: Self.type)
    }

    @Test("what others added stays, and nothing to do is no patch")
    func nothing() {
        let wanted = Self.deployment([["name": "a", "image": "1"]])
        let current = Self.deployment([
            ["name": "a", "image": "1", "imagePullPolicy": "Always"], ["name": "sidecar", "image": "s"],
        ])
        #expect(patch(wanted, wanted, current) == [:])
    }

    @Test("a container is changed by its name, one that the file had and has no more is deleted")
    func containers() {
        let last = Self.deployment([["name": "a", "image": "1"], ["name": "b", "image": "1"]])
        let wanted = Self.deployment([["name": "a", "image": "2"]])
        let result = patch(last, wanted, last)["spec"]["template"]["spec"]
        #expect(
            result["containers"] == [["image": "2", "name": "a"], ["$patch": "delete", "name": "b"]])
        #expect(result["$setElementOrder/containers"] == [["name": "a"]])
    }

    @Test("a strategy's fields that go with the old type are dropped")
    func retainKeys() {
        let current = Self.deployment([], strategy: ["type": "RollingUpdate", "rollingUpdate": ["maxSurge": 1]])
        let result = patch(current, Self.deployment([]), current)["spec"]["strategy"]
        #expect(result["$retainKeys"] == ["type"])
        #expect(result["type"].string == "Recreate")
    }

    @Test("applied to the server's object the patch gives what the file says")
    func roundTrip() throws {
        let last = Self.deployment([
            ["name": "a", "image": "1", "env": [["name": "X", "value": "1"], ["name": "Y", "value": "1"]]]
        ])
        let wanted = Self.deployment(
            [["name": "a", "image": "1", "env": [["name": "X", "value": "2"]]], ["name": "c", "image": "3"]],
            replicas: 4)
        let result = try StrategicMergePatch.apply(patch(last, wanted, last), to: last, type: Self.type)
        #expect(result == wanted)
    }

    @Test("a kind without a schema gets a merge patch")
    func merge() {
        let result = ThreeWay.merge(
            last: ["spec": ["a": 1, "gone": 2]], wanted: ["spec": ["a": 3, "list": [1]]],
            current: ["spec": ["a": 1, "gone": 2, "other": 5]])
        #expect(result == ["spec": ["a": 3, "list": [1], "gone": nil]])
    }
}

@Suite struct DrainPlanTests {
    private func pod(
        _ name: String, owner: String? = "ReplicaSet", volumes: JSON = [], phase: String = "Running",
        mirror: Bool = false
    ) -> JSON {
        var metadata: JSON = ["name": .string(name), "namespace": "n"]
        if let owner { metadata["ownerReferences"] = [["kind": .string(owner), "name": "o", "controller": true]] }
        if mirror { metadata["annotations"] = ["kubernetes.io/config.mirror": "x"] }
        return ["metadata": metadata, "spec": ["volumes": volumes], "status": ["phase": .string(phase)]]
    }

    private func plan(_ pods: [JSON], hasSet: Bool = true, _ change: (inout DrainOptions) -> Void = { _ in })
        -> DrainPlan
    {
        var options = DrainOptions()
        change(&options)
        return DrainPlan(pods, options, now: 0) { _, _ in hasSet }
    }

    @Test("pods of controllers go, mirrors stay")
    func plain() {
        let result = plan([pod("a"), pod("m", owner: nil, mirror: true)])
        #expect(result.pods.map { $0["metadata"]["name"].plain } == ["a"])
        #expect(result.refusals.isEmpty && result.warning.isEmpty)
    }

    @Test("what would be lost is refused until it is asked for")
    func refusals() {
        let pods = [pod("d", owner: "DaemonSet"), pod("l", volumes: [["emptyDir": [:]]]), pod("u", owner: nil)]
        #expect(
            plan(pods).refusals == [
                "cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore): n/d",
                "cannot delete Pods that declare no controller (use --force to override): n/u",
                "cannot delete Pods with local storage (use --delete-emptydir-data to override): n/l",
            ])
        let forced = plan(pods) { options in
            options.ignoresDaemonSets = true
            options.deletesEmptyDirs = true
            options.force = true
        }
        #expect(forced.refusals.isEmpty)
        #expect(forced.pods.count == 2)
        #expect(
            forced.warning
                == "deleting Pods that declare no controller: n/u; ignoring DaemonSet-managed Pods: n/d"
        )
    }

    @Test("finished pods go, whoever made them")
    func finished() {
        #expect(plan([pod("s", owner: nil, phase: "Succeeded")]).pods.count == 1)
    }
}

@Suite struct RolloutProgressTests {
    private func deployment(_ status: JSON, replicas: Int = 3) -> JSON {
        ["metadata": ["name": "web", "generation": 2], "spec": ["replicas": .init(replicas)], "status": status]
    }

    @Test("a deployment's rollout is told in kubectl's words")
    func deployments() throws {
        let cases: [(JSON, String, Bool)] = [
            (["observedGeneration": 1], "Waiting for deployment spec update to be observed...", false),
            (
                ["observedGeneration": 2, "updatedReplicas": 1],
                "Waiting for deployment \"web\" rollout to finish: 1 out of 3 new replicas have been updated...", false
            ),
            (
                ["observedGeneration": 2, "updatedReplicas": 3, "replicas": 4],
                "Waiting for deployment \"web\" rollout to finish: 1 old replicas are pending termination...", false
            ),
            (
                ["observedGeneration": 2, "updatedReplicas": 3, "replicas": 3, "availableReplicas": 2],
                "Waiting for deployment \"web\" rollout to finish: 2 of 3 updated replicas are available...", false
            ),
            (
                ["observedGeneration": 2, "updatedReplicas": 3, "replicas": 3, "availableReplicas": 3],
                "deployment \"web\" successfully rolled out", true
            ),
        ]
        for (status, text, isDone) in cases {
            let result = try RolloutProgress.of(deployment(status), "Deployment")
            #expect(result.text == text)
            #expect(result.isDone == isDone)
        }
    }

    @Test("one that is past its deadline is a failure")
    func deadline() {
        let status: JSON = [
            "observedGeneration": 2, "conditions": [["type": "Progressing", "reason": "ProgressDeadlineExceeded"]],
        ]
        #expect(throws: Refusal.self) { try RolloutProgress.of(deployment(status), "Deployment") }
    }
}

@Suite struct TablePrinterTests {
    @Test("columns are as wide as their longest cell and three more, six at least")
    func columns() {
        var printer = TablePrinter(TablePrinter.Options())
        printer.add([
            "columnDefinitions": [
                ["name": "Name", "format": "name", "priority": 0], ["name": "Age", "priority": 0],
                ["name": "Node", "priority": 1],
            ], "rows": [["cells": ["a-long-name", "5s", "n1"]], ["cells": ["b", nil, "n2"]]],
        ])
        #expect(printer.flush() == "NAME          AGE\na-long-name   5s\nb             \n")
    }

    @Test("on a watch columns only grow, and headers come once")
    func watch() {
        var printer = TablePrinter(TablePrinter.Options())
        let columns: JSON = [["name": "Name", "priority": 0], ["name": "Age", "priority": 0]]
        printer.add(["columnDefinitions": columns, "rows": [["cells": ["long-name", "5s"]]]])
        #expect(printer.flush() == "NAME        AGE\nlong-name   5s\n")
        printer.add(["rows": [["cells": ["a", "6s"]]]])
        #expect(printer.flush() == "a           6s\n")
    }
}

@Suite struct ErrorTextTests {
    @Test("the server's refusals")
    func refusals() {
        let notFound = APIStatus(code: 404, reason: "NotFound", message: "pods \"x\" not found")
        #expect(ErrorText.of(notFound) == "Error from server (NotFound): pods \"x\" not found\n")
        #expect(
            ErrorText.of(SourcedFailure(doing: "creating", source: "a.yaml", error: notFound))
                == "Error from server (NotFound): error when creating \"a.yaml\": pods \"x\" not found\n")
        let one: JSON = ["kind": "Pod", "name": "x", "causes": [["field": "spec.a", "message": "Required value"]]]
        #expect(
            ErrorText.of(APIStatus(code: 422, reason: "Invalid", message: "", details: one))
                == "The Pod \"x\" is invalid: spec.a: Required value\n")
        let two: JSON = [
            "kind": "Pod", "name": "x", "causes": [["field": "a", "message": "m"], ["field": "b", "message": "n"]],
        ]
        #expect(
            ErrorText.of(APIStatus(code: 422, reason: "Invalid", message: "", details: two))
                == "The Pod \"x\" is invalid: \n* a: m\n* b: n\n")
        #expect(
            ErrorText.of(APIStatus(code: 401, reason: "Unauthorized", message: "Unauthorized"))
                == "error: You must be logged in to the server (Unauthorized)\n")
    }
}
