import JSON
import KubeModel
import NIOConcurrencyHelpers
import Testing

@testable import KubeAPIServer

/// Quotas in memory with resource versions; may lose some races on purpose.
private final class FakeLedger: QuotaLedger {
    private let stored: NIOLockedValueBox<[JSON]>
    private let losses: NIOLockedValueBox<Int>

    init(_ quotas: [JSON], losses: Int = 0) {
        stored = NIOLockedValueBox(quotas)
        self.losses = NIOLockedValueBox(losses)
    }

    var used: [String: String] { stored.withLockedValue { $0[0]["status", "used"].stringMap } }

    func quotas(namespace: String) async throws(APIStatus) -> [JSON] { stored.withLockedValue { $0 } }

    func charge(_ quota: JSON) async throws(APIStatus) -> Bool {
        let isLost = losses.withLockedValue { left -> Bool in
            defer { left = max(0, left - 1) }
            return left > 0
        }
        return stored.withLockedValue { quotas in
            guard let at = quotas.firstIndex(where: { $0["metadata", "name"] == quota["metadata", "name"] }),
                !isLost, quotas[at]["metadata", "resourceVersion"] == quota["metadata", "resourceVersion"]
            else { return false }
            quotas[at] = quota
            quotas[at]["metadata", "resourceVersion"] = .string(
                "\((Int(quota["metadata", "resourceVersion"].string ?? "") ?? 0) + 1)")
            return true
        }
    }
}

private func quota(_ hard: [String: String], used: [String: String]? = nil, spec: JSON = [:], name: String = "q")
    -> JSON
{
    let none = hard.mapValues { _ in "0" }
    return [
        "metadata": ["name": .string(name), "namespace": "team", "resourceVersion": "1"], "spec": spec,
        "status": ["hard": JSON(hard), "used": JSON(used ?? none)],
    ]
}

private func sized(_ requests: JSON, _ limits: JSON = .null) -> JSON {
    var resources: JSON = ["requests": requests]
    if !limits.isNull { resources["limits"] = limits }
    return pod(["containers": [["name": "c", "resources": resources]]])
}

@Suite("ResourceQuota")
struct ResourceQuotaTests {
    private func charge(_ ledger: FakeLedger, _ request: AdmissionRequest) async -> String? {
        let objects = FakeObjects([("resourcequotas", ["metadata": ["name": "q", "namespace": "team"]])])
        return await admit(ResourceQuotaPlugin(ledger: ledger), request, objects).message
    }

    @Test("a pod is charged for what it asks")
    func pods() async {
        let ledger = FakeLedger([
            quota(["pods": "2", "requests.cpu": "1", "limits.memory": "1Gi", "count/pods": "9"])
        ])
        let asked = sized(["cpu": "600m"], ["memory": "512Mi"])
        #expect(await charge(ledger, request(.create, "pods", asked)) == nil)
        #expect(ledger.used == ["pods": "1", "requests.cpu": "600m", "limits.memory": "512Mi", "count/pods": "1"])
        #expect(
            await charge(ledger, request(.create, "pods", asked))
                == #"pods "web" is forbidden: exceeded quota: q, requested: requests.cpu=600m, used: requests.cpu=600m, limited: requests.cpu=1"#
        )
        #expect(ledger.used["pods"] == "1")
    }

    @Test("a quota of CPU makes containers ask for some")
    func constraints() async {
        let ledger = FakeLedger([quota(["requests.cpu": "1", "limits.memory": "1Gi"])])
        let bare = pod(["containers": [["name": "a"], ["name": "b"]], "initContainers": [["name": "i"]]])
        #expect(
            await charge(ledger, request(.create, "pods", bare))
                == #"pods "web" is forbidden: failed quota: q: must specify limits.memory for: a,b,i; requests.cpu for: a,b,i"#
        )
    }

    @Test("a quota whose use isn't known yet lets nothing in")
    func unknown() async {
        let ledger = FakeLedger([quota(["pods": "2"], used: [:])])
        #expect(
            await charge(ledger, request(.create, "pods", pod()))
                == #"pods "web" is forbidden: status unknown for quota: q, resources: pods"#)
    }

    @Test("a dry run is checked and not charged")
    func dryRun() async {
        let ledger = FakeLedger([quota(["pods": "1"])])
        #expect(await charge(ledger, request(.create, "pods", pod(), isDryRun: true)) == nil)
        #expect(ledger.used == ["pods": "0"])
    }

    @Test("scopes choose the pods that count")
    func scopes() async {
        for (spec, counts) in [
            (["scopes": ["BestEffort"]], true), (["scopes": ["NotBestEffort"]], false),
            (["scopes": ["Terminating"]], false), (["scopes": ["NotTerminating", "BestEffort"]], true),
            (["scopes": ["CrossNamespacePodAffinity"]], false),
            (
                [
                    "scopeSelector": [
                        "matchExpressions": [["scopeName": "PriorityClass", "operator": "In", "values": ["high"]]]
                    ]
                ], true
            ),
            (
                [
                    "scopeSelector": [
                        "matchExpressions": [["scopeName": "PriorityClass", "operator": "NotIn", "values": ["high"]]]
                    ]
                ], false
            ),
        ] as [(JSON, Bool)] {
            let ledger = FakeLedger([quota(["pods": "5"], spec: spec)])
            let asked = pod(["priorityClassName": "high", "containers": [["name": "c"]]])
            #expect(await charge(ledger, request(.create, "pods", asked)) == nil)
            #expect(ledger.used == ["pods": counts ? "1" : "0"], "\(spec)")
        }
    }

    @Test("services, claims and counts of any kind are charged")
    func otherKinds() async {
        let ledger = FakeLedger([
            quota([
                "services": "5", "services.nodeports": "5", "services.loadbalancers": "5", "requests.storage": "10Gi",
                "gold.storageclass.storage.k8s.io/requests.storage": "3Gi", "count/deployments.apps": "1",
                "configmaps": "1",
            ])
        ])
        let service: JSON = ["metadata": ["name": "s"], "spec": ["type": "LoadBalancer", "ports": [[:], [:]]]]
        #expect(await charge(ledger, request(.create, "services", service)) == nil)
        let claim: JSON = [
            "metadata": ["name": "c"],
            "spec": ["storageClassName": "gold", "resources": ["requests": ["storage": "2Gi"]]],
        ]
        #expect(await charge(ledger, request(.create, "persistentvolumeclaims", claim)) == nil)
        #expect(
            ledger.used["services.nodeports"] == "2" && ledger.used["services.loadbalancers"] == "1"
                && ledger.used["gold.storageclass.storage.k8s.io/requests.storage"] == "2Gi")
        var grown = claim
        grown["spec", "resources", "requests", "storage"] = "4Gi"
        #expect(
            await charge(ledger, request(.update, "persistentvolumeclaims", grown, old: claim))?
                .contains(
                    "requested: gold.storageclass.storage.k8s.io/requests.storage=2Gi, used: gold.storageclass.storage.k8s.io/requests.storage=2Gi"
                ) == true)
        let deployment: JSON = ["metadata": ["name": "d"]]
        #expect(await charge(ledger, request(.create, "deployments.apps", deployment)) == nil)
        #expect(
            await charge(ledger, request(.create, "deployments.apps", deployment))
                == #"deployments.apps "d" is forbidden: exceeded quota: q, requested: count/deployments.apps=1, used: count/deployments.apps=1, limited: count/deployments.apps=1"#
        )
        #expect(await charge(ledger, request(.create, "configmaps", deployment)) == nil)
        #expect(ledger.used["configmaps"] == "1")
        #expect(await charge(ledger, request(.update, "configmaps", deployment, old: deployment)) == nil)
    }

    @Test("a lost race is tried anew, and charged once")
    func races() async {
        let ledger = FakeLedger([quota(["pods": "5"])], losses: 2)
        #expect(await charge(ledger, request(.create, "pods", pod())) == nil)
        #expect(ledger.used == ["pods": "1"])
        let unlucky = FakeLedger([quota(["pods": "5"])], losses: 100)
        #expect(await charge(unlucky, request(.create, "pods", pod())) != nil)
    }

    @Test("many at once never exceed the quota")
    func concurrency() async {
        let ledger = FakeLedger([quota(["pods": "10"])])
        let objects = FakeObjects([("resourcequotas", ["metadata": ["name": "q", "namespace": "team"]])])
        let plugin = ResourceQuotaPlugin(ledger: ledger)
        let admitted = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<40 {
                group.addTask { await admit(plugin, request(.create, "pods", pod()), objects).refusal == nil }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(admitted == 10 && ledger.used == ["pods": "10"])
    }
}

@Suite("Counting a quota's use anew")
struct QuotaRecountTests {
    @Test("a new quota gets a status from what is there; done pods count as objects only")
    func firstStatus() throws {
        var done = sized(["cpu": "3"])
        done["status"] = ["phase": "Succeeded"]
        var elsewhere = sized(["cpu": "7"])
        elsewhere["metadata", "namespace"] = "other"
        let objects = FakeObjects([
            ("pods", sized(["cpu": "500m"])), ("pods", sized(["cpu": "1"])), ("pods", done), ("pods", elsewhere),
            (
                "services",
                ["metadata": ["namespace": "team", "name": "s"], "spec": ["type": "NodePort", "ports": [[:]]]]
            ),
            ("deployments.apps", ["metadata": ["namespace": "team", "name": "d"]]),
            ("secrets", ["metadata": ["namespace": "team", "name": "x"]]),
        ])
        let new: JSON = [
            "metadata": ["name": "q", "namespace": "team"],
            "spec": [
                "hard": [
                    "pods": "5", "count/pods": "9", "requests.cpu": "4", "services.nodeports": "2",
                    "count/deployments.apps": "3", "secrets": "4", "configmaps": "1",
                ]
            ],
        ]
        let counted = try #require(QuotaRecount.updated(new, objects, now: 0))
        #expect(counted["status", "hard"] == new["spec", "hard"])
        #expect(
            counted["status", "used"].stringMap == [
                "pods": "2", "count/pods": "3", "requests.cpu": "1500m", "services.nodeports": "1",
                "count/deployments.apps": "1", "secrets": "1", "configmaps": "0",
            ])
        #expect(QuotaRecount.updated(counted, objects, now: 0) == nil)
    }

    @Test("a scoped quota counts the pods of its scope")
    func scoped() throws {
        let objects = FakeObjects([("pods", sized(["cpu": "1"])), ("pods", pod())])
        let best = quota(["pods": "5"], used: [:], spec: ["scopes": ["BestEffort"], "hard": ["pods": "5"]])
        #expect(try #require(QuotaRecount.updated(best, objects, now: 0))["status", "used"] == ["pods": "1"])
    }
}

@Suite("What a pod asks for as a whole")
struct PodResourcesTests {
    @Test("init containers, sidecars, the pod's own amounts and overhead")
    func totals() {
        func container(_ cpu: String, sidecar: Bool = false) -> JSON {
            var container: JSON = ["resources": ["requests": ["cpu": .string(cpu)]]]
            if sidecar { container["restartPolicy"] = "Always" }
            return container
        }
        func total(_ spec: JSON, overhead: Bool = false) -> String {
            PodResources.requests(spec, withOverhead: overhead).text
        }
        #expect(total(["containers": [container("1"), container("500m")]]) == "cpu=1500m")
        #expect(total(["containers": [container("1")], "initContainers": [container("2")]]) == "cpu=2")
        #expect(
            total([
                "containers": [container("1")], "initContainers": [container("300m", sidecar: true), container("2")],
            ])
                == "cpu=2300m")
        #expect(
            total([
                "containers": [container("1")], "initContainers": [container("2"), container("300m", sidecar: true)],
            ])
                == "cpu=2")
        #expect(total(["containers": [container("1")], "resources": ["requests": ["cpu": "4"]]]) == "cpu=4")
        #expect(total(["containers": [container("1")], "overhead": ["cpu": "250m"]], overhead: true) == "cpu=1250m")
    }
}

@Suite("LimitRanger")
struct LimitRangerTests {
    private func objects(_ limits: JSON...) -> FakeObjects {
        FakeObjects([
            ("limitranges", ["metadata": ["name": "l", "namespace": "team"], "spec": ["limits": .array(limits)]])
        ])
    }

    @Test("containers get the defaults, and a note of it")
    func defaults() async {
        let given = pod([
            "containers": [
                ["name": "a"], ["name": "b", "resources": ["requests": ["cpu": "2"], "limits": ["cpu": "2"]]],
            ],
            "initContainers": [["name": "i"]],
        ])
        let admitted = await admit(
            LimitRanger(), request(.create, "pods", given),
            objects(["type": "Container", "default": ["cpu": "1"], "defaultRequest": ["cpu": "500m", "memory": "1Gi"]])
        ).object
        #expect(
            admitted["spec", "containers"][0]["resources"]
                == ["requests": ["cpu": "500m", "memory": "1Gi"], "limits": ["cpu": "1"]])
        #expect(admitted["spec", "containers"][1]["resources", "limits"] == ["cpu": "2"])
        #expect(
            admitted["metadata", "annotations", "kubernetes.io/limit-ranger"]
                == "LimitRanger plugin set: cpu, memory request for container a; cpu limit for container a; memory request for container b; cpu, memory request for init container i; cpu limit for init container i"
        )
    }

    @Test("pods outside of the bounds are refused with every fault")
    func bounds() async {
        let range = objects([
            "type": "Container", "min": ["cpu": "100m"], "max": ["memory": "1Gi"], "maxLimitRequestRatio": ["cpu": "2"],
        ])
        let asked = sized(["cpu": "50m"], ["cpu": "150m", "memory": "2Gi"])
        #expect(
            await admit(LimitRanger(), request(.create, "pods", asked), range).message
                == #"pods "web" is forbidden: [minimum cpu usage per Container is 100m, but request is 50m, maximum memory usage per Container is 1Gi, but limit is 2Gi, cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000]"#
        )
        #expect(
            await admit(LimitRanger(), request(.create, "pods", pod()), range).message?
                .contains("minimum cpu usage per Container is 100m.  No request is specified") == true)
        let update = request(.update, "pods", asked, old: asked)
        #expect(await admit(LimitRanger(), update, range).refusal == nil)
    }

    @Test("whole pods and claims have bounds too")
    func podsAndClaims() async {
        let range = objects(
            ["type": "Pod", "max": ["cpu": "1"]],
            ["type": "PersistentVolumeClaim", "min": ["storage": "1Gi"], "max": ["storage": "2Gi"]])
        #expect(
            await admit(LimitRanger(), request(.create, "pods", sized(["cpu": "2"], ["cpu": "2"])), range).message
                == #"pods "web" is forbidden: maximum cpu usage per Pod is 1, but limit is 2"#)
        func claim(_ size: String) -> JSON {
            ["metadata": ["name": "c"], "spec": ["resources": ["requests": ["storage": .string(size)]]]]
        }
        #expect(
            await admit(LimitRanger(), request(.create, "persistentvolumeclaims", claim("3Gi")), range).message
                == #"persistentvolumeclaims "c" is forbidden: maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi"#
        )
        #expect(
            await admit(LimitRanger(), request(.create, "persistentvolumeclaims", claim("2Gi")), range).refusal == nil)
    }
}

@Suite("The admission chain")
struct AdmissionChainTests {
    @Test("the default plugins are in the original's order")
    func order() {
        let chain = AdmissionChain.standard(authorizer: OnlyUsers(names: []), ledger: FakeLedger([]))
        #expect(
            chain.names == [
                "NamespaceLifecycle", "LimitRanger", "ServiceAccount", "NodeRestriction", "TaintNodesByCondition",
                "PodSecurity", "Priority", "DefaultTolerationSeconds", "DefaultStorageClass",
                "StorageObjectInUseProtection", "PersistentVolumeClaimResize", "RuntimeClass", "CertificateApproval",
                "CertificateSigning", "ClusterTrustBundleAttest", "CertificateSubjectRestriction",
                "DefaultIngressClass",
                "PodTopologyLabels", "ResourceQuota",
            ])
    }

    @Test("a pod of a fresh namespace goes through all of it")
    func wholeChain() async throws {
        let objects = FakeObjects([
            ("namespaces", ["metadata": ["name": "team"], "status": ["phase": "Active"]]),
            ("serviceaccounts", ["metadata": ["name": "default", "namespace": "team"]]),
        ])
        let chain = AdmissionChain.standard(authorizer: OnlyUsers(names: []), ledger: FakeLedger([]))
        var create = request(.create, "pods", pod())
        try await chain.mutate(&create, objects)
        try await chain.validate(&create, objects)
        let spec = create.object["spec"]
        #expect(spec["priority"] == 0 && spec["serviceAccountName"] == "default")
        #expect(spec["tolerations"].array?.count == 2 && spec["volumes"].array?.count == 1)
    }
}
