import JSON
import Testing

@testable import KubeModel

/// Answers that were seen at the original (1.36.2) beside ours.
@Suite("facts compared with the original")
struct ComparedFactsTests {
    private static func faults(_ group: String, _ kind: String, _ object: JSON) -> [String] {
        AllKinds.rules(group: group, kind: kind).validate(object).map(\.description)
    }

    private static let attachment: JSON = [
        "metadata": ["name": "va"],
        "spec": [
            "attacher": "csi.example.com", "nodeName": "n",
            "source": [
                "inlineVolumeSpec": [
                    "accessModes": ["ReadWriteOnce"], "csi": ["driver": "csi.example.com", "volumeHandle": "h"],
                ]
            ],
        ],
    ]

    @Test("a volume that stands in an attachment is checked as one without claim and class")
    func inline() {
        #expect(Self.faults("storage.k8s.io", "VolumeAttachment", Self.attachment) == [])
        var sized = Self.attachment
        sized["spec", "source", "inlineVolumeSpec", "capacity"] = ["storage": "1Gi"]
        let path = "spec.source.inlineVolumeSpec"
        let why = "may not be specified in the context of inline volumes"
        #expect(
            Self.faults("storage.k8s.io", "VolumeAttachment", sized) == ["\(path).capacity: Forbidden: \(why)"])
        var empty = Self.attachment
        empty["spec", "source", "inlineVolumeSpec"] = [:]
        #expect(
            Self.faults("storage.k8s.io", "VolumeAttachment", empty) == [
                "\(path).csi: Required value: has to be specified in the context of inline volumes",
                "\(path).accessModes: Required value", "\(path): Required value: must specify a volume type",
            ])
        var nobodys = Self.attachment
        nobodys["spec"].remove("attacher")
        #expect(Self.faults("storage.k8s.io", "VolumeAttachment", nobodys) == ["spec.attacher: Required value"])
    }

    @Test(
        "names of resources that an autoscaler watches in a container",
        arguments: [
            ("cpu", []), ("hugepages-2Mi", []), ("example.com/gpu", []),
            (
                "UPPER",
                ["must be a standard resource type or fully qualified", "must be a standard resource for containers"]
            ),
        ])
    func containerResource(_ name: String, _ words: [String]) {
        let metric: JSON = [
            "type": "ContainerResource",
            "containerResource": [
                "name": .string(name), "container": "c", "target": ["type": "Utilization", "averageUtilization": 5],
            ],
        ]
        let found = AutoscalerMetric.faults(metric, FieldPath("m")).map(\.description)
        #expect(found == words.map { "m.containerResource.name: Invalid value: \"\(name)\": \($0)" })
    }

    @Test("a metric without a type is told that alone")
    func untyped() {
        let target: JSON = ["type": "Utilization", "averageUtilization": 5]
        let found = AutoscalerMetric.faults(
            ["resource": ["name": "cpu", "target": target]], FieldPath("m")
        ).map(\.description)
        #expect(!found.contains { $0.contains("given metric source only") })
        #expect(found.first == "m.type: Required value: must specify a metric source type")
    }

    @Test("a Job's policies print as the structs that the original has")
    func policies() {
        let success: JSON = ["rules": [["succeededIndexes": "0,2-3", "succeededCount": 2], [:]]]
        #expect(
            JobInternalForm.successPolicy(success).text
                == #"{"Rules":[{"SucceededIndexes":"0,2-3","SucceededCount":2},{"SucceededIndexes":null,"SucceededCount":null}]}"#
        )
        let failure: JSON = [
            "rules": [
                ["action": "FailIndex", "onExitCodes": ["operator": "In", "values": [1, 2]]],
                ["action": "Ignore", "onPodConditions": [["type": "DisruptionTarget", "status": "True"]]],
            ]
        ]
        #expect(
            JobInternalForm.failurePolicy(failure).text
                == #"{"Rules":[{"Action":"FailIndex","OnExitCodes":{"ContainerName":null,"Operator":"In","Values":[1,2]},"#
                + #""OnPodConditions":null},{"Action":"Ignore","OnExitCodes":null,"OnPodConditions":"#
                + #"[{"Type":"DisruptionTarget","Status":"True"}]}]}"#)
        #expect(JobInternalForm.failurePolicy([:]).text == #"{"Rules":null}"#)
    }

    @Test(
        "images that can't be read aren't pulled always",
        arguments: [
            ("busybox", "Always"), ("../x", "IfNotPresent"), (String(repeating: "x", count: 300), "IfNotPresent"),
            ("localhost:5000/x", "Always"), ("[::1]:5000/x", "Always"), ("REG.example/x:1", "IfNotPresent"),
        ])
    func pullPolicy(_ image: String, _ policy: String) {
        #expect(ImagePullPolicy.standing(for: image) == policy)
    }
}
