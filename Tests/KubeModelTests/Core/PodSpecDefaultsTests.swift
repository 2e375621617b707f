import JSON
import Testing

@testable import KubeModel

@Suite struct PodSpecDefaultsTests {
    private func defaulted(_ spec: JSON) -> JSON {
        var spec = spec
        PodSpecRules.applyDefaults(&spec)
        return spec
    }

    @Test("a spec of one named container gets what the original gives it, and no more")
    func minimal() {
        let spec = defaulted(["containers": [["name": "web", "image": "nginx"]]])
        #expect(
            spec == [
                "containers": [
                    [
                        "name": "web", "image": "nginx", "resources": [:],
                        "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
                        "imagePullPolicy": "Always",
                    ]
                ],
                "restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst",
                "securityContext": [:], "schedulerName": "default-scheduler",
            ])
    }

    @Test("what the user chose stays, zero seconds of grace too")
    func kept() {
        let spec = defaulted([
            "restartPolicy": "Never", "terminationGracePeriodSeconds": 0, "dnsPolicy": "Default",
            "schedulerName": "mine", "securityContext": ["runAsUser": 1],
            "containers": [["name": "a", "image": "b", "imagePullPolicy": "Never", "terminationMessagePath": "/x"]],
        ])
        #expect(spec["restartPolicy"] == "Never")
        #expect(spec["terminationGracePeriodSeconds"] == 0)
        #expect(spec["dnsPolicy"] == "Default")
        #expect(spec["schedulerName"] == "mine")
        #expect(spec["securityContext"] == ["runAsUser": 1])
        #expect(spec["containers"][0]["imagePullPolicy"] == "Never")
        #expect(spec["containers"][0]["terminationMessagePath"] == "/x")
    }

    @Test(
        "the pull policy follows the tag",
        arguments: [
            ("nginx", "Always"), ("nginx:latest", "Always"), ("nginx:1.29", "IfNotPresent"),
            ("registry.local:5000/team/web", "Always"), ("registry.local:5000/team/web:2", "IfNotPresent"),
            ("nginx@sha256:\(String(repeating: "a", count: 64))", "IfNotPresent"),
            ("nginx:latest@sha256:\(String(repeating: "a", count: 64))", "Always"),
            ("NGINX", "IfNotPresent"), ("", "IfNotPresent"), ("Registry/web", "Always"), ("a//b", "IfNotPresent"),
        ])
    func pullPolicy(image: String, policy: String) {
        #expect(ImagePullPolicy.standing(for: image) == policy)
    }

    @Test("probes, hooks, ports and references are completed")
    func nested() {
        let spec = defaulted([
            "containers": [
                [
                    "name": "web", "image": "nginx:1",
                    "ports": [["containerPort": 80], ["containerPort": 53, "protocol": "UDP"]],
                    "livenessProbe": ["httpGet": ["port": 80]],
                    "readinessProbe": ["tcpSocket": ["port": 80], "periodSeconds": 3],
                    "lifecycle": ["preStop": ["httpGet": ["port": "web"]]],
                    "env": [
                        ["name": "IP", "valueFrom": ["fieldRef": ["fieldPath": "status.podIP"]]],
                        ["name": "CPU", "valueFrom": ["resourceFieldRef": ["resource": "limits.cpu"]]],
                    ],
                ]
            ]
        ])
        let container = spec["containers"][0]
        #expect(
            container["ports"] == [
                ["containerPort": 80, "protocol": "TCP"], ["containerPort": 53, "protocol": "UDP"],
            ])
        #expect(
            container["livenessProbe"] == [
                "httpGet": ["port": 80, "path": "/", "scheme": "HTTP"], "timeoutSeconds": 1, "periodSeconds": 10,
                "successThreshold": 1, "failureThreshold": 3,
            ])
        #expect(container["readinessProbe", "periodSeconds"] == 3)
        #expect(container["lifecycle", "preStop", "httpGet"] == ["port": "web", "path": "/", "scheme": "HTTP"])
        #expect(container["env"][0]["valueFrom"]["fieldRef"]["apiVersion"] == "v1")
        #expect(container["env"][1]["valueFrom"]["resourceFieldRef"]["divisor"] == "0")
    }

    @Test(
        "volumes are completed",
        arguments: [
            (["name": "v"], ["name": "v", "emptyDir": [:]]),
            (["name": "v", "emptyDir": ["medium": "Memory"]], ["name": "v", "emptyDir": ["medium": "Memory"]]),
            (
                ["name": "v", "secret": ["secretName": "s"]],
                ["name": "v", "secret": ["secretName": "s", "defaultMode": 420]]
            ),
            (
                ["name": "v", "configMap": ["name": "c", "defaultMode": 0]],
                ["name": "v", "configMap": ["name": "c", "defaultMode": 0]]
            ),
            (["name": "v", "hostPath": ["path": "/x"]], ["name": "v", "hostPath": ["path": "/x", "type": ""]]),
            (
                ["name": "v", "projected": ["sources": [["serviceAccountToken": ["path": "token"]]]]],
                [
                    "name": "v",
                    "projected": [
                        "defaultMode": 420,
                        "sources": [["serviceAccountToken": ["path": "token", "expirationSeconds": 3600]]],
                    ],
                ]
            ),
            (
                ["name": "v", "image": ["reference": "data:1"]],
                ["name": "v", "image": ["reference": "data:1", "pullPolicy": "IfNotPresent"]]
            ),
        ] as [(JSON, JSON)])
    func volumes(given: JSON, expected: JSON) {
        #expect(defaulted(["volumes": [given]])["volumes"][0] == expected)
    }

    @Test("the old and the new name of the service account hold the same")
    func serviceAccount() {
        #expect(defaulted(["serviceAccountName": "a"])["serviceAccount"] == "a")
        #expect(defaulted(["serviceAccount": "b"])["serviceAccountName"] == "b")
        #expect(defaulted(["serviceAccountName": "a", "serviceAccount": "b"])["serviceAccount"] == "a")
        #expect(defaulted([:])["serviceAccount"].isNull)
    }
}
