import JSON
import Testing

@testable import KubeModel

/// What was seen at the original (1.36.2) under its feature gates' defaults.
@Suite("fields of features that are off")
struct OffFieldsTests {
    private static let pods: JSON = [
        "containers": [
            ["name": "a", "lifecycle": ["stopSignal": "SIGTERM"]],
            ["name": "b", "lifecycle": ["stopSignal": "SIGTERM", "preStop": ["sleep": ["seconds": 1]]]],
        ],
        "schedulingGroup": ["podGroupName": "x"],
        "volumes": [
            ["name": "v", "projected": ["sources": [["clusterTrustBundle": ["name": "x", "path": "y"]]]]],
            ["name": "w", "projected": ["sources": [["podCertificate": ["keyType": "ED25519"]]]]],
        ],
    ]
    private static let left: JSON = [
        "containers": [["name": "a"], ["name": "b", "lifecycle": ["preStop": ["sleep": ["seconds": 1]]]]],
        "volumes": [
            ["name": "v", "projected": ["sources": [[:]]]], ["name": "w", "projected": ["sources": [[:]]]],
        ],
    ]

    private static func dropped(_ object: JSON, _ old: JSON?, _ group: String, _ kind: String) -> JSON {
        var object = object
        OffFields.drop(from: &object, old: old, group: group, kind: kind)
        return object
    }

    @Test("a pod loses them, and so does a template in any kind")
    func pods() {
        #expect(Self.dropped(["spec": Self.pods], nil, "", "Pod") == ["spec": Self.left])
        for (group, kind) in [
            ("", "ReplicationController"), ("apps", "Deployment"), ("apps", "ReplicaSet"), ("apps", "DaemonSet"),
            ("apps", "StatefulSet"), ("batch", "Job"),
        ] {
            #expect(
                Self.dropped(["spec": ["template": ["spec": Self.pods]]], nil, group, kind) == [
                    "spec": ["template": ["spec": Self.left]]
                ])
        }
        #expect(
            Self.dropped(["template": ["spec": Self.pods]], nil, "", "PodTemplate") == ["template": ["spec": Self.left]]
        )
        #expect(
            Self.dropped(
                ["spec": ["jobTemplate": ["spec": ["template": ["spec": Self.pods]]]]], nil, "batch", "CronJob")
                == ["spec": ["jobTemplate": ["spec": ["template": ["spec": Self.left]]]]])
    }

    @Test("an object that has one keeps it, and that one alone")
    func kept() {
        let old: JSON = ["spec": ["schedulingGroup": ["podGroupName": "y"]]]
        var expected = Self.left
        expected["schedulingGroup"] = ["podGroupName": "x"]
        let changed = Self.dropped(["spec": Self.pods], old, "", "Pod")
        #expect(changed["spec", "schedulingGroup"] == expected["schedulingGroup"])
        #expect(changed["spec", "volumes"] == expected["volumes"])
        #expect(Self.dropped(["spec": Self.pods], ["spec": [:]], "", "Pod") == ["spec": Self.left])
    }

    @Test("kinds of their own lose theirs")
    func kinds() {
        #expect(
            Self.dropped(["spec": ["preventPodSchedulingIfMissing": true]], nil, "storage.k8s.io", "CSIDriver") == [
                "spec": [:]
            ])
        let slice: JSON = [
            "spec": ["devices": [["name": "d", "attributes": ["a": ["ints": [1, 2]], "b": ["int": 1]]]]]
        ]
        #expect(
            Self.dropped(slice, nil, "resource.k8s.io", "ResourceSlice") == [
                "spec": ["devices": [["name": "d", "attributes": ["a": [:], "b": ["int": 1]]]]]
            ])
        let status: JSON = [
            "status": ["containerStatuses": [["volumeMounts": [["name": "v", "volumeStatus": ["image": [:]]]]]]]
        ]
        #expect(
            Self.dropped(status, ["status": [:]], "", "Pod") == [
                "status": ["containerStatuses": [["volumeMounts": [["name": "v"]]]]]
            ])
        #expect(Self.dropped(["spec": Self.pods], nil, "example.com", "Pod") == ["spec": Self.pods])
    }
}
