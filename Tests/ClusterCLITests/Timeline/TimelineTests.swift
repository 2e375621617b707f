import JSON
import KubeModel
import Testing

@testable import ClusterCLI

@Suite("the timeline")
struct TimelineTests {
    private func managed(_ object: JSON, _ manager: String, status: Bool = false, at second: Int) -> JSON {
        var object = object
        var entries = object["metadata"]["managedFields"].array ?? []
        var entry: JSON = ["manager": .string(manager), "time": .string("2026-01-01T00:00:\(second)Z")]
        if status { entry["subresource"] = "status" }
        entries.append(entry)
        object["metadata"]["managedFields"] = .array(entries)
        object["metadata"]["resourceVersion"] = .string("\(second)")
        return object
    }

    private func lines(_ model: inout TimelineModel, _ kind: String, _ old: JSON?, _ new: JSON?) -> [String] {
        model.take(kind, old: old, new: new, now: 0).map {
            "\($0.step.rawValue) | \($0.by) | \($0.object) | \($0.what)\($0.why.isEmpty ? "" : " | \($0.why)")"
        }
    }

    @Test("a deployment that is scaled: who wants what, who made which pod and why, and what was seen")
    func scaling() {
        var model = TimelineModel(target: ("Deployment", "web"))
        let (bare, sets) = Make.deployment(replicas: 1, images: ["nginx:1"])
        let deployment = managed(bare, "kubectl-create", at: 10)
        let set = managed(sets[0], "kube-controller-manager", at: 11)
        model.begin("Deployment", [deployment])
        model.begin("ReplicaSet", [set])
        var scaled = managed(deployment, "kubectl-scale", at: 20)
        scaled["spec"]["replicas"] = 3
        #expect(
            lines(&model, "Deployment", deployment, scaled) == [
                "desired | kubectl-scale | deployment/web | replicas 1 → 3"
            ])
        var larger = managed(set, "kube-controller-manager", at: 21)
        larger["spec"]["replicas"] = 3
        #expect(
            lines(&model, "ReplicaSet", set, larger) == [
                "desired | kube-controller-manager | replicaset/web-1 | replicas 1 → 3"
            ])
        let pod = managed(
            Make.pod("web-1-x", node: "", owner: Make.owner("ReplicaSet", "web-1")), "kube-controller-manager", at: 22)
        #expect(
            lines(&model, "Pod", nil, pod) == [
                "did | kube-controller-manager | pod/web-1-x | created: nginx:1.99 | replicaset/web-1 wants 3 and has 1"
            ])
        var bound = managed(pod, "kube-scheduler", at: 23)
        bound["spec"]["nodeName"] = "n1"
        #expect(lines(&model, "Pod", pod, bound) == ["did | kube-scheduler | pod/web-1-x | bound to node n1"])
        var waiting = managed(bound, "kubelet", status: true, at: 24)
        waiting["status"]["containerStatuses"] = [
            ["name": "c", "state": Make.waiting("ErrImagePull", "no such tag"), "restartCount": 0]
        ]
        #expect(
            lines(&model, "Pod", bound, waiting) == [
                "observed | kubelet | pod/web-1-x | container c waiting (ErrImagePull) | no such tag"
            ])
        var running = managed(waiting, "kubelet", status: true, at: 25)
        running["status"]["phase"] = "Running"
        running["status"]["podIP"] = "10.244.0.5"
        running["status"]["conditions"] = [["type": "Ready", "status": "True"]]
        running["status"]["containerStatuses"] = [["name": "c", "state": PodWhyTests.running, "restartCount": 1]]
        #expect(
            lines(&model, "Pod", waiting, running) == [
                "observed | kubelet | pod/web-1-x | phase Pending → Running",
                "observed | kubelet | pod/web-1-x | address 10.244.0.5",
                "observed | kubelet | pod/web-1-x | container c waiting (ErrImagePull) → running",
                "observed | kubelet | pod/web-1-x | container c restarted, 1 in all",
                "observed | kubelet | pod/web-1-x | Ready False → True",
            ])
        var ready = managed(scaled, "kube-controller-manager", status: true, at: 26)
        ready["status"] = [
            "replicas": 3, "readyReplicas": 2,
            "conditions": [["type": "Available", "status": "False", "reason": "MinimumReplicasUnavailable"]],
        ]
        #expect(
            lines(&model, "Deployment", scaled, ready) == [
                "observed | kube-controller-manager | deployment/web | pods 0 → 3, ready 0 → 2, 3 wanted",
                "observed | kube-controller-manager | deployment/web | Available False | MinimumReplicasUnavailable",
            ])
        #expect(lines(&model, "Pod", running, nil) == ["gone |  | pod/web-1-x | deleted"])
    }

    @Test("a new image, and a deletion that is asked for")
    func image() {
        var model = TimelineModel(target: nil)
        let old = Make.deployment(replicas: 1, images: ["nginx:1"]).sets[0]
        var new = old
        new["spec"]["template"]["spec"]["containers"] = [["name": "c", "image": "nginx:2"]]
        new["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
        new["metadata"]["deletionGracePeriodSeconds"] = 30
        #expect(
            lines(&model, "ReplicaSet", old, managed(new, "k", at: 5)) == [
                "desired | k | replicaset/web-1 | image of c nginx:1 → nginx:2",
                "desired | k | replicaset/web-1 | deletion asked for, within 30 s",
            ])
    }

    @Test("whoever wrote it is named, not who lost a field by that; a binding by its scheduler")
    func managers() {
        func object(_ entries: [(manager: String, time: Int, fields: String)]) -> JSON {
            let list = entries.map { entry -> JSON in
                ["manager": .string(entry.manager), "time": JSON(entry.time), "fieldsV1": .string(entry.fields)]
            }
            return ["metadata": ["managedFields": .array(list)]]
        }
        let old = object([("create", 1, "image,replicas")])
        #expect(FieldManager.of(old, since: nil, isStatus: false) == "create")
        let set = object([("create", 1, "replicas"), ("set", 1, "image")])
        #expect(FieldManager.of(set, since: old, isStatus: false) == "set")
        let again = object([("create", 1, "replicas"), ("set", 1, "image,env")])
        #expect(FieldManager.of(again, since: set, isStatus: false) == "set")
        #expect(FieldManager.of(old, since: old, isStatus: false) == "")
        var model = TimelineModel(target: nil)
        var bound = Make.pod("web", node: "n1")
        bound["spec"]["schedulerName"] = "default-scheduler"
        #expect(
            lines(&model, "Pod", Make.pod("web", node: ""), bound).first
                == "did | default-scheduler | pod/web | bound to node n1")
    }

    @Test("endpoints that come and go")
    func endpoints() {
        var model = TimelineModel(target: ("Service", "web"))
        model.begin("Service", [Make.object("Service", "web", ["spec": ["selector": ["app": "web"]]])])
        func slice(_ addresses: [String]) -> JSON {
            Make.object(
                "EndpointSlice", "web-x",
                [
                    "metadata": [
                        "labels": ["kubernetes.io/service-name": "web"], "resourceVersion": .string("\(addresses)"),
                    ],
                    "endpoints": .array(addresses.map { ["addresses": [.string($0)], "conditions": ["ready": true]] }),
                ])
        }
        #expect(
            lines(&model, "EndpointSlice", slice(["10.0.0.1"]), slice(["10.0.0.2", "10.0.0.3"])) == [
                "observed |  | endpointslice/web-x | ready endpoints +10.0.0.2 +10.0.0.3 -10.0.0.1, 2 in all"
            ])
    }

    @Test("events of what belongs to the object are told, also when they come before it; others aren't")
    func events() {
        var model = TimelineModel(target: ("Deployment", "web"))
        let (deployment, sets) = Make.deployment(replicas: 1, images: ["nginx:1"])
        model.begin("Deployment", [deployment])
        model.begin("ReplicaSet", sets)
        let pod = Make.pod("web-1-x", owner: Make.owner("ReplicaSet", "web-1")), stranger = Make.pod("other")
        #expect(lines(&model, "Event", nil, Make.event(pod, "Pulled", "Container image is there")) == [])
        #expect(lines(&model, "Pod", nil, stranger) == [])
        #expect(lines(&model, "Event", nil, Make.event(stranger, "Pulled", "x")) == [])
        #expect(
            lines(&model, "Pod", nil, pod).last == "did | kubelet | pod/web-1-x | Pulled | Container image is there")
        let again = Make.event(pod, "Pulled", "x", at: 12)
        #expect(lines(&model, "Event", nil, again) == ["did | kubelet | pod/web-1-x | Pulled | x"])
        #expect(lines(&model, "Event", nil, again) == [])
    }

    @Test("what was before is told in order of time")
    func history() {
        var model = TimelineModel(target: nil)
        var pod = Make.pod("web", state: ["running": ["startedAt": "2026-01-01T00:00:11Z"]])
        pod["metadata"]["creationTimestamp"] = "2026-01-01T00:00:09Z"
        model.begin("Pod", [pod])
        let entries = model.history([("Pod", [pod])], events: [Make.event(pod, "Started", "Container started")])
        #expect(entries.map(\.what) == ["created: nginx:1.99", "Started", "container c running"])
        #expect(
            entries[1].line()
                == "00:00:10.000  did       kubelet                     pod/web  Started: Container started"
        )
        #expect(entries[1].json["time"] == "2026-01-01T00:00:10.000000Z")
    }
}
