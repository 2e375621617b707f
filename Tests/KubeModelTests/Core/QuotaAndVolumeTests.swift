import JSON
import Testing

@testable import KubeModel

@Suite struct LimitRangeTests {
    private let ranges = CoreKind("LimitRange")

    private func faults(_ item: JSON) -> [String] { ranges.faults(["spec": ["limits": [item]]]) }

    @Test("amounts are in order")
    func order() {
        #expect(faults(["type": "Container", "max": ["cpu": "2"], "min": ["cpu": "1"]]) == [])
        #expect(
            faults(["type": "Pod", "max": ["cpu": "1"], "min": ["cpu": "2"]])
                == ["spec.limits[0].min[cpu]: Invalid value: \"2\": min value 2 is greater than max value 1"])
        #expect(
            faults(["type": "Container", "default": ["cpu": "1"], "defaultRequest": ["cpu": "2"]]) == [
                "spec.limits[0].defaultRequest[cpu]: Invalid value: \"2\": default request value 2 is greater than "
                    + "default limit value 1"
            ])
        #expect(
            faults(["type": "Pod", "max": ["cpu": "2"], "min": ["cpu": "1"], "maxLimitRequestRatio": ["cpu": "3"]]) == [
                "spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: \"3\": ratio 3 is greater than max/min = "
                    + "2.000000"
            ])
    }

    @Test("types say what they limit")
    func types() {
        #expect(
            faults(["type": "Job"]) == [
                "spec.limits[0].type: Invalid value: \"Job\": must be a standard limit type or fully qualified"
            ])
        #expect(
            faults(["type": "Pod", "default": ["cpu": "1"]])
                == ["spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'"])
        #expect(
            faults(["type": "PersistentVolumeClaim"]) == [
                "spec.limits[0].limits: Required value: either minimum or maximum storage value is required, but "
                    + "neither was provided"
            ])
        #expect(
            ranges.faults(["spec": ["limits": [["type": "Pod"], ["type": "Pod"]]]])
                == ["spec.limits[1].type: Duplicate value: \"Pod\""])
    }
}

@Suite struct ResourceQuotaTests {
    private let quotas = CoreKind("ResourceQuota")

    @Test("names, amounts and scopes fit together")
    func spec() {
        func faults(_ spec: JSON) -> [String] { quotas.faults(["spec": spec]) }
        #expect(faults(["hard": ["pods": "5", "requests.cpu": "1", "count/jobs.batch": "2"]]) == [])
        #expect(
            faults(["hard": ["pods": "1500m"]])
                == ["spec.hard[pods]: Invalid value: \"1500m\": must be an integer"])
        #expect(
            faults(["hard": ["storage": "1"]])
                == ["spec.hard[storage]: Invalid value: \"storage\": must be a standard resource for quota"])
        #expect(
            faults(["hard": ["services": "1"], "scopes": ["BestEffort"]]) == [
                "spec.scopes: Invalid value: [\"BestEffort\"]: unsupported scope applied to resource"
            ])
        #expect(
            faults(["scopes": ["Terminating", "NotTerminating"]])
                == ["spec.scopes: Invalid value: [\"Terminating\",\"NotTerminating\"]: conflicting scopes"])
        #expect(
            faults(["scopeSelector": ["matchExpressions": [["scopeName": "PriorityClass", "operator": "In"]]]]) == [
                "spec.scopeSelector.matchExpressions.values: Required value: must be at least one value when "
                    + "`operator` is 'In' or 'NotIn' for scope selector"
            ])
    }

    @Test("scopes don't change")
    func change() {
        let old = quotas.created(["spec": ["scopes": ["Terminating"]]])
        #expect(
            quotas.faults(of: ["spec": ["scopes": ["NotTerminating"]]], after: old)
                == ["spec.scopes: Invalid value: [\"NotTerminating\"]: field is immutable"])
    }
}

@Suite struct VolumeKindTests {
    private let volumes = CoreKind("PersistentVolume"), claims = CoreKind("PersistentVolumeClaim")
    private static let volume: JSON = [
        "metadata": ["name": "v"],
        "spec": [
            "capacity": ["storage": "1Gi"], "accessModes": ["ReadWriteOnce"], "nfs": ["server": "s", "path": "/"],
        ],
    ]
    private static let claim: JSON = [
        "metadata": ["name": "c"],
        "spec": ["accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]]],
    ]

    @Test(
        "faults of a volume",
        arguments: [
            CoreFault("spec.accessModes", [], "spec.accessModes: Required value"),
            CoreFault(
                "spec.accessModes", ["Any"],
                "spec.accessModes: Unsupported value: \"Any\": supported values: \"ReadOnlyMany\", "
                    + "\"ReadWriteMany\", \"ReadWriteOnce\", \"ReadWriteOncePod\""
            ),
            CoreFault(
                "spec.accessModes", ["ReadWriteOncePod", "ReadWriteOnce"],
                "spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes"),
            CoreFault(
                "spec.capacity", ["storage": "0"],
                "spec.capacity[storage]: Invalid value: \"0\": must be greater than zero"),
            CoreFault("spec.nfs", nil, "spec: Required value: must specify a volume type"),
            CoreFault("spec.hostPath", ["path": "/x"], "spec.nfs: Forbidden: may not specify more than 1 volume type"),
            CoreFault(
                "spec.persistentVolumeReclaimPolicy", "Keep",
                "spec.persistentVolumeReclaimPolicy: Unsupported value: \"Keep\": supported values: \"Delete\", "
                    + "\"Recycle\", \"Retain\""
            ),
            CoreFault(
                "spec.volumeAttributesClassName", "gold",
                "spec.csi: Required value: has to be specified when using volumeAttributesClassName"),
        ])
    func volumeFaults(_ fault: CoreFault) {
        #expect(volumes.faults(fault.applied(to: Self.volume)) == fault.faults)
    }

    @Test("a local volume says where it is")
    func local() {
        var volume = CoreFault("spec.nfs", nil).applied(to: Self.volume)
        volume["spec", "local"] = ["path": "/disk"]
        #expect(volumes.faults(volume) == ["spec.nodeAffinity: Required value: Local volume requires node affinity"])
    }

    @Test("a volume's source doesn't change")
    func sourceChange() {
        let old = volumes.created(Self.volume)
        let faults = volumes.faults(of: CoreFault("spec.nfs.path", "/y").applied(to: old), after: old)
        #expect(
            faults == [
                "spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation\n"
                    + "@@ -1,6 +1,6 @@\n {\n  \"nfs\": {\n-  \"path\": \"/\",\n+  \"path\": \"/y\",\n   \"server\": "
                    + "\"s\"\n"
                    + "  }\n }\n"
            ])
    }

    @Test(
        "faults of a claim",
        arguments: [
            CoreFault("spec.accessModes", [], "spec.accessModes: Required value: at least 1 access mode is required"),
            CoreFault("spec.resources", [:], "spec.resources[storage]: Required value"),
            CoreFault(
                "spec.resources.requests.storage", "-1",
                "spec.resources[storage]: Invalid value: \"-1\": must be greater than zero"),
            CoreFault(
                "spec.dataSource", ["kind": "Pod", "name": "x"],
                // Dropped: the older field knows claims and snapshots only.
            ),
            CoreFault(
                "spec.dataSourceRef", ["kind": "Thing", "name": "x"],
                "spec.dataSource: Invalid value: \"Thing\": must be 'PersistentVolumeClaim' when referencing the "
                    + "default apiGroup",
                "spec.dataSourceRef: Invalid value: \"Thing\": must be 'PersistentVolumeClaim' when referencing the "
                    + "default apiGroup"
            ),
        ])
    func claimFaults(_ fault: CoreFault) {
        #expect(claims.faults(fault.applied(to: Self.claim)) == fault.faults)
    }

    @Test("a claim grows once it is bound, and changes in nothing else")
    func claimChange() {
        var old = claims.created(Self.claim)
        old["spec", "volumeName"] = "v"
        func faults(_ path: String, _ value: JSON) -> [String] {
            claims.faults(of: CoreFault(path, value).applied(to: old), after: old)
        }
        let fixed =
            "spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName "
            + "for bound claims\n"
        #expect(faults("spec.resources.requests.storage", "2Gi").first?.hasPrefix(fixed) == true)
        old["status"] = ["phase": "Bound", "capacity": ["storage": "1Gi"]]
        #expect(faults("spec.resources.requests.storage", "2Gi") == [])
        #expect(
            faults("spec.resources.requests.storage", "500Mi") == [
                "spec.resources.requests.storage: Forbidden: field can not be less than status.capacity"
            ])
        #expect(faults("spec.accessModes", ["ReadOnlyMany"]).first?.hasPrefix(fixed) == true)
        #expect(faults("spec.storageClassName", "fast") == [])
    }
}

@Suite struct EventTests {
    @Test("an old event agrees on the namespace")
    func old() {
        let events = CoreKind("Event")
        func faults(_ own: String, _ its: String) -> [String] {
            events.faults([
                "metadata": ["namespace": .string(own), "name": "e"],
                "involvedObject": ["kind": "Thing", "namespace": .string(its)],
            ])
        }
        #expect(faults("a", "a") == [] && faults("default", "") == [])
        #expect(faults("a", "b") == ["involvedObject.namespace: Invalid value: \"b\": does not match event.namespace"])
        #expect(faults("a", "") == ["involvedObject.namespace: Invalid value: \"\": does not match event.namespace"])
    }

    @Test("a new event is complete, and only its series changes")
    func new() {
        let events = CoreKind("Event", group: "events.k8s.io")
        let event: JSON = [
            "metadata": ["namespace": "default", "name": "e"], "eventTime": "2026-01-01T00:00:00.000000Z",
            "reportingController": "example.com/c", "reportingInstance": "i", "action": "a", "reason": "r",
            "type": "Normal", "regarding": ["kind": "Thing", "namespace": "default"], "note": "n",
        ]
        #expect(events.faults(event) == [])
        #expect(
            events.faults(CoreFault("action", "").applied(to: event)) == ["action: Required value"])
        #expect(
            events.faults(CoreFault("type", "Odd").applied(to: event))
                == ["type: Invalid value: \"\": has invalid value: Odd"])
        #expect(
            events.faults(of: CoreFault("note", "m").applied(to: event), after: event)
                == ["message: Invalid value: \"m\": field is immutable"])
        #expect(
            events.faults(
                of: CoreFault("series", ["count": 2, "lastObservedTime": "2026-01-01T00:00:01.000000Z"])
                    .applied(to: event), after: event) == [])
    }
}
