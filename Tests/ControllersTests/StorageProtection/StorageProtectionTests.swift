import JSON
import KubeClient
import KubeModel
import Testing

@testable import Controllers

@Suite struct StorageProtectionTests {
    private static let volumes = ResourceID("", "v1", "persistentvolumes")
    private static let classes = ResourceID("storage.k8s.io", "v1", "volumeattributesclasses")

    private static func pod(_ volumes: JSON, node: String = "n1", grace: Int? = nil) -> JSON {
        var metadata: JSON = ["name": "web", "namespace": "default", "uid": "u1"]
        if let grace {
            metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z"
            metadata["deletionGracePeriodSeconds"] = JSON(grace)
        }
        return ["metadata": metadata, "spec": ["nodeName": .string(node), "volumes": volumes]]
    }

    private static let named: JSON = [["name": "d", "persistentVolumeClaim": ["claimName": "data"]]]
    private static let ephemeral: JSON = [["name": "d", "ephemeral": ["volumeClaimTemplate": [:]]]]

    @Test("who uses a claim")
    func uses() {
        let data: JSON = ["metadata": ["name": "data", "namespace": "default"]]
        let owner: JSON = ["apiVersion": "v1", "kind": "Pod", "name": "web", "uid": "u1", "controller": true]
        let own: JSON = ["metadata": ["name": "web-d", "namespace": "default", "ownerReferences": [owner]]]
        let strange: JSON = ["metadata": ["name": "web-d", "namespace": "default"]]
        let cases: [(JSON, JSON, Bool)] = [
            (Self.pod(Self.named), data, true),
            (Self.pod(Self.named, node: ""), data, false),
            (Self.pod(Self.named, grace: 0), data, true),
            (Self.pod([]), data, false),
            (Self.pod(Self.ephemeral), own, true),
            (Self.pod(Self.ephemeral, grace: 30), own, true),
            (Self.pod(Self.ephemeral, grace: 0), own, false),
            (Self.pod(Self.ephemeral), strange, false),
        ]
        for (pod, claim, isUsed) in cases {
            #expect(ClaimUse.uses(pod, claim) == isUsed, "\(pod.text) \(claim.text)")
        }
        #expect(ClaimUse.names(Self.pod(Self.named)) == ["data"])
        #expect(ClaimUse.names(Self.pod(Self.ephemeral)) == ["web-d"])
    }

    @Test(
        "a claim stays as long as a pod uses it, a volume as long as it is bound, a class as long as a claim names it")
    func protection() async throws {
        try await TestCluster.with { cluster in
            let api = cluster.api
            try await api.create(
                .persistentVolumeClaims,
                [
                    "kind": "PersistentVolumeClaim", "apiVersion": "v1",
                    "metadata": ["name": "data", "namespace": "default"],
                    "spec": [
                        "accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]],
                        "storageClassName": "", "volumeAttributesClassName": "fast",
                    ],
                ])
            try await api.create(
                Self.volumes,
                [
                    "kind": "PersistentVolume", "apiVersion": "v1", "metadata": ["name": "disk"],
                    "spec": [
                        "accessModes": ["ReadWriteOnce"], "capacity": ["storage": "1Gi"], "hostPath": ["path": "/x"],
                    ],
                ])
            try await api.create(
                Self.classes,
                [
                    "kind": "VolumeAttributesClass", "apiVersion": "storage.k8s.io/v1", "metadata": ["name": "fast"],
                    "driverName": "d.example.org", "parameters": ["iops": "1"],
                ])
            try await api.create(
                .pods,
                [
                    "kind": "Pod", "apiVersion": "v1", "metadata": ["name": "web", "namespace": "default"],
                    "spec": [
                        "nodeName": "n1", "containers": [["name": "c", "image": "x"]], "volumes": Self.named,
                        "automountServiceAccountToken": false,
                    ],
                ])
            var bound = try await api.get(Self.volumes, "", "disk")
            bound["status"] = ["phase": "Bound"]
            _ = try await api.updateStatus(Self.volumes, bound)
            try await api.delete(.persistentVolumeClaims, "default", "data", [:])
            try await api.delete(Self.volumes, "", "disk", [:])
            try await api.delete(Self.classes, "", "fast", [:])
            // Each has been looked at when an object that nothing uses has gone.
            try await api.create(
                Self.volumes,
                [
                    "kind": "PersistentVolume", "apiVersion": "v1", "metadata": ["name": "free"],
                    "spec": [
                        "accessModes": ["ReadWriteOnce"], "capacity": ["storage": "1Gi"], "hostPath": ["path": "/x"],
                    ],
                ])
            try await api.delete(Self.volumes, "", "free", [:])
            try await cluster.until("the free one is gone", Self.volumes, "") { $0.map(\.objectName) == ["disk"] }
            for (resource, space) in [
                (ResourceID.persistentVolumeClaims, "default"), (Self.volumes, ""), (Self.classes, ""),
            ] {
                let items = try await api.list(resource, space).items
                #expect(items.count == 1 && items.first?["metadata"].has("deletionTimestamp") == true)
            }

            try await api.delete(.pods, "default", "web", ["gracePeriodSeconds": 0])
            try await cluster.until("the claim is gone", .persistentVolumeClaims) { $0.isEmpty }
            try await cluster.until("the class is gone", Self.classes, "") { $0.isEmpty }
            var released = try await api.get(Self.volumes, "", "disk")
            released["status"] = ["phase": "Released"]
            _ = try await api.updateStatus(Self.volumes, released)
            try await cluster.until("the volume is gone", Self.volumes, "") { $0.isEmpty }
        }
    }
}
