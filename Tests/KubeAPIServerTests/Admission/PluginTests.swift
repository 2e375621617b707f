import Crypto
import JSON
import KubeModel
import SwiftASN1
import Testing
import X509

@testable import KubeAPIServer

@Suite("NamespaceLifecycle")
struct NamespaceLifecycleTests {
    private let objects = FakeObjects([
        ("namespaces", ["metadata": ["name": "team"], "status": ["phase": "Active"]]),
        ("namespaces", ["metadata": ["name": "going"], "status": ["phase": "Terminating"]]),
    ])

    @Test("objects go into namespaces that are there and stay")
    func creations() async {
        let plugin = NamespaceLifecycle()
        #expect(await admit(plugin, request(.create, "pods", pod()), objects).refusal == nil)
        let missing = await admit(plugin, request(.create, "pods", pod(), namespace: "none"), objects).refusal
        #expect(missing?.message == #"namespaces "none" not found"# && missing?.code == 404)
        let going = await admit(plugin, request(.create, "pods", pod(), namespace: "going"), objects).refusal
        #expect(
            going?.message
                == #"pods "web" is forbidden: unable to create new content in namespace going because it is being terminated"#
        )
        #expect(going?.details["causes"][0]["reason"] == "NamespaceTerminating")
        let changed = request(.update, "pods", pod(), old: pod(), namespace: "going")
        #expect(await admit(plugin, changed, objects).refusal == nil)
        let review = request(.create, "localsubjectaccessreviews.authorization.k8s.io", [:], namespace: "none")
        #expect(await admit(plugin, review, objects).refusal == nil)
    }

    @Test("the system's namespaces stay")
    func immortal() async {
        let delete = request(.delete, "namespaces", .null, namespace: "", name: "kube-system")
        #expect(
            await admit(NamespaceLifecycle(), delete, objects).message
                == #"namespaces "kube-system" is forbidden: this namespace may not be deleted"#)
        let other = request(.delete, "namespaces", .null, namespace: "", name: "team")
        #expect(await admit(NamespaceLifecycle(), other, objects).refusal == nil)
    }
}

@Suite("ServiceAccount")
struct ServiceAccountPluginTests {
    private func objects(_ account: JSON = [:]) -> FakeObjects {
        var account = account
        account["metadata", "name"] = "default"
        account["metadata", "namespace"] = "team"
        return FakeObjects([("serviceaccounts", account)])
    }

    @Test("a pod gets the default account, the token's volume in every container, and the pull secrets")
    func defaults() async throws {
        let given = pod([
            "initContainers": [["name": "i"]],
            "containers": [
                ["name": "a"],
                ["name": "b", "volumeMounts": [["name": "x", "mountPath": .string(ServiceAccountPlugin.mountPath)]]],
            ],
        ])
        let spec = await admit(
            ServiceAccountPlugin(), request(.create, "pods", given), objects(["imagePullSecrets": [["name": "pull"]]])
        ).object["spec"]
        #expect(spec["serviceAccountName"] == "default" && spec["serviceAccount"] == "default")
        #expect(spec["imagePullSecrets"] == [["name": "pull"]])
        let volume = spec["volumes"][0]
        let name = try #require(volume["name"].string)
        #expect(name.hasPrefix("kube-api-access-") && name.count == 21)
        #expect(volume["projected"] == ServiceAccountPlugin.tokenSource)
        let mount: JSON = [
            "name": .string(name), "readOnly": true, "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
        ]
        #expect(
            spec["containers"][0]["volumeMounts"] == [mount] && spec["initContainers"][0]["volumeMounts"] == [mount])
        #expect(spec["containers"][1]["volumeMounts"].array?.count == 1)
    }

    @Test("neither pod nor account mounts a token when told not to; the pod's word counts first")
    func automount() async {
        let quiet = objects(["automountServiceAccountToken": false])
        #expect(
            await admit(ServiceAccountPlugin(), request(.create, "pods", pod()), quiet).object["spec", "volumes"].isNull
        )
        let wanting = pod(["automountServiceAccountToken": true, "containers": [["name": "c"]]])
        #expect(
            await admit(ServiceAccountPlugin(), request(.create, "pods", wanting), quiet).object["spec", "volumes"]
                .array?
                .count == 1)
    }

    @Test("a missing account is told of")
    func missing() async {
        #expect(
            await admit(ServiceAccountPlugin(), request(.create, "pods", pod()), FakeObjects()).message
                == #"pods "web" is forbidden: error looking up service account team/default: serviceaccount "default" not found"#
        )
        let generated: JSON = ["metadata": ["generateName": "web-"], "spec": ["containers": []]]
        #expect(
            await admit(ServiceAccountPlugin(), request(.create, "pods", generated), FakeObjects()).message?
                .hasPrefix(#"pods "web-" is forbidden"#) == true)
    }

    @Test("a mirror pod refers to nothing")
    func mirror() async {
        var mirror = pod(["serviceAccountName": "x"])
        mirror["metadata", "annotations", "kubernetes.io/config.mirror"] = "h"
        #expect(
            await admit(ServiceAccountPlugin(), request(.create, "pods", mirror)).message?
                .hasSuffix("a mirror pod may not reference service accounts") == true)
        mirror["spec"] = ["volumes": [["secret": ["secretName": "s"]]]]
        #expect(
            await admit(ServiceAccountPlugin(), request(.create, "pods", mirror)).message?
                .hasSuffix("a mirror pod may not reference secrets") == true)
        mirror["spec"] = [:]
        #expect(await admit(ServiceAccountPlugin(), request(.create, "pods", mirror)).object["spec"] == [:])
    }

    @Test("an account may limit its pods to its own secrets")
    func mountableSecrets() async {
        let limited = objects([
            "metadata": ["annotations": ["kubernetes.io/enforce-mountable-secrets": "true"]],
            "secrets": [["name": "ok"]],
        ])
        let using = pod([
            "containers": [["name": "c", "env": [["name": "E", "valueFrom": ["secretKeyRef": ["name": "no"]]]]]]
        ])
        #expect(
            await admit(ServiceAccountPlugin(), request(.create, "pods", using), limited).message?
                .hasSuffix(
                    "container c with envVar E referencing secret.secretName=\"no\" is not allowed because service account default does not reference that secret"
                ) == true)
        let fine = pod(["volumes": [["name": "v", "secret": ["secretName": "ok"]]], "containers": [["name": "c"]]])
        #expect(await admit(ServiceAccountPlugin(), request(.create, "pods", fine), limited).refusal == nil)
    }
}

@Suite("Priority, tolerations, runtime class")
struct PodDefaultTests {
    private let classes = FakeObjects([
        (
            "priorityclasses.scheduling.k8s.io",
            ["metadata": ["name": "high"], "value": 1000, "preemptionPolicy": "Never"]
        ),
        ("priorityclasses.scheduling.k8s.io", ["metadata": ["name": "usual"], "value": 5, "globalDefault": true]),
    ])

    @Test("a pod's priority is that of its class")
    func priority() async {
        let high = await admit(
            PriorityPlugin(), request(.create, "pods", pod(["priorityClassName": "high"])), classes
        ).object["spec"]
        #expect(high["priority"] == 1000 && high["preemptionPolicy"] == "Never")
        let usual = await admit(PriorityPlugin(), request(.create, "pods", pod([:])), classes).object["spec"]
        #expect(usual["priority"] == 5 && usual["priorityClassName"] == "usual")
        let none = await admit(PriorityPlugin(), request(.create, "pods", pod([:]))).object["spec"]
        #expect(none["priority"] == 0 && none["preemptionPolicy"] == "PreemptLowerPriority")
        let system = pod(["priorityClassName": "system-node-critical"])
        #expect(
            await admit(PriorityPlugin(), request(.create, "pods", system)).object["spec", "priority"] == 2_000_001_000)
    }

    @Test("a priority that isn't the class's, an unknown class and a second default are refused")
    func priorityFaults() async {
        #expect(
            await admit(PriorityPlugin(), request(.create, "pods", pod(["priority": 7])), classes).message
                == #"pods "web" is forbidden: the integer value of priority (7) must not be provided in pod spec; priority admission controller computed 5 from the given PriorityClass name"#
        )
        #expect(
            await admit(PriorityPlugin(), request(.create, "pods", pod(["priorityClassName": "x"])), classes).message?
                .hasSuffix("no PriorityClass with name x was found") == true)
        let second: JSON = ["metadata": ["name": "two"], "globalDefault": true]
        #expect(
            await admit(
                PriorityPlugin(), request(.create, "priorityclasses.scheduling.k8s.io", second, namespace: ""), classes
            )
            .message
                == #"priorityclasses.scheduling.k8s.io "two" is forbidden: PriorityClass usual is already marked as default. Only one default can exist"#
        )
        let same: JSON = ["metadata": ["name": "usual"], "globalDefault": true]
        #expect(
            await admit(
                PriorityPlugin(), request(.update, "priorityclasses.scheduling.k8s.io", same, old: same, namespace: ""),
                classes
            ).refusal == nil)
    }

    @Test("a pod stays five minutes on a lost node, unless it says otherwise")
    func tolerations() async {
        let plain = await admit(DefaultTolerationSeconds(), request(.create, "pods", pod([:]))).object[
            "spec", "tolerations"]
        #expect(
            plain == [
                [
                    "key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute",
                    "tolerationSeconds": 300,
                ],
                [
                    "key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute",
                    "tolerationSeconds": 300,
                ],
            ])
        let all = pod(["tolerations": [["operator": "Exists"]]])
        #expect(
            await admit(DefaultTolerationSeconds(), request(.create, "pods", all)).object["spec", "tolerations"].array?
                .count
                == 1)
    }

    @Test("a runtime class brings overhead, node selector and tolerations")
    func runtimeClass() async {
        let objects = FakeObjects([
            (
                "runtimeclasses.node.k8s.io",
                [
                    "metadata": ["name": "vm"], "overhead": ["podFixed": ["memory": "1Gi"]],
                    "scheduling": [
                        "nodeSelector": ["vm": "yes"],
                        "tolerations": [
                            ["key": "vm", "operator": "Exists"],
                            ["key": "vm", "operator": "Exists", "effect": "NoSchedule"],
                        ],
                    ],
                ]
            )
        ])
        let spec = await admit(
            RuntimeClassPlugin(),
            request(.create, "pods", pod(["runtimeClassName": "vm", "nodeSelector": ["a": "b"]])), objects
        ).object["spec"]
        #expect(spec["overhead"] == ["memory": "1Gi"] && spec["nodeSelector"] == ["a": "b", "vm": "yes"])
        #expect(spec["tolerations"] == [["key": "vm", "operator": "Exists"]])
        let equal = pod(["runtimeClassName": "vm", "overhead": ["memory": "1024Mi"]])
        #expect(await admit(RuntimeClassPlugin(), request(.create, "pods", equal), objects).refusal == nil)
        for (spec, end) in [
            (["runtimeClassName": "none"], #"pod rejected: RuntimeClass "none" not found"#),
            (
                ["overhead": ["cpu": "1"]],
                "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead"
            ),
            (
                ["runtimeClassName": "vm", "overhead": ["memory": "2Gi"]],
                "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"
            ),
            (
                ["runtimeClassName": "vm", "nodeSelector": ["vm": "no"]],
                "conflict: runtimeClass.scheduling.nodeSelector[vm] = yes; pod.spec.nodeSelector[vm] = no"
            ),
        ] as [(JSON, String)] {
            let message = await admit(RuntimeClassPlugin(), request(.create, "pods", pod(spec)), objects).message
            #expect(message == "pods \"web\" is forbidden: \(end)")
        }
    }
}

@Suite("Storage, ingress and node plugins")
struct OtherPluginTests {
    @Test("the newest default class is taken, and no class is put over one that is given")
    func defaultClasses() async {
        func marked(_ name: String, _ created: String, _ annotation: String) -> JSON {
            [
                "metadata": [
                    "name": .string(name), "creationTimestamp": .string(created),
                    "annotations": JSON([annotation: "true"]),
                ]
            ]
        }
        let mark = "storageclass.kubernetes.io/is-default-class"
        let objects = FakeObjects([
            ("storageclasses.storage.k8s.io", marked("old", "2026-01-01T00:00:00Z", mark)),
            ("storageclasses.storage.k8s.io", marked("new", "2026-02-01T00:00:00Z", mark)),
            (
                "ingressclasses.networking.k8s.io",
                marked("front", "2026-01-01T00:00:00Z", "ingressclass.kubernetes.io/is-default-class")
            ),
        ])
        let claim: JSON = ["metadata": ["name": "c"], "spec": [:]]
        let create = request(.create, "persistentvolumeclaims", claim)
        #expect(await admit(DefaultStorageClass(), create, objects).object["spec", "storageClassName"] == "new")
        #expect(await admit(DefaultStorageClass(), create).object == claim)
        let none: JSON = ["metadata": ["name": "c"], "spec": ["storageClassName": ""]]
        #expect(
            await admit(DefaultStorageClass(), request(.create, "persistentvolumeclaims", none), objects).object == none
        )
        let ingress: JSON = ["metadata": ["name": "i"], "spec": [:]]
        let created = request(.create, "ingresses.networking.k8s.io", ingress)
        #expect(await admit(DefaultIngressClass(), created, objects).object["spec", "ingressClassName"] == "front")
    }

    @Test("claims and volumes are protected by a finalizer")
    func protection() async {
        for (resource, finalizer) in [
            ("persistentvolumeclaims", "kubernetes.io/pvc-protection"),
            ("persistentvolumes", "kubernetes.io/pv-protection"),
            ("volumeattributesclasses.storage.k8s.io", "kubernetes.io/vac-protection"),
        ] {
            var object: JSON = ["metadata": ["name": "x", "finalizers": ["mine"]]]
            for _ in 0..<2 {
                object = await admit(StorageObjectInUseProtection(), request(.create, resource, object)).object
            }
            #expect(object["metadata", "finalizers"] == ["mine", .string(finalizer)])
        }
    }

    @Test("a claim grows only when bound and its class allows it")
    func resize() async {
        func claim(_ size: String, phase: String = "Bound", className: String = "fast") -> JSON {
            [
                "metadata": ["name": "c"],
                "spec": [
                    "storageClassName": .string(className), "resources": ["requests": ["storage": .string(size)]],
                ],
                "status": ["phase": .string(phase)],
            ]
        }
        let objects = FakeObjects([
            ("storageclasses.storage.k8s.io", ["metadata": ["name": "fast"], "allowVolumeExpansion": true]),
            ("storageclasses.storage.k8s.io", ["metadata": ["name": "fixed"]]),
        ])
        func message(_ new: JSON, _ old: JSON) async -> String? {
            await admit(
                PersistentVolumeClaimResize(), request(.update, "persistentvolumeclaims", new, old: old), objects
            ).message
        }
        #expect(await message(claim("2Gi"), claim("1Gi")) == nil)
        #expect(await message(claim("1024Mi", className: "fixed"), claim("1Gi", className: "fixed")) == nil)
        #expect(
            await message(claim("2Gi", className: "fixed"), claim("1Gi", className: "fixed"))
                == #"persistentvolumeclaims "c" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize"#
        )
        #expect(
            await message(claim("2Gi", phase: "Pending"), claim("1Gi", phase: "Pending"))?
                .hasSuffix("Only bound persistent volume claims can be expanded") == true)
    }

    @Test("a new node is tainted, and its pods carry its zone")
    func nodes() async {
        let node = await admit(
            TaintNodesByCondition(), request(.create, "nodes", ["metadata": ["name": "n"]], namespace: ""))
        #expect(node.object["spec", "taints"] == [["key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"]])
        let objects = FakeObjects([
            (
                "nodes",
                [
                    "metadata": [
                        "name": "n", "labels": ["topology.kubernetes.io/zone": "z1", "kubernetes.io/hostname": "h"],
                    ]
                ]
            )
        ])
        let binding: JSON = ["metadata": ["name": "web"], "target": ["kind": "Node", "name": "n"]]
        let bound = await admit(PodTopologyLabels(), request(.create, "pods/binding", binding), objects).object
        #expect(bound["metadata", "labels"] == ["topology.kubernetes.io/zone": "z1"])
        var own = binding
        own["metadata", "labels"] = ["topology.kubernetes.io/zone": "mine"]
        #expect(await admit(PodTopologyLabels(), request(.create, "pods/binding", own), objects).object == own)
        let direct = await admit(PodTopologyLabels(), request(.create, "pods", pod(["nodeName": "n"])), objects).object
        #expect(direct["metadata", "labels"] == ["topology.kubernetes.io/zone": "z1"])
    }
}

@Suite("Certificate plugins")
struct CertificatePluginTests {
    private let permission = SignerPermission(authorizer: OnlyUsers(names: ["signer"]))
    private let csrs = "certificatesigningrequests.certificates.k8s.io"

    static func request(_ commonName: String, _ organizations: [String] = []) throws -> String {
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        var attributes = organizations.map {
            RelativeDistinguishedName.Attribute(type: .RDNAttributeType.organizationName, utf8String: $0)
        }
        attributes.append(.init(type: .RDNAttributeType.commonName, utf8String: commonName))
        let made = try CertificateSigningRequest(
            version: .v1, subject: DistinguishedName(attributes), privateKey: key,
            attributes: CertificateSigningRequest.Attributes(), signatureAlgorithm: .ecdsaWithSHA256)
        return encodeBase64(Array(try made.serializeAsPEM().pemString.utf8))
    }

    @Test("approving and signing need the signer's permission")
    func permissions() async {
        let old: JSON = ["metadata": ["name": "r"], "spec": ["signerName": "example.com/web"], "status": [:]]
        var new = old
        new["status", "conditions"] = [["type": "Approved"]]
        let approval = KubeAPIServerTests.request(.update, "\(csrs)/approval", new, old: old, namespace: "")
        #expect(
            await admit(CertificateApproval(permission: permission), approval).message
                == #"certificatesigningrequests.certificates.k8s.io "r" is forbidden: user not permitted to approve requests with signerName "example.com/web""#
        )
        let status = KubeAPIServerTests.request(.update, "\(csrs)/status", new, old: old, namespace: "")
        #expect(
            await admit(CertificateSigning(permission: permission), status).message?
                .hasSuffix(#"user not permitted to sign requests with signerName "example.com/web""#) == true)
        let same = KubeAPIServerTests.request(.update, "\(csrs)/status", old, old: old, namespace: "")
        #expect(await admit(CertificateSigning(permission: permission), same).refusal == nil)
        let allowed = KubeAPIServerTests.request(
            .update, "\(csrs)/approval", new, old: old, namespace: "", user: UserInfo(name: "signer"))
        #expect(await admit(CertificateApproval(permission: permission), allowed).refusal == nil)
    }

    @Test("nobody asks for system:masters")
    func subjects() async throws {
        func ask(_ request: String) async -> String? {
            let csr: JSON = [
                "metadata": ["name": "r"],
                "spec": ["signerName": "kubernetes.io/kube-apiserver-client", "request": .string(request)],
            ]
            return await admit(
                CertificateSubjectRestriction(), KubeAPIServerTests.request(.create, csrs, csr, namespace: "")
            ).message
        }
        #expect(try await ask(Self.request("ann", ["devs"])) == nil)
        #expect(
            try await ask(Self.request("ann", ["system:masters"]))?.hasSuffix(
                "use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed") == true)
        #expect(await ask("AAAA")?.contains("failed to parse CSR") == true)
    }
}
