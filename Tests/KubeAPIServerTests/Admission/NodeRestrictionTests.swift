import JSON
import KubeModel
import Testing

@testable import KubeAPIServer

@Suite("NodeRestriction")
struct NodeRestrictionTests {
    private let kubelet = UserInfo(name: "system:node:n1", groups: ["system:nodes"])
    private let plugin = NodeRestriction(authorizer: OnlyUsers(names: []))

    private let objects = FakeObjects([
        ("nodes", ["metadata": ["name": "n1", "uid": "u1"]]),
        (
            "pods",
            [
                "metadata": ["namespace": "team", "name": "mine", "uid": "p1"],
                "spec": [
                    "nodeName": "n1",
                    "volumes": [
                        ["projected": ["sources": [["serviceAccountToken": ["audience": "vault"]]]]],
                        ["projected": ["sources": [["serviceAccountToken": [:]]]]], ["csi": ["driver": "d"]],
                    ],
                ],
            ]
        ),
        ("pods", ["metadata": ["namespace": "team", "name": "theirs", "uid": "p2"], "spec": ["nodeName": "n2"]]),
        ("csidrivers.storage.k8s.io", ["metadata": ["name": "d"], "spec": ["tokenRequests": [["audience": "csi"]]]]),
    ])

    private func message(
        _ operation: AdmissionRequest.Operation, _ resource: String, _ object: JSON, old: JSON = .null,
        namespace: String = "team", name: String? = nil
    ) async -> String? {
        await admit(
            plugin,
            request(operation, resource, object, old: old, namespace: namespace, name: name, user: kubelet), objects
        ).message
    }

    private let mirror: JSON = [
        "metadata": [
            "name": "m", "annotations": ["kubernetes.io/config.mirror": "x"],
            "ownerReferences": [
                ["apiVersion": "v1", "kind": "Node", "name": "n1", "uid": "u1", "controller": true]
            ],
        ],
        "spec": ["nodeName": "n1"],
    ]

    @Test("a node makes mirror pods of its own only")
    func mirrorPods() async {
        #expect(await message(.create, "pods", mirror) == nil)
        #expect(
            await message(.create, "pods", pod())
                == #"pods "web" is forbidden: pod does not have "kubernetes.io/config.mirror" annotation, node "n1" can only create mirror pods"#
        )
        let changes: [([String], JSON, String)] = [
            (["spec", "nodeName"], "n2", #"node "n1" can only create pods with spec.nodeName set to itself"#),
            (["spec", "serviceAccountName"], "x", #"node "n1" can not create pods that reference a service account"#),
            (
                ["spec", "volumes"], [["secret": ["secretName": "s"]]],
                #"node "n1" can not create pods that reference secrets"#
            ),
            (
                ["spec", "volumes"], [["configMap": ["name": "s"]]],
                #"node "n1" can not create pods that reference configmaps"#
            ),
            (
                ["spec", "volumes"], [["persistentVolumeClaim": ["claimName": "s"]]],
                #"node "n1" can not create pods that reference persistentvolumeclaims"#
            ),
            (
                ["metadata", "ownerReferences"], [],
                #"node "n1" can only create pods with an owner reference set to itself"#
            ),
            (
                ["metadata", "ownerReferences"],
                [["apiVersion": "v1", "kind": "Node", "name": "n1", "uid": "u2", "controller": true]],
                "node n1 UID mismatch: expected u2 got u1"
            ),
        ]
        for (path, value, end) in changes {
            var changed = mirror
            changed[path[0], path[1]] = value
            #expect(await message(.create, "pods", changed) == "pods \"m\" is forbidden: \(end)")
        }
    }

    @Test("a node deletes, evicts and reports its own pods only")
    func pods() async {
        #expect(await message(.delete, "pods", .null, name: "mine") == nil)
        #expect(
            await message(.delete, "pods", .null, name: "theirs")
                == #"pods "theirs" is forbidden: node "n1" can only delete pods with spec.nodeName set to itself"#)
        #expect(await message(.delete, "pods", .null, name: "none") == #"pod "none" not found"#)
        #expect(await message(.create, "pods/eviction", ["metadata": ["name": "mine"]]) == nil)
        #expect(
            await message(.create, "pods/eviction", ["metadata": ["name": "theirs"]])?
                .hasSuffix("node n1 can only evict pods with spec.nodeName set to itself") == true)
        let old: JSON = ["metadata": ["name": "mine"], "spec": ["nodeName": "n1"]]
        var labelled = old
        labelled["metadata", "labels"] = ["a": "b"]
        #expect(await message(.update, "pods/status", old, old: old) == nil)
        #expect(
            await message(.update, "pods/status", labelled, old: old)?
                .hasSuffix(#"node "n1" cannot update labels through pod status"#) == true)
        #expect(
            await message(.create, "pods/exec", [:], name: "mine")?
                .hasSuffix(#"unexpected pod subresource "exec", only 'status' and 'eviction' are allowed"#) == true)
    }

    @Test("a node changes itself, without taints and others' labels")
    func ownNode() async {
        let old: JSON = ["metadata": ["name": "n1", "labels": ["kubernetes.io/hostname": "h"]], "spec": [:]]
        func changed(_ label: String) -> JSON {
            var node = old
            node["metadata", "labels", label] = "x"
            return node
        }
        #expect(await message(.update, "nodes", changed("example.com/a"), old: old, namespace: "") == nil)
        #expect(await message(.update, "nodes", changed("kubelet.kubernetes.io/a"), old: old, namespace: "") == nil)
        #expect(await message(.update, "nodes", changed("topology.kubernetes.io/zone"), old: old, namespace: "") == nil)
        #expect(
            await message(.update, "nodes", changed("node-role.kubernetes.io/master"), old: old, namespace: "")
                == #"nodes "n1" is forbidden: is not allowed to modify labels: node-role.kubernetes.io/master"#)
        #expect(
            await message(.create, "nodes", changed("node-restriction.kubernetes.io/a"), namespace: "")
                == #"nodes "n1" is forbidden: node "n1" is not allowed to set the following labels: node-restriction.kubernetes.io/a"#
        )
        var tainted = old
        tainted["spec", "taints"] = [["key": "a"]]
        #expect(
            await message(.update, "nodes", tainted, old: old, namespace: "")?
                .hasSuffix(#"node "n1" is not allowed to modify taints"#) == true)
        #expect(
            await message(.update, "nodes/status", [:], old: [:], namespace: "", name: "n2")
                == #"nodes "n2" is forbidden: node "n1" is not allowed to modify node "n2""#)
    }

    @Test("a node gets tokens bound to its pods, for the audiences that their volumes name")
    func tokens() async {
        func ask(_ pod: String, _ uid: String, _ audiences: JSON = []) async -> String? {
            let request: JSON = [
                "spec": [
                    "audiences": audiences,
                    "boundObjectRef": [
                        "apiVersion": "v1", "kind": "Pod", "name": .string(pod), "uid": .string(uid),
                    ],
                ]
            ]
            return await message(.create, "serviceaccounts/token", request, name: "bot")
        }
        #expect(await ask("mine", "p1") == nil)
        #expect(await ask("mine", "p1", ["vault"]) == nil)
        #expect(await ask("mine", "p1", ["csi"]) == nil)
        #expect(
            await ask("mine", "p1", ["other"])
                == #"serviceaccounts "bot" is forbidden: audience "other" not found in pod spec volume, system:node:n1 is not authorized to request tokens for this audience"#
        )
        #expect(await ask("mine", "p1", ["a", "b"])?.hasSuffix("node may only request 0 or 1 audiences") == true)
        #expect(await ask("mine", "")?.hasSuffix("node requested token with a pod binding without a uid") == true)
        #expect(
            await ask("theirs", "p2")?.hasSuffix("node requested token bound to a pod scheduled on a different node")
                == true)
        #expect(
            await message(.create, "serviceaccounts/token", ["spec": [:]], name: "bot")?
                .hasSuffix("node requested token not bound to a pod") == true)
    }

    @Test("leases, CSI nodes, slices and certificates are those of the node's name")
    func names() async throws {
        let lease: JSON = ["metadata": ["name": "n2"]]
        #expect(
            await message(.create, "leases.coordination.k8s.io", lease, namespace: "kube-node-lease")?
                .hasSuffix("can only access node lease with the same name as the requesting node") == true)
        #expect(
            await message(.create, "leases.coordination.k8s.io", lease)?
                .hasSuffix(#"can only access leases in the "kube-node-lease" system namespace"#) == true)
        #expect(
            await message(
                .create, "leases.coordination.k8s.io", ["metadata": ["name": "n1"]], namespace: "kube-node-lease")
                == nil)
        #expect(await message(.create, "csinodes.storage.k8s.io", lease, namespace: "") != nil)
        #expect(
            await message(.create, "resourceslices.resource.k8s.io", ["spec": ["nodeName": "n2"]], namespace: "") != nil
        )
        let csrs = "certificatesigningrequests.certificates.k8s.io"
        for (name, isFine) in [("system:node:n1", true), ("system:node:n2", false)] {
            let csr: JSON = [
                "metadata": ["name": "r"],
                "spec": [
                    "signerName": "kubernetes.io/kubelet-serving",
                    "request": .string(try CertificatePluginTests.request(name)),
                ],
            ]
            let found = await message(.create, csrs, csr, namespace: "")
            #expect(
                isFine ? found == nil : found?.hasSuffix("can only create a node CSR with CN=system:node:n1") == true)
        }
    }

    @Test("others aren't its business")
    func others() async {
        #expect(await admit(plugin, request(.create, "pods", pod())).refusal == nil)
    }
}
