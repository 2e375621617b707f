import JSON
import Testing

@testable import KubeModel

@Suite struct PodChangeTests {
    private let pods = CoreKind("Pod")
    private let stored = CoreKind("Pod").created(PodFaultsTests.valid)

    private func change(_ path: String, _ value: JSON) -> [String] {
        pods.faults(of: CoreFault(path, value).applied(to: stored), after: stored)
    }

    private static let fixed =
        "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,"
        + "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing "
        + "tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n"

    @Test("images, labels, a deadline and more tolerations may change")
    func allowed() {
        #expect(change("spec.containers.0.image", "nginx:2") == [])
        #expect(change("spec.initContainers.0.image", "busybox:2") == [])
        #expect(change("metadata.labels", ["a": "b"]) == [])
        #expect(change("spec.activeDeadlineSeconds", 5) == [])
        #expect(change("spec.tolerations", [["key": "a", "operator": "Exists"]]) == [])
    }

    @Test("anything else is named with what changed")
    func refused() {
        let faults = change("spec.containers.0.command", ["sleep"])
        #expect(faults.count == 1)
        let fault = faults.first ?? ""
        #expect(fault.hasPrefix(Self.fixed + "@@ -"))
        #expect(fault.contains("\n-   \"Command\": null,\n+   \"Command\": [\n+    \"sleep\"\n+   ],\n"))
        let host = change("spec.hostNetwork", true).first ?? ""
        #expect(host.contains("\n  \"SecurityContext\": {\n-  \"HostNetwork\": false,\n+  \"HostNetwork\": true,\n"))
    }

    @Test("containers don't come and go")
    func count() {
        #expect(
            change("spec.containers.1", ["name": "b", "image": "c:1"])
                == ["spec.containers: Forbidden: pod updates may not add or remove containers"])
    }

    @Test("a deadline only comes nearer")
    func deadline() {
        let old = CoreFault("spec.activeDeadlineSeconds", 10).applied(to: stored)
        func faults(_ value: JSON) -> [String] {
            pods.faults(of: CoreFault("spec.activeDeadlineSeconds", value).applied(to: old), after: old)
        }
        #expect(faults(5) == [])
        #expect(
            faults(11) == [
                "spec.activeDeadlineSeconds: Invalid value: 11: must be less than or equal to previous value"
            ])
        #expect(
            faults(nil).first
                == "spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive integer to nil "
                + "value"
        )
    }

    @Test("what was tolerated stays tolerated")
    func tolerations() {
        let old = CoreFault("spec.tolerations", [["key": "a", "operator": "Exists", "effect": "NoExecute"]])
            .applied(to: stored)
        func faults(_ value: JSON) -> [String] {
            pods.faults(of: CoreFault("spec.tolerations", value).applied(to: old), after: old)
        }
        #expect(faults([["key": "a", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 5]]) == [])
        #expect(
            faults([])
                == ["spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds"]
        )
    }

    @Test("gates only open, and a gated pod may be narrowed to fewer nodes")
    func gates() {
        var old = CoreFault("spec.schedulingGates", [["name": "example.com/a"]]).applied(to: stored)
        old = CoreFault("spec.nodeSelector", ["zone": "a"]).applied(to: old)
        func faults(_ path: String, _ value: JSON) -> [String] {
            pods.faults(of: CoreFault(path, value).applied(to: old), after: old)
        }
        #expect(faults("spec.schedulingGates", nil) == [])
        #expect(
            faults("spec.schedulingGates", [["name": "example.com/a"], ["name": "example.com/b"]]) == [
                "spec.schedulingGates[1].name: Forbidden: only deletion is allowed, but found new scheduling gate "
                    + "'example.com/b'"
            ])
        #expect(faults("spec.nodeSelector", ["zone": "a", "disk": "ssd"]) == [])
        #expect(
            faults("spec.nodeSelector", ["zone": "b"]) == [
                "spec.nodeSelector: Invalid value: {\"zone\":\"b\"}: only additions to spec.nodeSelector are allowed "
                    + "(no mutations or deletions)"
            ])
    }

    @Test("the generation counts changes of the spec, and the status isn't touched")
    func generation() {
        #expect(stored["metadata", "generation"] == 1)
        #expect(stored["status"] == ["phase": "Pending", "qosClass": "BestEffort"])
        var new = CoreFault("spec.containers.0.image", "nginx:2").applied(to: stored)
        new = CoreFault("status.phase", "Running").applied(to: new)
        let after = pods.updated(new, stored)
        #expect(after["metadata", "generation"] == 2)
        #expect(after["status", "phase"] == "Pending")
        #expect(pods.updated(stored, stored)["metadata", "generation"] == 1)
    }

    @Test("a status update leaves the spec, and says what a status may not be")
    func status() {
        var new = CoreFault("status", ["phase": "Running", "podIP": "10.0.0.1"]).applied(to: stored)
        new["spec", "nodeName"] = "other"
        var kept = new
        PodKind.rules.prepareForStatusUpdate(&kept, stored)
        #expect(kept["spec"] == stored["spec"])
        #expect(
            kept["status"] == [
                "phase": "Running", "podIP": "10.0.0.1", "qosClass": "BestEffort", "podIPs": [["ip": "10.0.0.1"]],
            ])
        func faults(_ status: JSON, before: JSON? = nil) -> [String] {
            var old = stored
            if let before { old["status"] = before }
            var new = old
            new["status"] = status
            return pods.statusFaults(of: new, after: old)
        }
        #expect(
            faults(["qosClass": "Guaranteed"]) == ["status.qosClass: Invalid value: \"Guaranteed\": field is immutable"]
        )
        #expect(
            faults(["podIP": "x"]) == [
                "status.podIPs[0]: Invalid value: \"x\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
            ])
        #expect(
            faults(["hostIP": "10.0.0.1", "hostIPs": [["ip": "10.0.0.2"]]])
                == ["status.hostIPs[0].ip: Invalid value: \"10.0.0.2\": must be equal to `hostIP`"])
    }

    @Test("an ended container of a pod that isn't restarted stays ended")
    func states() {
        var old = CoreFault("spec.restartPolicy", "Never").applied(to: stored)
        old["status", "containerStatuses"] = [["name": "web", "state": ["terminated": ["exitCode": 0]]]]
        var new = old
        new["status", "containerStatuses"] = [["name": "web", "state": ["running": [:]]]]
        #expect(
            pods.statusFaults(of: new, after: old)
                == ["status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state"])
    }

    @Test("ephemeral containers come and stay")
    func ephemeral() throws {
        let update = try #require(PodKind.rules.subresourceUpdates["ephemeralcontainers"])
        func faults(_ containers: JSON, _ old: JSON) -> [String] {
            var new = pods.defaulted(CoreFault("spec.ephemeralContainers", containers).applied(to: old))
            update.prepare(&new, old)
            return update.validate(new, old).map(\.description)
        }
        let one: JSON = [["name": "debug", "image": "busybox:1", "targetContainerName": "web"]]
        #expect(faults(one, stored) == [])
        #expect(
            faults([["name": "debug", "image": "busybox:1", "ports": [["containerPort": 1]]]], stored)
                == ["spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container"])
        #expect(
            faults([["name": "debug", "image": "b:1", "targetContainerName": "no"]], stored)
                == ["spec.ephemeralContainers[0].targetContainerName: Not found: \"no\""])
        var old = CoreFault("spec.ephemeralContainers", one).applied(to: stored)
        old = pods.defaulted(old)
        #expect(
            faults(nil, old) == [
                "spec.ephemeralContainers: Forbidden: existing ephemeral containers \"debug\" may not be removed\n"
            ])
    }

    @Test("resizing changes cpu and memory, not the class of service")
    func resize() throws {
        let update = try #require(PodKind.rules.subresourceUpdates["resize"])
        let old = pods.created(
            CoreFault("spec.containers.0.resources", ["requests": ["cpu": "1"], "limits": ["cpu": "2"]])
                .applied(to: PodFaultsTests.valid))
        func faults(_ resources: JSON) -> [String] {
            var new = CoreFault("spec.containers.0.resources", resources).applied(to: old)
            update.prepare(&new, old)
            return update.validate(new, old).map(\.description)
        }
        #expect(faults(["requests": ["cpu": "1500m"], "limits": ["cpu": "2"]]) == [])
        #expect(
            faults(["requests": ["cpu": "1"]]) == [
                "spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed"
            ])
        #expect(
            faults(["requests": ["cpu": "1", "ephemeral-storage": "1Gi"], "limits": ["cpu": "2"]])
                == ["spec: Forbidden: only cpu and memory resources are mutable"])
    }

    @Test("how long a pod may take to go")
    func gracePeriod() {
        let grace = PodKind.rules.gracePeriod
        var pod = stored
        #expect(grace(pod, nil) == 0)
        pod["spec", "nodeName"] = "n"
        #expect(grace(pod, nil) == 30)
        #expect(grace(pod, 5) == 5)
        #expect(grace(pod, 0) == 0)
        pod["spec", "terminationGracePeriodSeconds"] = -1
        #expect(grace(pod, nil) == 1)
        pod["status", "phase"] = "Succeeded"
        #expect(grace(pod, 60) == 0)
    }
}
