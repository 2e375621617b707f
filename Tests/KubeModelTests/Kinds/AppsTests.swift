import JSON
import Testing

@testable import KubeModel

@Suite("apps")
struct AppsTests {
    static let spec = """
        "selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}},
                     "spec": {"containers": [{"name": "c", "image": "nginx:1"}, {"name": "d", "image": "busybox"}]}}
        """

    func good(_ kind: String, _ rules: KindRules) throws -> JSON {
        try rules.defaulted(
            """
            {"apiVersion": "apps/v1", "kind": "\(kind)", "metadata": {"name": "web", "generation": 3},
             "spec": {\(Self.spec)}}
            """)
    }

    @Test("a minimal Deployment gets replicas, a rolling update, and its limits")
    func deploymentDefaults() throws {
        let spec = try good("Deployment", Deployment.rules)["spec"]
        #expect(spec["replicas"] == 1)
        #expect(
            spec["strategy"]
                == ["type": "RollingUpdate", "rollingUpdate": ["maxUnavailable": "25%", "maxSurge": "25%"]])
        #expect(spec["revisionHistoryLimit"] == 10)
        #expect(spec["progressDeadlineSeconds"] == 600)
        #expect(spec["template"]["spec"]["restartPolicy"] == "Always")
    }

    @Test("a workload's pods are judged and warned of as pods are")
    func template() throws {
        for (kind, rules) in [
            ("Deployment", Deployment.rules), ("ReplicaSet", ReplicaSet.rules), ("DaemonSet", DaemonSet.rules),
            ("StatefulSet", StatefulSet.rules),
        ] {
            var object = try good(kind, rules)
            object["spec", "template", "spec", "nodeSelector"] = ["beta.kubernetes.io/arch": "amd64"]
            let warnings = rules.warnings(object, nil)
            #expect(warnings.count == 1)
            #expect(warnings.first?.hasPrefix("spec.template.spec.nodeSelector[beta.kubernetes.io/arch]") == true)
            #expect(rules.warnings(object, object).isEmpty)
            object["spec", "template", "spec", "dnsPolicy"] = "Odd"
            let faults = rules.validate(object).map(\.description)
            #expect(faults.count == 1)
            #expect(faults.first?.hasPrefix("spec.template.spec.dnsPolicy: Unsupported value: \"Odd\"") == true)
        }
    }

    @Test("a StatefulSet's claims are warned of as claims are")
    func claimWarnings() throws {
        var object = try good("StatefulSet", StatefulSet.rules)
        object["spec", "volumeClaimTemplates"] = [
            ["metadata": ["name": "data"], "spec": ["resources": ["requests": ["storage": "100m"]]]]
        ]
        #expect(
            StatefulSet.rules.warnings(object, nil).first?.hasPrefix("spec.volumeClaimTemplates[0].spec.resources")
                == true)
    }

    @Test("a Deployment that recreates its pods gets no rolling update")
    func recreate() throws {
        let object = try Deployment.rules.defaulted(#"{"spec": {"strategy": {"type": "Recreate"}, "template": {}}}"#)
        #expect(object["spec"]["strategy"] == ["type": "Recreate"])
    }

    @Test("a Deployment's faults are the original's")
    func deploymentFaults() throws {
        Deployment.rules.expect(
            [
                FaultCase("replicas", "spec.replicas: Invalid value: -1: must be greater than or equal to 0") {
                    $0["spec", "replicas"] = -1
                },
                FaultCase(
                    "no selector", "spec.selector: Required value",
                    "spec.template.metadata.labels: Invalid value: {\"app\":\"web\"}: "
                        + "`selector` does not match template `labels`"
                ) { $0.edit("spec") { $0.remove("selector") } },
                FaultCase(
                    "empty selector", "spec.selector: Invalid value: {}: empty selector is invalid for deployment"
                ) { $0["spec", "selector"] = [:] },
                FaultCase(
                    "template without labels",
                    "spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`"
                ) { $0["spec", "template", "metadata"] = [:] },
                FaultCase(
                    "restart policy",
                    "spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: \"Always\""
                ) { $0["spec", "template", "spec", "restartPolicy"] = "Never" },
                FaultCase(
                    "deadline",
                    "spec.template.spec.activeDeadlineSeconds: Forbidden: "
                        + "activeDeadlineSeconds in ReplicaSet is not Supported"
                ) { $0["spec", "template", "spec", "activeDeadlineSeconds"] = 5 },
                FaultCase(
                    "rolling update of a recreation",
                    "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"
                ) { $0["spec", "strategy", "type"] = "Recreate" },
                FaultCase(
                    "unknown strategy",
                    "spec.strategy: Unsupported value: {\"Type\":\"Odd\",\"RollingUpdate\":null}: "
                        + "supported values: \"Recreate\", \"RollingUpdate\""
                ) { $0["spec", "strategy"] = ["type": "Odd"] },
                FaultCase(
                    "both zero",
                    "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0"
                ) { $0["spec", "strategy", "rollingUpdate"] = ["maxUnavailable": 0, "maxSurge": "0%"] },
                FaultCase(
                    "too many unavailable",
                    "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: \"101%\": must not be greater than 100%"
                ) { $0["spec", "strategy", "rollingUpdate", "maxUnavailable"] = "101%" },
                FaultCase(
                    "no percentage",
                    "spec.strategy.rollingUpdate.maxSurge: Invalid value: \"many\": a valid percent string must be a "
                        + "numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation "
                        + "is '[0-9]+%')"
                ) { $0["spec", "strategy", "rollingUpdate", "maxSurge"] = "many" },
                FaultCase(
                    "deadline below readiness",
                    "spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds"
                ) { $0["spec", "minReadySeconds"] = 600 },
            ], of: try good("Deployment", Deployment.rules))
    }

    @Test("selectors of Deployments, ReplicaSets and DaemonSets stay as they are")
    func fixedSelectors() throws {
        for (kind, rules) in [
            ("Deployment", Deployment.rules), ("ReplicaSet", ReplicaSet.rules), ("DaemonSet", DaemonSet.rules),
        ] {
            rules.expectUpdates(
                [
                    FaultCase(
                        kind, "spec.selector: Invalid value: {\"matchLabels\":{\"tier\":\"a\"}}: field is immutable"
                    ) {
                        $0["spec", "selector"] = ["matchLabels": ["tier": "a"]]
                        $0["spec", "template", "metadata", "labels"] = ["tier": "a"]
                    }
                ], of: try good(kind, rules))
        }
    }

    @Test("a Deployment's generation counts changes of spec and annotations, not of status and labels")
    func deploymentGeneration() throws {
        let rules = Deployment.rules
        let old = try good("Deployment", rules)
        func generation(_ change: (inout JSON) -> Void) -> JSON {
            var new = old
            change(&new)
            rules.prepareForUpdate(&new, old)
            return new["metadata"]["generation"]
        }
        #expect(generation { $0["spec", "replicas"] = 2 } == 4)
        #expect(generation { $0["metadata", "annotations", "a"] = "b" } == 4)
        #expect(generation { $0["metadata", "labels", "a"] = "b" } == 3)
        #expect(generation { $0["status", "replicas"] = 2 } == 3)
        var new = old
        new["status"] = ["replicas": 1]
        rules.prepareForCreate(&new)
        #expect(new["status"] == [:])
        #expect(new["metadata"]["generation"] == 1)
    }

    @Test("a status can't have more ready pods than pods, nor forget collisions")
    func deploymentStatus() throws {
        var object = try good("Deployment", Deployment.rules)
        object["status"] = ["replicas": 2, "readyReplicas": 1, "collisionCount": 2]
        Deployment.rules.expectStatusUpdates(
            [
                FaultCase(
                    "ready", "status.readyReplicas: Invalid value: 3: cannot be greater than status.replicas"
                ) { $0["status", "readyReplicas"] = 3 },
                FaultCase(
                    "available", "status.availableReplicas: Invalid value: 2: cannot be greater than readyReplicas"
                ) { $0["status", "availableReplicas"] = 2 },
                FaultCase("collisions", "status.collisionCount: Invalid value: 1: cannot be decremented") {
                    $0["status", "collisionCount"] = 1
                },
                FaultCase("forgotten", "status.collisionCount: Invalid value: 0: cannot be decremented") {
                    $0.edit("status") { $0.remove("collisionCount") }
                },
            ], of: object)
    }

    @Test("a name that is no DNS label is warned of")
    func nameWarning() throws {
        var object = try good("Deployment", Deployment.rules)
        #expect(Deployment.rules.warnings(object, nil) == [])
        object["metadata", "name"] = "a.b"
        #expect(
            Deployment.rules.warnings(object, nil) == [
                "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; "
                    + "a DNS label is recommended: [must not contain dots]"
            ])
    }

    @Test("a Deployment prints ready, updated, available, containers, images and selector")
    func deploymentRow() throws {
        var object = try good("Deployment", Deployment.rules)
        object["status"] = ["readyReplicas": 1, "updatedReplicas": 1, "availableReplicas": 1]
        #expect(
            Deployment.rules.columnNames == [
                "Name", "Ready", "Up-to-date", "Available", "Age", "[Containers]", "[Images]", "[Selector]",
            ])
        #expect(Deployment.rules.row(object) == ["web", "1/1", 1, 1, "60m", "c,d", "nginx:1,busybox", "app=web"])
    }

    @Test("a minimal ReplicaSet gets one replica, prints its counts, and is found by its status")
    func replicaSet() throws {
        var object = try good("ReplicaSet", ReplicaSet.rules)
        #expect(object["spec"]["replicas"] == 1)
        object["status"] = ["replicas": 2]
        #expect(ReplicaSet.rules.selectableFields(object) == ["status.replicas": "2"])
        #expect(ReplicaSet.rules.row(object) == ["web", 1, 2, 0, "60m", "c,d", "nginx:1,busybox", "app=web"])
    }

    @Test("a minimal StatefulSet gets ordered pods, retained claims and whole claim templates")
    func statefulSetDefaults() throws {
        let object = try StatefulSet.rules.defaulted(
            #"{"spec": {\#(Self.spec), "volumeClaimTemplates": [{"metadata": {"name": "d"}, "spec": {}}]}}"#)
        let spec = object["spec"]
        #expect(spec["podManagementPolicy"] == "OrderedReady")
        #expect(spec["updateStrategy"] == ["type": "RollingUpdate", "rollingUpdate": ["partition": 0]])
        #expect(spec["persistentVolumeClaimRetentionPolicy"] == ["whenDeleted": "Retain", "whenScaled": "Retain"])
        #expect(spec["revisionHistoryLimit"] == 10)
        #expect(
            spec["volumeClaimTemplates"][0] == [
                "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": ["name": "d"],
                "spec": ["resources": [:], "volumeMode": "Filesystem"], "status": ["phase": "Pending"],
            ])
    }

    @Test("a StatefulSet's faults are the original's")
    func statefulSetFaults() throws {
        StatefulSet.rules.expect(
            [
                FaultCase(
                    "policy",
                    "spec.podManagementPolicy: Invalid value: \"Odd\": must be 'OrderedReady' or 'Parallel'"
                ) { $0["spec", "podManagementPolicy"] = "Odd" },
                FaultCase(
                    "strategy",
                    "spec.updateStrategy: Invalid value: {\"Type\":\"Odd\",\"RollingUpdate\":null}: "
                        + "must be 'RollingUpdate' or 'OnDelete'"
                ) { $0["spec", "updateStrategy"] = ["type": "Odd"] },
                FaultCase(
                    "partition",
                    "spec.updateStrategy.rollingUpdate.partition: Invalid value: -1: "
                        + "must be greater than or equal to 0"
                ) { $0["spec", "updateStrategy", "rollingUpdate", "partition"] = -1 },
                FaultCase(
                    "unavailable",
                    "spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: 0: cannot be 0"
                ) { $0["spec", "updateStrategy", "rollingUpdate", "maxUnavailable"] = 0 },
                FaultCase(
                    "retention",
                    "spec.persistentVolumeClaimRetentionPolicy.whenScaled: Unsupported value: \"Odd\": "
                        + "supported values: \"Retain\", \"Delete\""
                ) { $0["spec", "persistentVolumeClaimRetentionPolicy", "whenScaled"] = "Odd" },
                FaultCase("service", "spec.serviceName: Invalid value: \"a.b\": must not contain dots") {
                    $0["spec", "serviceName"] = "a.b"
                },
                FaultCase(
                    "ordinals", "spec.ordinals.start: Invalid value: -1: must be greater than or equal to 0"
                ) { $0["spec", "ordinals"] = ["start": -1] },
                FaultCase(
                    "deadline",
                    "spec.template.spec.activeDeadlineSeconds: Forbidden: "
                        + "activeDeadlineSeconds in StatefulSet is not Supported"
                ) { $0["spec", "template", "spec", "activeDeadlineSeconds"] = 5 },
            ], of: try good("StatefulSet", StatefulSet.rules))
    }

    @Test("of a StatefulSet only a few fields may change")
    func statefulSetChange() throws {
        StatefulSet.rules.expectUpdates(
            [
                FaultCase("replicas") { $0["spec", "replicas"] = 5 },
                FaultCase("history") { $0["spec", "revisionHistoryLimit"] = 5 },
                FaultCase(
                    "service",
                    "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', "
                        + "'template', 'updateStrategy', 'revisionHistoryLimit', "
                        + "'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
                ) { $0["spec", "serviceName"] = "other" },
            ], of: try good("StatefulSet", StatefulSet.rules))
    }

    @Test("a DaemonSet counts its template's generations in an annotation")
    func templateGeneration() throws {
        let rules = DaemonSet.rules
        var old = try good("DaemonSet", rules)
        #expect(
            old["spec"]["updateStrategy"]
                == ["type": "RollingUpdate", "rollingUpdate": ["maxUnavailable": 1, "maxSurge": 0]])
        rules.prepareForCreate(&old)
        #expect(old["metadata"]["annotations"] == ["deprecated.daemonset.template.generation": "1"])
        var new = old
        new["metadata"] = ["name": "web"]
        new["spec", "template", "spec", "nodeSelector"] = ["disk": "ssd"]
        rules.prepareForUpdate(&new, old)
        #expect(new["metadata"]["annotations"] == ["deprecated.daemonset.template.generation": "2"])
        #expect(new["metadata"]["generation"] == 2)
    }

    @Test("a DaemonSet's faults are the original's")
    func daemonSetFaults() throws {
        DaemonSet.rules.expect(
            [
                FaultCase(
                    "both",
                    "spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: "
                        + "may not be set when maxUnavailable is non-zero"
                ) { $0["spec", "updateStrategy", "rollingUpdate", "maxSurge"] = 1 },
                FaultCase(
                    "neither",
                    "spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0"
                ) { $0["spec", "updateStrategy", "rollingUpdate", "maxUnavailable"] = 0 },
                FaultCase(
                    "empty selector", "spec.selector: Invalid value: {}: empty selector is invalid for daemonset"
                ) { $0["spec", "selector"] = [:] },
                FaultCase(
                    "strategy",
                    "spec.updateStrategy: Unsupported value: {\"Type\":\"Odd\",\"RollingUpdate\":null}: "
                        + "supported values: \"RollingUpdate\", \"OnDelete\""
                ) { $0["spec", "updateStrategy"] = ["type": "Odd"] },
            ], of: try good("DaemonSet", DaemonSet.rules))
    }

    @Test("a DaemonSet prints its counts and node selector")
    func daemonSetRow() throws {
        var object = try good("DaemonSet", DaemonSet.rules)
        object["spec", "template", "spec", "nodeSelector"] = ["disk": "ssd"]
        object["status"] = ["desiredNumberScheduled": 3, "numberReady": 2]
        #expect(
            DaemonSet.rules.row(object) == [
                "web", 3, 0, 2, 0, 0, "disk=ssd", "60m", "c,d", "nginx:1,busybox", "app=web",
            ])
    }

    @Test("a ControllerRevision needs data, keeps it, and prints its owner")
    func controllerRevision() throws {
        let object: JSON = [
            "metadata": [
                "name": "r",
                "ownerReferences": [
                    ["apiVersion": "apps/v1", "kind": "StatefulSet", "name": "db", "controller": true]
                ],
            ], "data": ["a": 1], "revision": 4,
        ]
        ControllerRevision.rules.expect(
            [
                FaultCase("data", "data: Required value: data is mandatory") { $0.remove("data") },
                FaultCase("revision", "revision: Invalid value: -1: must be greater than or equal to 0") {
                    $0["revision"] = -1
                },
            ], of: object)
        ControllerRevision.rules.expectUpdates(
            [FaultCase("data", "data: Invalid value: {\"a\":2}: field is immutable") { $0["data"] = ["a": 2] }],
            of: object)
        #expect(ControllerRevision.rules.row(object) == ["r", "statefulset.apps/db", 4, "60m"])
    }
}
