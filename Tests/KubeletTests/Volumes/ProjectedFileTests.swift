import JSON
import Testing

@testable import Kubelet

@Suite("files of config maps, secrets and the downward API")
struct ProjectedFileTests {
    static let map: JSON = ["data": ["a": "1", "b": "2"], "binaryData": ["c": "AAE="]]
    static let secret: JSON = ["data": ["p": "c2VjcmV0"]]

    private func files(
        _ kind: ObjectReference.Kind, _ object: JSON, _ items: JSON = .null, optional: Bool = false
    ) throws(PodConfigError) -> [String: String] {
        try ProjectedFile.files(kind, object, items: items, defaultMode: 0o644, optional: optional).mapValues {
            "\(String($0.mode, radix: 8)) \($0.content.map { String($0) }.joined(separator: " "))"
        }
    }

    @Test("every key is a file, text and bytes")
    func all() throws {
        #expect(try files(.configMap, Self.map) == ["a": "644 49", "b": "644 50", "c": "644 0 1"])
        #expect(try files(.secret, Self.secret) == ["p": "644 115 101 99 114 101 116"])
        #expect(try files(.configMap, .null, optional: true) == [:])
    }

    @Test("items choose keys, paths and modes")
    func items() throws {
        let items: JSON = [["key": "b", "path": "x/y", "mode": 256], ["key": "c", "path": "z"]]
        #expect(try files(.configMap, Self.map, items) == ["x/y": "400 50", "z": "644 0 1"])
        #expect(try files(.configMap, Self.map, [["key": "no", "path": "x"]], optional: true) == [:])
    }

    @Test("an item without a key in the object is named as the original names it")
    func missing() {
        #expect(throws: PodConfigError("configmap references non-existent config key: no")) {
            try files(.configMap, Self.map, [["key": "no", "path": "x"]])
        }
        #expect(throws: PodConfigError("references non-existent secret key: no")) {
            try files(.secret, Self.secret, [["key": "no", "path": "x"]])
        }
    }

    @Test("downward items tell fields and resources; all faults at once")
    func downward() throws {
        let pod: JSON = [
            "metadata": ["name": "web", "labels": ["b": "2", "a": "1"]],
            "spec": ["containers": [["name": "c", "resources": ["requests": ["cpu": "250m"]]]]],
        ]
        let good: JSON = [
            ["path": "labels", "fieldRef": ["fieldPath": "metadata.labels"]],
            [
                "path": "cpu", "mode": 256,
                "resourceFieldRef": ["containerName": "c", "resource": "requests.cpu", "divisor": "1m"],
            ],
        ]
        let files = try ProjectedFile.downward(good, pod: pod, allocatable: .null, defaultMode: 0o644)
        #expect(files["labels"]?.content == Array("a=\"1\"\nb=\"2\"".utf8))
        #expect(files["cpu"] == ProjectedFile(content: Array("250".utf8), mode: 0o400))
        let bad: JSON = [
            ["path": "x", "fieldRef": ["fieldPath": "spec.nodeName"]],
            ["path": "y", "resourceFieldRef": ["containerName": "d", "resource": "limits.cpu"]],
        ]
        #expect(throws: PodConfigError("[unsupported fieldPath: spec.nodeName, container d not found]")) {
            try ProjectedFile.downward(bad, pod: pod, allocatable: .null, defaultMode: 0o644)
        }
    }

    @Test("a pod's references are those of its variables, volumes and pull secrets, in all kinds of containers")
    func references() {
        let pod: JSON = [
            "metadata": ["namespace": "n"],
            "spec": [
                "initContainers": [
                    ["env": [["name": "A", "valueFrom": ["secretKeyRef": ["name": "s1", "key": "k"]]]]]
                ],
                "containers": [["envFrom": [["configMapRef": ["name": "c1"]], ["secretRef": ["name": "s2"]]]]],
                "ephemeralContainers": [["env": [["name": "A", "valueFrom": ["configMapKeyRef": ["name": "c2"]]]]]],
                "imagePullSecrets": [["name": "s3"]],
                "volumes": [
                    ["name": "v", "configMap": ["name": "c3"]], ["name": "w", "secret": ["secretName": "s4"]],
                    [
                        "name": "x",
                        "projected": ["sources": [["secret": ["name": "s5"]], ["configMap": ["name": "c1"]]]],
                    ],
                ],
            ],
        ]
        let found = ObjectReference.all(of: pod).map { "\($0.kind.rawValue) \($0.namespace)/\($0.name)" }.sorted()
        #expect(
            found == [
                "configmap n/c1", "configmap n/c2", "configmap n/c3", "secret n/s1", "secret n/s2", "secret n/s3",
                "secret n/s4", "secret n/s5",
            ])
    }

    @Test("folders for mounts inside of a volume are those right below it")
    func nested() {
        let pod: JSON = [
            "spec": [
                "containers": [
                    [
                        "volumeMounts": [
                            ["name": "v", "mountPath": "/dir"], ["name": "w", "mountPath": "/dir/in"],
                            ["name": "x", "mountPath": "/dir/in/deep"], ["name": "y", "mountPath": "/dir/a/b/"],
                            ["name": "z", "mountPath": "/dirty"],
                        ]
                    ]
                ]
            ]
        ]
        #expect(NestedMountPoints.of("v", pod) == ["a/b", "in"])
        #expect(NestedMountPoints.of("w", pod) == ["deep"])
        #expect(NestedMountPoints.of("z", pod) == [])
    }

    @Test("a volume in memory is as large as the least of node, pod and its own limit")
    func memory() {
        let node: JSON = ["memory": "8Gi"]
        let limited: JSON = ["spec": ["containers": [["resources": ["limits": ["memory": "64Mi"]]]]]]
        let half: JSON = ["spec": ["containers": [["resources": ["limits": ["memory": "64Mi"]]], ["name": "b"]]]]
        let small: JSON = ["emptyDir": ["sizeLimit": "10Mi"]], large: JSON = ["emptyDir": ["sizeLimit": "1Gi"]]
        #expect(MemorySize.of(small, pod: limited, allocatable: node) == 10 << 20)
        #expect(MemorySize.of(large, pod: limited, allocatable: node) == 64 << 20)
        #expect(MemorySize.of(large, pod: half, allocatable: node) == 1 << 30)
        #expect(MemorySize.of(.null, pod: half, allocatable: node) == 8 << 30)
        #expect(MemorySize.of(.null, pod: half, allocatable: .null) == nil)
    }

    @Test("a token is renewed when 80 % of its life is over, at the latest after a day")
    func tokens() {
        func renewal(_ seconds: Int) -> Double {
            ServiceAccountTokens.token(["token": "t"], lasting: seconds, now: 1_000).renewal
        }
        #expect(renewal(3_600) == 1_000 + 2_880)
        #expect(renewal(100 * 86_400) == 1_000 + 0.8 * 86_400)
        let told = ServiceAccountTokens.token(
            ["token": "t", "expirationTimestamp": "1970-01-01T02:00:00Z"], lasting: 3_607, now: 3_600)
        #expect(told.expires == 7_200)
        #expect(abs(told.renewal - (7_200 - 3_607 + 3_607 * 0.8)) < 0.001)
    }

    @Test("all of a pod's containers must run as one user for it to own tokens")
    func owners() {
        func owner(_ pod: Int?, _ containers: [Int?]) -> Int? {
            var spec: JSON = [
                "containers": .array(containers.map { $0.map { ["securityContext": ["runAsUser": JSON($0)]] } ?? [:] })
            ]
            if let pod { spec["securityContext"] = ["runAsUser": JSON(pod)] }
            return PodOwner(["spec": spec]).user.map(Int.init)
        }
        #expect(owner(nil, [nil]) == nil)
        #expect(owner(5, [nil, nil]) == 5)
        #expect(owner(nil, [7, 7]) == 7)
        #expect(owner(5, [nil, 7]) == nil)
        #expect(owner(nil, [7, nil]) == nil)
    }
}
