import JSON
import Testing

@testable import Controllers

@Suite struct TemplateHashTests {
    /// Hashes of the original's `ComputeHash` (Kubernetes 1.36.2).
    static let known: [(template: String, hash: String)] = [
        (
            """
            {"metadata":{"creationTimestamp":null,"labels":{"app":"hello-minikube"}},
            "spec":{"containers":[{"name":"echoserver","image":"registry.k8s.io/echoserver:1.10",
            "imagePullPolicy":"IfNotPresent","resources":{},
            "terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File"}],
            "restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst",
            "securityContext":{},"schedulerName":"default-scheduler"}}
            """, "5f786b75f9"
        ),
        (
            """
            {"metadata":{"labels":{"app":"web","tier":"b"},"annotations":{"z":"1","a":"x y"}},
            "spec":{"initContainers":[{"name":"i","image":"busybox","restartPolicy":"Always",
            "env":[{"name":"A","value":"b"},{"name":"P","valueFrom":{"fieldRef":{"apiVersion":"v1",
            "fieldPath":"metadata.name"}}},{"name":"M",
            "valueFrom":{"resourceFieldRef":{"resource":"limits.cpu","divisor":"0"}}}],
            "resources":{"limits":{"cpu":"1","memory":"1Gi","ephemeral-storage":"1500M"},
            "requests":{"cpu":"0.5","memory":"100Mi","x/y":"1e3"}}}],"containers":[{"name":"c",
            "image":"nginx:1","ports":[{"containerPort":80,"protocol":"TCP","name":"http"}],
            "readinessProbe":{"httpGet":{"path":"/","port":8080,"scheme":"HTTP"},"timeoutSeconds":1,
            "periodSeconds":10,"successThreshold":1,"failureThreshold":3},"volumeMounts":[{"name":"v",
            "mountPath":"/x","readOnly":true}],"securityContext":{"capabilities":{"drop":["ALL"]},
            "runAsNonRoot":true,"seccompProfile":{"type":"RuntimeDefault"}},
            "lifecycle":{"preStop":{"exec":{"command":["sleep","5"]}}}}],"volumes":[{"name":"v",
            "emptyDir":{"medium":"Memory","sizeLimit":"64Mi"}},{"name":"t",
            "projected":{"sources":[{"serviceAccountToken":{"expirationSeconds":3607,
            "path":"token"}},{"configMap":{"name":"kube-root-ca.crt","items":[{"key":"ca.crt",
            "path":"ca.crt"}]}}],"defaultMode":420}}],
            "affinity":{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{"labelSelector":{"matchLabels":{"app":"web"},
            "matchExpressions":[{"key":"k","operator":"In","values":["a","b"]}]},
            "topologyKey":"kubernetes.io/hostname"}]}},"topologySpreadConstraints":[{"maxSkew":1,
            "topologyKey":"zone","whenUnsatisfiable":"DoNotSchedule",
            "labelSelector":{"matchLabels":{"app":"web"}}}],"nodeSelector":{"a":"b"},
            "restartPolicy":"Always","priority":1000,"hostNetwork":true,"securityContext":{"fsGroup":2000,
            "sysctls":[{"name":"a","value":"b"}],"supplementalGroups":[1,2]},"overhead":{"cpu":"250m"}}}
            """, "5f5477456b"
        ),
    ]

    @Test("a template has the original's hash", arguments: known)
    func hash(_ template: String, _ hash: String) throws {
        #expect(TemplateHash.of(try JSON(parsing: template), collisions: nil) == hash)
    }

    @Test("quantities are held as Go holds them")
    func quantities() {
        #expect(GoQuantity("100m").dump.contains("value:(int64)100 scale:(resource.Scale)-3"))
        #expect(GoQuantity("64Mi").text == "")
        #expect(GoQuantity("100Mi").text == "100Mi" || GoQuantity("100Mi").value == 104_857_600)
        #expect(GoQuantity("0").text == "0")
    }

    @Test("a collision gives another name")
    func collision() {
        let template: JSON = ["metadata": ["labels": ["app": "web"]], "spec": ["containers": []]]
        #expect(TemplateHash.of(template, collisions: nil) != TemplateHash.of(template, collisions: 1))
    }
}
