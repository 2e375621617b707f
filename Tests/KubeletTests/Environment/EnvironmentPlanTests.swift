import JSON
import KubeModel
import Testing

@testable import Kubelet

@Suite("the environment of a container")
struct EnvironmentPlanTests {
    static let objects: [ObjectReference: JSON] = [
        ObjectReference(.configMap, "shop", "settings"): ["data": ["mode": "fast", "odd.key": "x", "n": "1"]],
        ObjectReference(.secret, "shop", "keys"): ["data": ["password": "c2VjcmV0"]],
    ]
    static let pod: JSON = [
        "metadata": [
            "name": "web-0", "namespace": "shop", "uid": "u1", "labels": ["app": "web", "b": "x\"y"],
            "annotations": ["Note": "hello"],
        ],
        "spec": [
            "nodeName": "n1", "serviceAccountName": "robot", "enableServiceLinks": false,
            "containers": [["name": "side", "resources": ["limits": ["cpu": "1500m", "memory": "64Mi"]]]],
        ],
    ]
    static let facts = PodFacts(
        podIPs: ["10.244.0.7", "fd00::7"], hostIPs: ["192.168.49.2"], nodeName: "n1")

    private func lines(
        _ container: JSON, pod: JSON = EnvironmentPlanTests.pod, services: [JSON] = []
    ) throws(PodConfigError) -> [String] {
        try EnvironmentPlan(
            container: container, pod: pod, facts: Self.facts, services: services,
            allocatable: ["cpu": "4", "memory": "8Gi"],
            object: { reference in Self.objects[reference].map { .success($0) } ?? .failure(reference.notFound) },
            file: { _, _ throws(PodConfigError) in "A='from file'" }
        ).lines()
    }

    private func value(_ source: JSON) throws(PodConfigError) -> String? {
        try lines(["name": "c", "env": [["name": "V", "valueFrom": source]]]).first.map { String($0.dropFirst(2)) }
    }

    @Test("variables override sources, later ones refer to earlier ones, prefixes and odd names are kept")
    func order() throws {
        let container: JSON = [
            "name": "c",
            "envFrom": [
                ["configMapRef": ["name": "settings"]], ["prefix": "P_", "secretRef": ["name": "keys"]],
                ["configMapRef": ["name": "none", "optional": true]],
            ],
            "env": [
                ["name": "mode", "value": "slow"], ["name": "URL", "value": "$(n)-$(mode)-$(LATER)-$(P_password)"],
                ["name": "LATER", "value": "z"], ["name": "EMPTY"],
            ],
        ]
        #expect(
            try lines(container) == [
                "mode=slow", "n=1", "odd.key=x", "P_password=secret", "URL=1-slow-$(LATER)-secret", "LATER=z", "EMPTY=",
            ])
    }

    @Test(
        "a pod's own fields",
        arguments: [
            ("metadata.name", "web-0"), ("metadata.namespace", "shop"), ("metadata.uid", "u1"),
            ("metadata.labels['app']", "web"), ("metadata.labels['none']", ""),
            ("metadata.annotations['Note']", "hello"),
            ("metadata.labels", "app=\"web\"\nb=\"x\\\"y\""), ("spec.nodeName", "n1"),
            ("spec.serviceAccountName", "robot"), ("status.podIP", "10.244.0.7"),
            ("status.podIPs", "10.244.0.7,fd00::7"), ("status.hostIP", "192.168.49.2"),
            ("status.hostIPs", "192.168.49.2"),
        ])
    func fields(_ path: String, _ expected: String) throws {
        #expect(try value(["fieldRef": ["fieldPath": .string(path)]]) == expected)
    }

    @Test(
        "requests and limits in divisors, rounded up; the node's where there is no limit",
        arguments: [
            ("side", "limits.cpu", "0", "2"), ("side", "limits.cpu", "1m", "1500"),
            ("side", "limits.memory", "1Mi", "64"), ("side", "limits.memory", "0", "67108864"),
            ("side", "requests.cpu", "0", "0"), ("", "limits.cpu", "0", "4"), ("", "limits.memory", "1Gi", "8"),
            ("", "requests.memory", "0", "0"),
        ])
    func resources(_ container: String, _ resource: String, _ divisor: String, _ expected: String) throws {
        let reference: JSON = [
            "containerName": .string(container), "resource": .string(resource), "divisor": .string(divisor),
        ]
        #expect(try value(["resourceFieldRef": reference]) == expected)
    }

    @Test("a key of an optional object that isn't there makes no variable")
    func optional() throws {
        #expect(try value(["configMapKeyRef": ["name": "none", "key": "k", "optional": true]]) == nil)
        #expect(try value(["configMapKeyRef": ["name": "settings", "key": "k", "optional": true]]) == nil)
        #expect(try value(["secretKeyRef": ["name": "keys", "key": "password"]]) == "secret")
        #expect(try value(["fileKeyRef": ["volumeName": "v", "path": "p", "key": "A"]]) == "from file")
    }

    @Test(
        "what is missing is named as the original names it",
        arguments: [
            (["configMapKeyRef": ["name": "none", "key": "k"]], "configmap \"none\" not found"),
            (["secretKeyRef": ["name": "none", "key": "k"]], "secret \"none\" not found"),
            (["configMapKeyRef": ["name": "settings", "key": "k"]], "couldn't find key k in ConfigMap shop/settings"),
            (["secretKeyRef": ["name": "keys", "key": "k"]], "couldn't find key k in Secret shop/keys"),
            (["fieldRef": ["fieldPath": "spec.hostname"]], "unsupported fieldPath: spec.hostname"),
            (["fieldRef": ["fieldPath": "spec['a']"]], "fieldPath \"spec['a']\" does not support subscript"),
            (["resourceFieldRef": ["containerName": "no", "resource": "limits.cpu"]], "container no not found"),
            (["resourceFieldRef": ["resource": "limits.gpu"]], "unsupported container resource : limits.gpu"),
            (
                ["fileKeyRef": ["volumeName": "v", "path": "p", "key": "B"]],
                "environment variable key \"B\" not found in file \"p\""
            ),
        ] as [(JSON, String)])
    func faults(_ source: JSON, _ expected: String) {
        #expect(throws: PodConfigError(expected)) { try value(source) }
    }

    static let services: [JSON] = [
        [
            "metadata": ["name": "kubernetes", "namespace": "default"],
            "spec": ["clusterIP": "10.96.0.1", "ports": [["name": "https", "port": 443, "protocol": "TCP"]]],
        ],
        [
            "metadata": ["name": "my-db", "namespace": "shop"],
            "spec": [
                "clusterIP": "10.96.7.7", "ports": [["port": 53, "protocol": "UDP"], ["name": "x-y", "port": 9]],
            ],
        ],
        ["metadata": ["name": "head", "namespace": "shop"], "spec": ["clusterIP": "None", "ports": [["port": 1]]]],
        [
            "metadata": ["name": "other", "namespace": "away"],
            "spec": ["clusterIP": "10.96.8.8", "ports": [["port": 1]]],
        ],
    ]

    @Test("services of the namespace are told with their ports, the API's always; a container's own variable wins")
    func serviceVariables() throws {
        var pod = Self.pod
        let withoutLinks = try lines(["name": "c"], pod: pod, services: Self.services)
        #expect(
            withoutLinks == [
                "KUBERNETES_SERVICE_HOST=10.96.0.1", "KUBERNETES_SERVICE_PORT=443", "KUBERNETES_SERVICE_PORT_HTTPS=443",
                "KUBERNETES_PORT=tcp://10.96.0.1:443", "KUBERNETES_PORT_443_TCP=tcp://10.96.0.1:443",
                "KUBERNETES_PORT_443_TCP_PROTO=tcp", "KUBERNETES_PORT_443_TCP_PORT=443",
                "KUBERNETES_PORT_443_TCP_ADDR=10.96.0.1",
            ])
        pod["spec"]["enableServiceLinks"] = true
        let container: JSON = [
            "name": "c", "env": [["name": "MY_DB_SERVICE_PORT", "value": "mine at $(MY_DB_SERVICE_HOST)"]],
        ]
        let all = try lines(container, pod: pod, services: Self.services)
        #expect(all.first == "MY_DB_SERVICE_PORT=mine at 10.96.7.7")
        #expect(all.filter { $0.hasPrefix("MY_DB_SERVICE_PORT=") }.count == 1)
        #expect(all.contains("MY_DB_SERVICE_PORT_X_Y=9"))
        #expect(all.contains("MY_DB_PORT=udp://10.96.7.7:53"))
        #expect(all.contains("MY_DB_PORT_9_TCP=tcp://10.96.7.7:9"))
        #expect(!all.contains { $0.hasPrefix("HEAD") || $0.hasPrefix("OTHER") })
    }
}
