import JSON
import Testing

@testable import KubeModel

/// What an API server of 1.36 answers to the smallest objects, byte for byte but for what the server adds to metadata.
@Suite struct MinimalObjectTests {
    private func answered(_ text: String) throws -> String {
        let given = try JSON(parsing: text)
        let kind = given.text("kind")
        let type = try #require(Schema.builtIn.type(GroupVersion("", "v1"), kind: kind))
        let rules = AllKinds.rules(group: "", kind: kind)
        var object = try StructuralDecoder.decode(given, as: type).object
        rules.defaults(&object)
        rules.prepareForCreate(&object)
        #expect(rules.validate(object) == [])
        return try StructuralDecoder.decode(object, as: type, defaults: false).object.text
    }

    @Test("a pod")
    func pod() throws {
        let answer = try answered(
            #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web"},"spec":{"containers":[{"image":"nginx","#
                + #""name":"web"}]}}"#
        )
        #expect(
            answer
                == #"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"web","generation":1},"spec":{"containers":[{"#
                + #""name":"web","image":"nginx","resources":{},"terminationMessagePath":"/dev/termination-log","#
                + #""terminationMessagePolicy":"File","imagePullPolicy":"Always"}],"restartPolicy":"Always","#
                + #""terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","securityContext":{},"#
                + #""schedulerName":"default-scheduler","enableServiceLinks":true},"#
                + #""status":{"phase":"Pending","qosClass":"BestEffort"}}"#)
    }

    @Test("a pod with everything that brings defaults along")
    func fullPod() throws {
        let answer = try answered(
            """
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","labels":{"app":"web"}},"spec":{"hostNetwork":true,
            "serviceAccountName":"robot","restartPolicy":"","automountServiceAccountToken":false,
            "initContainers":[{"name":"log","image":"fluent:3","restartPolicy":"Always"}],
            "containers":[{"image":"nginx:1.29","name":"web","stdin":false,"tty":true,
            "resources":{"limits":{"cpu":1,"memory":"0.5Gi"},"requests":{"cpu":"500m"}},
            "ports":[{"containerPort":80,"name":"http"}],"volumeMounts":[{"name":"c","mountPath":"/c","readOnly":false}],
            "livenessProbe":{"httpGet":{"path":"","port":"http"}},"env":[{"name":"A","value":""}]}],
            "volumes":[{"name":"c","configMap":{"name":"c"}}],"schedulingGates":[{"name":"example.com/a"}],
            "topologySpreadConstraints":[{"maxSkew":1,"topologyKey":"zone","whenUnsatisfiable":"DoNotSchedule",
            "labelSelector":{},"matchLabelKeys":["app","gone"]}]}}
            """)
        #expect(
            answer
                == #"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"web","generation":1,"labels":{"#
                + #""app":"web"}},"spec":{"#
                + #""volumes":[{"name":"c","configMap":{"name":"c","defaultMode":420}}],"#
                + #""initContainers":[{"name":"log","image":"fluent:3","resources":{},"restartPolicy":"Always","#
                + #""terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","#
                + #""imagePullPolicy":"IfNotPresent"}],"containers":[{"name":"web","image":"nginx:1.29","ports":[{"#
                + #""name":"http","hostPort":80,"containerPort":80,"protocol":"TCP"}],"env":[{"name":"A"}],"#
                + #""resources":{"limits":{"cpu":"1","memory":"512Mi"},"requests":{"cpu":"500m","memory":"512Mi"}},"#
                + #""volumeMounts":[{"name":"c","mountPath":"/c"}],"livenessProbe":{"httpGet":{"path":"/","#
                + #""port":"http","scheme":"HTTP"},"timeoutSeconds":1,"periodSeconds":10,"successThreshold":1,"#
                + #""failureThreshold":3},"terminationMessagePath":"/dev/termination-log","#
                + #""terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent","tty":true}],"#
                + #""restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","#
                + #""serviceAccountName":"robot","serviceAccount":"robot","automountServiceAccountToken":false,"#
                + #""hostNetwork":true,"securityContext":{},"schedulerName":"default-scheduler","#
                + #""enableServiceLinks":true,"topologySpreadConstraints":[{"maxSkew":1,"topologyKey":"zone","#
                + #""whenUnsatisfiable":"DoNotSchedule","labelSelector":{"matchExpressions":[{"key":"app","#
                + #""operator":"In","values":["web"]}]},"matchLabelKeys":["app","gone"]}],"#
                + #""schedulingGates":[{"name":"example.com/a"}]},"status":{"phase":"Pending","conditions":[{"#
                + #""type":"PodScheduled","status":"False","lastProbeTime":null,"lastTransitionTime":null,"#
                + #""reason":"SchedulingGated","message":"Scheduling is blocked due to non-empty scheduling gates"}],"#
                + #""qosClass":"Burstable"}}"#)
    }

    @Test(
        "the others",
        arguments: [
            (
                #"{"kind":"Service","metadata":{"name":"web"},"spec":{"ports":[{"port":80}],"selector":{"app":"web"}}}"#,
                #"{"kind":"Service","metadata":{"name":"web"},"spec":{"ports":[{"protocol":"TCP","port":80,"#
                    + #""targetPort":80}],"selector":{"app":"web"},"type":"ClusterIP","sessionAffinity":"None","#
                    + #""internalTrafficPolicy":"Cluster"},"status":{"loadBalancer":{}}}"#
            ),
            (
                #"{"kind":"Service","metadata":{"name":"lb"},"spec":{"type":"LoadBalancer","#
                    + #""sessionAffinity":"ClientIP","#
                    + #""ports":[{"port":80,"targetPort":"http","nodePort":30080}]}}"#,
                #"{"kind":"Service","metadata":{"name":"lb"},"spec":{"ports":[{"protocol":"TCP","port":80,"#
                    + #""targetPort":"http","nodePort":30080}],"type":"LoadBalancer","sessionAffinity":"ClientIP","#
                    + #""externalTrafficPolicy":"Cluster","sessionAffinityConfig":{"clientIP":{"#
                    + #""timeoutSeconds":10800}},"#
                    + #""allocateLoadBalancerNodePorts":true,"internalTrafficPolicy":"Cluster"},"#
                    + #""status":{"loadBalancer":{}}}"#
            ),
            (
                #"{"kind":"Namespace","metadata":{"name":"dev"}}"#,
                #"{"kind":"Namespace","metadata":{"name":"dev","labels":{"kubernetes.io/metadata.name":"dev"}},"#
                    + #""spec":{"finalizers":["kubernetes"]},"status":{"phase":"Active"}}"#
            ),
            (
                #"{"kind":"ConfigMap","metadata":{"name":"c"},"data":{"a":"b"}}"#,
                #"{"kind":"ConfigMap","metadata":{"name":"c"},"data":{"a":"b"}}"#
            ),
            (
                #"{"kind":"Secret","metadata":{"name":"s"},"data":{"a":"YQ=="},"stringData":{"b":"b","a":"c"}}"#,
                #"{"kind":"Secret","metadata":{"name":"s"},"data":{"a":"Yw==","b":"Yg=="},"type":"Opaque"}"#
            ),
            (
                #"{"kind":"Node","metadata":{"name":"n"},"spec":{"podCIDR":"10.0.0.0/24"},"status":{"capacity":{"#
                    + #""cpu":"4"}}}"#,
                #"{"kind":"Node","metadata":{"name":"n"},"spec":{"podCIDR":"10.0.0.0/24","podCIDRs":["10.0.0.0/24"]},"#
                    + #""status":{"capacity":{"cpu":"4"},"allocatable":{"cpu":"4"},"daemonEndpoints":{"#
                    + #""kubeletEndpoint":{"Port":0}},"nodeInfo":{"machineID":"","systemUUID":"","bootID":"","#
                    + #""kernelVersion":"","osImage":"","containerRuntimeVersion":"","kubeletVersion":"","#
                    + #""kubeProxyVersion":"","operatingSystem":"","architecture":""}}}"#
            ),
            (
                #"{"kind":"PersistentVolumeClaim","metadata":{"name":"c"},"spec":{"accessModes":["ReadWriteOnce"],"#
                    + #""resources":{"requests":{"storage":"1Gi"}}}}"#,
                #"{"kind":"PersistentVolumeClaim","metadata":{"name":"c"},"spec":{"accessModes":["ReadWriteOnce"],"#
                    + #""resources":{"requests":{"storage":"1Gi"}},"volumeMode":"Filesystem"},"status":{"#
                    + #""phase":"Pending"}}"#
            ),
            (
                #"{"kind":"PersistentVolume","metadata":{"name":"v"},"spec":{"capacity":{"storage":"1Gi"},"#
                    + #""accessModes":["ReadWriteOnce"],"hostPath":{"path":"/x"}}}"#,
                #"{"kind":"PersistentVolume","metadata":{"name":"v"},"spec":{"capacity":{"storage":"1Gi"},"#
                    + #""hostPath":{"path":"/x","type":""},"accessModes":["ReadWriteOnce"],"#
                    + #""persistentVolumeReclaimPolicy":"Retain","volumeMode":"Filesystem"},"status":{"#
                    + #""phase":"Pending"}}"#
            ),
            (
                #"{"kind":"ReplicationController","metadata":{"name":"r"},"spec":{"template":{"metadata":{"labels":{"#
                    + #""app":"r"}},"spec":{"containers":[{"name":"r","image":"r:1"}]}}}}"#,
                #"{"kind":"ReplicationController","metadata":{"name":"r","generation":1,"labels":{"app":"r"}},"spec":{"#
                    + #""replicas":1,"selector":{"app":"r"},"template":{"metadata":{"labels":{"app":"r"}},"spec":{"#
                    + #""containers":[{"name":"r","image":"r:1","resources":{},"terminationMessagePath":"#
                    + #""/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent"}],"#
                    + #""restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","#
                    + #""securityContext":{},"schedulerName":"default-scheduler"}}},"status":{"replicas":0}}"#
            ),
            (
                #"{"kind":"LimitRange","metadata":{"name":"l"},"spec":{"limits":[{"type":"Container","max":{"#
                    + #""cpu":"2"},"#
                    + #""min":{"memory":"1Mi"}}]}}"#,
                #"{"kind":"LimitRange","metadata":{"name":"l"},"spec":{"limits":[{"type":"Container","max":{"#
                    + #""cpu":"2"},"#
                    + #""min":{"memory":"1Mi"},"default":{"cpu":"2"},"defaultRequest":{"cpu":"2","memory":"1Mi"}}]}}"#
            ),
            (
                #"{"kind":"ResourceQuota","metadata":{"name":"q"},"spec":{"hard":{"pods":"5"}},"status":{"used":{"#
                    + #""pods":"3"}}}"#,
                #"{"kind":"ResourceQuota","metadata":{"name":"q"},"spec":{"hard":{"pods":"5"}},"status":{}}"#
            ),
            (
                #"{"kind":"Endpoints","metadata":{"name":"e"},"subsets":[{"addresses":[{"ip":"10.0.0.1"}],"ports":[{"#
                    + #""port":80}]}]}"#,
                #"{"kind":"Endpoints","metadata":{"name":"e"},"subsets":[{"addresses":[{"ip":"10.0.0.1"}],"ports":[{"#
                    + #""port":80,"protocol":"TCP"}]}]}"#
            ),
            (
                #"{"kind":"ServiceAccount","metadata":{"name":"a"},"secrets":[{"name":"s","namespace":"x"}]}"#,
                #"{"kind":"ServiceAccount","metadata":{"name":"a"},"secrets":[{"name":"s"}]}"#
            ),
        ])
    func others(given: String, expected: String) throws {
        #expect(try answered(given) == expected)
    }
}
