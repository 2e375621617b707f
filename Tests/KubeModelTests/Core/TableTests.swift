import JSON
import Testing

@testable import KubeModel

/// What `kubectl get` shows, at 1,000 seconds past 2026.
@Suite struct TableTests {
    private static let now = 1_767_225_600.0 + 1000
    private static let created: JSON = "2026-01-01T00:00:00Z"

    private func row(_ kind: String, _ object: JSON, group: String = "") -> String {
        var object = object
        object["metadata", "creationTimestamp"] = Self.created
        if !object["metadata"].has("name") { object["metadata", "name"] = "x" }
        return CoreKind(kind, group: group).cells(object, now: Self.now).joined(separator: "|")
    }

    private func pod(_ spec: JSON, _ status: JSON, deleted: Bool = false) -> String {
        row(
            "Pod",
            [
                "metadata": deleted ? ["deletionTimestamp": "2026-01-01T00:00:00Z"] : [:], "spec": spec,
                "status": status,
            ])
    }

    private static let two: JSON = ["containers": [["name": "a"], ["name": "b"]]]

    @Test("a running pod shows ready containers, restarts and where it is")
    func running() {
        let status: JSON = [
            "phase": "Running", "podIPs": [["ip": "10.0.0.5"]],
            "containerStatuses": [
                [
                    "name": "a", "ready": true, "restartCount": 2, "state": ["running": [:]],
                    "lastState": ["terminated": ["finishedAt": "2026-01-01T00:11:40Z"]],
                ],
                ["name": "b", "ready": false, "restartCount": 0, "state": ["running": [:]]],
            ],
        ]
        var spec = Self.two
        spec["nodeName"] = "n1"
        #expect(pod(spec, status) == "x|1/2|Running|2 (5m ago)|16m|10.0.0.5|n1|<none>|<none>")
    }

    @Test(
        "a pod's status is the most telling word",
        arguments: [
            ("Pending", #"{"phase":"Pending"}"#),
            ("Evicted", #"{"phase":"Failed","reason":"Evicted"}"#),
            (
                "ContainerCreating",
                #"{"phase":"Pending","containerStatuses":[{"name":"a","state":{"waiting":{"#
                    + #""reason":"ContainerCreating"}}}]}"#
            ),
            (
                "CrashLoopBackOff",
                #"{"phase":"Running","containerStatuses":[{"name":"a","state":{"waiting":{"#
                    + #""reason":"CrashLoopBackOff"}}}]}"#
            ),
            (
                "Completed",
                #"{"phase":"Succeeded","containerStatuses":[{"name":"a","state":{"terminated":{"reason":"Completed","#
                    + #""exitCode":0}}}]}"#
            ),
            (
                "ExitCode:3",
                #"{"phase":"Failed","containerStatuses":[{"name":"a","state":{"terminated":{"exitCode":3}}}]}"#
            ),
            ("Signal:9", #"{"phase":"Failed","containerStatuses":[{"name":"a","state":{"terminated":{"signal":9}}}]}"#),
            (
                "NotReady",
                #"{"phase":"Running","containerStatuses":[{"name":"a","state":{"terminated":{"reason":"Completed"}}},"#
                    + #"{"name":"b","ready":true,"state":{"running":{}}}]}"#
            ),
            (
                "Running",
                #"{"phase":"Running","conditions":[{"type":"Ready","status":"True"}],"containerStatuses":[{"name":"a","#
                    + #""state":{"terminated":{"reason":"Completed"}}},{"name":"b","ready":true,"state":{"running":{"#
                    + #"}}}]}"#
            ),
            ("Init:0/2", #"{"phase":"Pending","initContainerStatuses":[{"name":"i","state":{"running":{}}}]}"#),
            (
                "Init:1/2",
                #"{"phase":"Pending","initContainerStatuses":[{"name":"i","state":{"terminated":{"exitCode":0}}},"#
                    + #"{"name":"j","state":{"waiting":{"reason":"PodInitializing"}}}]}"#
            ),
            (
                "Init:ImagePullBackOff",
                #"{"phase":"Pending","initContainerStatuses":[{"name":"i","state":{"waiting":{"#
                    + #""reason":"ImagePullBackOff"}}}]}"#
            ),
            (
                "Init:Error",
                #"{"phase":"Failed","initContainerStatuses":[{"name":"i","state":{"terminated":{"reason":"Error","#
                    + #""exitCode":1}}}]}"#
            ),
            (
                "SchedulingGated",
                #"{"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","#
                    + #""reason":"SchedulingGated"}]}"#
            ),
        ])
    func status(word: String, status: String) throws {
        var spec = Self.two
        spec["initContainers"] = [["name": "i"], ["name": "j"]]
        let cells = pod(spec, try JSON(parsing: status)).split(separator: "|")
        #expect(cells[2] == Substring(word))
    }

    @Test("a pod that goes is terminating, unless it ended or its node is lost")
    func deleted() {
        #expect(pod(Self.two, ["phase": "Running"], deleted: true).contains("|0/2|Terminating|0|"))
        #expect(pod(Self.two, ["phase": "Running", "reason": "NodeLost"], deleted: true).contains("|Unknown|"))
        #expect(pod(Self.two, ["phase": "Succeeded"], deleted: true).contains("|Succeeded|"))
    }

    @Test("a sidecar counts as a container, and gates are counted")
    func sidecarsAndGates() {
        let spec: JSON = [
            "containers": [["name": "a"]], "initContainers": [["name": "s", "restartPolicy": "Always"]],
            "readinessGates": [["conditionType": "lb"], ["conditionType": "dns"]],
        ]
        let status: JSON = [
            "phase": "Running", "conditions": [["type": "lb", "status": "True"]],
            "initContainerStatuses": [
                ["name": "s", "started": true, "ready": true, "restartCount": 1, "state": ["running": [:]]]
            ],
            "containerStatuses": [["name": "a", "ready": true, "restartCount": 0, "state": ["running": [:]]]],
        ]
        #expect(pod(spec, status) == "x|2/2|Running|1|16m|<none>|<none>|<none>|1/2")
    }

    @Test(
        "services",
        arguments: [
            (
                #"{"type":"ClusterIP","clusterIPs":["10.96.0.1"],"ports":[{"port":80,"protocol":"TCP"}],"selector":{"#
                    + #""b":"c","a":"b"}}"#,
                "x|ClusterIP|10.96.0.1|<none>|80/TCP|16m|a=b,b=c"
            ),
            (
                #"{"type":"NodePort","clusterIPs":["10.96.0.1"],"ports":[{"port":80,"nodePort":30080,"#
                    + #""protocol":"TCP"},{"port":53,"protocol":"UDP"}]}"#,
                "x|NodePort|10.96.0.1|<none>|80:30080/TCP,53/UDP|16m|<none>"
            ),
            (
                #"{"type":"LoadBalancer","clusterIPs":["10.96.0.1"],"ports":[{"port":80,"protocol":"TCP"}]}"#,
                "x|LoadBalancer|10.96.0.1|<pending>|80/TCP|16m|<none>"
            ),
            (
                #"{"type":"ExternalName","externalName":"a.example.com"}"#,
                "x|ExternalName|<none>|a.example.com|<none>|16m|<none>"
            ),
            (
                #"{"type":"ClusterIP","clusterIPs":["None"],"externalIPs":["1.2.3.4"]}"#,
                "x|ClusterIP|None|1.2.3.4|<none>|16m|<none>"
            ),
        ])
    func services(spec: String, expected: String) throws {
        #expect(row("Service", ["spec": try JSON(parsing: spec)]) == expected)
    }

    @Test("a load balancer's addresses are sorted, the service's own after them")
    func balancer() {
        let service: JSON = [
            "spec": ["type": "LoadBalancer", "externalIPs": ["9.9.9.9"]],
            "status": ["loadBalancer": ["ingress": [["ip": "2.2.2.2"], ["hostname": "a.example"], ["ip": "1.1.1.1"]]]],
        ]
        #expect(
            row("Service", service)
                == "x|LoadBalancer|<none>|1.1.1.1,2.2.2.2,a.example,9.9.9.9|<none>|16m|<none>")
    }

    @Test("nodes")
    func nodes() {
        let node: JSON = [
            "metadata": [
                "labels": ["node-role.kubernetes.io/worker": "", "node-role.kubernetes.io/control-plane": "", "a": "b"]
            ],
            "spec": ["unschedulable": true],
            "status": [
                "conditions": [["type": "MemoryPressure", "status": "False"], ["type": "Ready", "status": "True"]],
                "addresses": [
                    ["type": "Hostname", "address": "h"], ["type": "InternalIP", "address": "192.168.0.2"],
                ],
                "nodeInfo": ["kubeletVersion": "v1.36.0", "osImage": "Debian GNU/Linux 13", "kernelVersion": "6.12"],
            ],
        ]
        #expect(
            row("Node", node)
                == "x|Ready,SchedulingDisabled|control-plane,worker|16m|v1.36.0|192.168.0.2|<none>|Debian GNU/Linux "
                + "13|6.12|<unknown>"
        )
        #expect(row("Node", [:]) == "x|Unknown|<none>|16m||<none>|<none>|<unknown>|<unknown>|<unknown>")
        #expect(
            row("Node", ["status": ["conditions": [["type": "Ready", "status": "Unknown"]]]])
                .hasPrefix("x|NotReady|<none>|"))
    }

    @Test("the rest")
    func rest() {
        #expect(row("Namespace", ["status": ["phase": "Active"]]) == "x|Active|16m")
        #expect(row("ConfigMap", ["data": ["a": "b"], "binaryData": ["c": "ZA=="]]) == "x|2|16m")
        #expect(row("Secret", ["type": "Opaque", "data": ["a": "YQ=="]]) == "x|Opaque|1|16m")
        #expect(row("ServiceAccount", [:]) == "x|16m")
        #expect(row("Endpoints", [:]) == "x|<none>|16m")
        let subset: JSON = [
            "addresses": [["ip": "10.0.0.1"], ["ip": "10.0.0.2"], ["ip": "fd00::1"]],
            "ports": [["port": 80], ["port": 443]],
        ]
        #expect(
            row("Endpoints", ["subsets": [subset]])
                == "x|10.0.0.1:80,10.0.0.2:80,[fd00::1]:80 + 3 more...|16m")
        let quota: JSON = ["hard": ["requests.cpu": "4", "pods": "10", "limits.cpu": "8"], "used": ["pods": "3"]]
        #expect(
            row("ResourceQuota", ["status": quota]) == "x|pods: 3/10, requests.cpu: 0/4|limits.cpu: 0/8|16m")
        let template: JSON = [
            "metadata": ["labels": ["a": "b"]],
            "spec": ["containers": [["name": "c", "image": "i"], ["name": "d", "image": "j"]]],
        ]
        #expect(row("PodTemplate", ["template": template]) == "x|c,d|i,j|a=b")
        #expect(
            row(
                "ReplicationController",
                ["spec": ["replicas": 3, "selector": ["a": "b"], "template": template], "status": ["replicas": 2]])
                == "x|3|2|0|16m|c,d|i,j|a=b")
        #expect(
            row("ComponentStatus", ["conditions": [["type": "Healthy", "status": "True", "message": "ok"]]])
                == "x|Healthy|ok|")
        #expect(
            row(
                "PersistentVolume",
                [
                    "spec": [
                        "capacity": ["storage": "10Gi"], "accessModes": ["ReadWriteMany", "ReadWriteOnce"],
                        "persistentVolumeReclaimPolicy": "Retain", "claimRef": ["namespace": "n", "name": "c"],
                        "storageClassName": "fast", "volumeMode": "Filesystem",
                    ], "status": ["phase": "Bound"],
                ]) == "x|10Gi|RWO,RWX|Retain|Bound|n/c|fast|<unset>||16m|Filesystem")
        #expect(
            row(
                "PersistentVolumeClaim",
                [
                    "spec": ["volumeName": "v", "storageClassName": "fast", "volumeMode": "Block"],
                    "status": ["phase": "Bound", "capacity": ["storage": "1Gi"], "accessModes": ["ReadWriteOnce"]],
                ]) == "x|Bound|v|1Gi|RWO|fast|<unset>|16m|Block")
    }

    @Test("events of both groups")
    func events() {
        let old: JSON = [
            "involvedObject": ["kind": "Pod", "name": "web", "fieldPath": "spec.containers{web}"], "type": "Normal",
            "reason": "Pulled", "message": " Pulled it \n", "source": ["component": "kubelet", "host": "n1"],
            "firstTimestamp": "2026-01-01T00:00:40Z", "lastTimestamp": "2026-01-01T00:16:00Z", "count": 4,
        ]
        #expect(
            row("Event", old)
                == "40s|Normal|Pulled|pod/web|spec.containers{web}|kubelet, n1|Pulled it|16m|4|x")
        let new: JSON = [
            "regarding": ["kind": "Node", "name": "n1"], "type": "Warning", "reason": "Full", "note": "n",
            "eventTime": "2026-01-01T00:16:30.000000Z", "reportingController": "c", "reportingInstance": "i",
        ]
        #expect(row("Event", new, group: "events.k8s.io") == "10s|Warning|Full|node/n1||c, i|n|10s|1|x")
    }

    @Test("columns are the original's")
    func columns() {
        func names(_ kind: String) -> String {
            (AllKinds.rules(group: "", kind: kind).table?.columns ?? [])
                .map { $0.priority == 0 ? $0.name : "(\($0.name))" }.joined(separator: "|")
        }
        #expect(names("Pod") == "Name|Ready|Status|Restarts|Age|(IP)|(Node)|(Nominated Node)|(Readiness Gates)")
        #expect(names("Service") == "Name|Type|Cluster-IP|External-IP|Port(s)|Age|(Selector)")
        #expect(
            names("Node")
                == "Name|Status|Roles|Age|Version|(Internal-IP)|(External-IP)|(OS-Image)|(Kernel-Version)|(Container-Runtime)"
        )
        #expect(
            names("Event")
                == "Last Seen|Type|Reason|Object|(Subobject)|(Source)|Message|(First Seen)|(Count)|(Name)")
        #expect(AllKinds.rules(group: "", kind: "LimitRange").table == nil)
    }
}
