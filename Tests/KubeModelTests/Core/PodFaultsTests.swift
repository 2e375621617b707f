import JSON
import Testing

@testable import KubeModel

private let label =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with "
    + "an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
private let subdomain =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    + "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"

@Suite struct PodFaultsTests {
    static let pods = CoreKind("Pod")
    static let valid: JSON = [
        "metadata": ["name": "web", "namespace": "default"],
        "spec": [
            "serviceAccountName": "default",
            "volumes": [["name": "data"], ["name": "disk", "persistentVolumeClaim": ["claimName": "c"]]],
            "initContainers": [["name": "first", "image": "busybox:1"]],
            "containers": [
                [
                    "name": "web", "image": "nginx:1", "ports": [["containerPort": 80]],
                    "volumeMounts": [["name": "data", "mountPath": "/data"]],
                ]
            ],
        ],
    ]

    @Test("a plain pod has no faults")
    func plain() {
        #expect(Self.pods.faults(Self.valid) == [])
    }

    @Test(
        "containers",
        arguments: [
            CoreFault("spec.containers", [], "spec.containers: Required value"),
            CoreFault("spec.containers.0.name", "", "spec.containers[0].name: Required value"),
            CoreFault("spec.containers.0.name", "Web", "spec.containers[0].name: Invalid value: \"Web\": \(label)"),
            CoreFault(
                "spec.containers.0.name", "a.b",
                "spec.containers[0].name: Invalid value: \"a.b\": must not contain dots"),
            CoreFault("spec.containers.0.image", "", "spec.containers[0].image: Required value"),
            CoreFault(
                "spec.containers.0.image", " nginx",
                "spec.containers[0].image: Invalid value: \" nginx\": must not have leading or trailing whitespace"),
            CoreFault(
                "spec.containers.0.imagePullPolicy", "Sometimes",
                "spec.containers[0].imagePullPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\", "
                    + "\"IfNotPresent\", \"Never\""
            ),
            CoreFault(
                "spec.containers.0.terminationMessagePolicy", "x",
                "spec.containers[0].terminationMessagePolicy: Unsupported value: \"x\": supported values: "
                    + "\"File\", \"FallbackToLogsOnError\""
            ),
            CoreFault(
                "spec.containers.1", ["name": "web", "image": "a:1"],
                "spec.containers[1].name: Duplicate value: \"web\""),
            CoreFault("spec.initContainers.0.name", "web", "spec.initContainers[0].name: Duplicate value: \"web\""),
            CoreFault(
                "spec.containers.0.ports.0.containerPort", 0,
                "spec.containers[0].ports[0].containerPort: Required value"),
            CoreFault(
                "spec.containers.0.ports.0.containerPort", 65536,
                "spec.containers[0].ports[0].containerPort: Invalid value: 65536: must be between 1 and 65535, "
                    + "inclusive"
            ),
            CoreFault(
                "spec.containers.0.ports.0.protocol", "ICMP",
                "spec.containers[0].ports[0].protocol: Unsupported value: \"ICMP\": supported values: \"SCTP\", "
                    + "\"TCP\", \"UDP\""
            ),
            CoreFault(
                "spec.containers.0.ports.0.name", "a-name-far-too-long",
                "spec.containers[0].ports[0].name: Invalid value: \"a-name-far-too-long\": must be no more than 15 "
                    + "characters"
            ),
            CoreFault(
                "spec.containers.0.ports",
                [["containerPort": 80, "hostPort": 8080], ["containerPort": 81, "hostPort": 8080]],
                "spec.containers[0].ports[1].hostPort: Duplicate value: \"TCP//8080\""),
            CoreFault(
                "spec.ephemeralContainers", [["name": "debug", "image": "busybox:1"]],
                "spec.ephemeralContainers: Forbidden: cannot be set on create"),
            CoreFault(
                "spec.containers.0.restartPolicyRules",
                [["action": "Restart", "exitCodes": ["operator": "In", "values": [1]]]],
                "spec.containers[0].restartPolicy: Required value: must specify restartPolicy when restart rules are "
                    + "used"
            ),
        ])
    func containers(_ fault: CoreFault) {
        #expect(Self.pods.faults(fault.applied(to: Self.valid)) == fault.faults)
    }

    @Test(
        "environments",
        arguments: [
            CoreFault("spec.containers.0.env", [["name": ""]], "spec.containers[0].env[0].name: Required value"),
            CoreFault("spec.containers.0.env", [["name": "1.A-b", "value": "any"]]),
            CoreFault(
                "spec.containers.0.env", [["name": "A=B"]],
                "spec.containers[0].env[0].name: Invalid value: \"A=B\": a valid environment variable name must "
                    + "consist only of printable ASCII characters other than '='"
            ),
            CoreFault(
                "spec.containers.0.env",
                [["name": "A", "value": "x", "valueFrom": ["fieldRef": ["fieldPath": "status.podIP"]]]],
                "spec.containers[0].env[0].valueFrom: Invalid value: \"\": may not be specified when `value` is not "
                    + "empty"
            ),
            CoreFault(
                "spec.containers.0.env", [["name": "A", "valueFrom": ["fieldRef": ["fieldPath": "status.phase"]]]],
                "spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Unsupported value: \"status.phase\": "
                    + "supported values: "
                    + "\"metadata.name\", \"metadata.namespace\", \"metadata.uid\", \"spec.nodeName\", "
                    + "\"spec.serviceAccountName\", \"status.hostIP\", \"status.hostIPs\", \"status.podIP\", "
                    + "\"status.podIPs\""
            ),
            CoreFault(
                "spec.containers.0.env", [["name": "A", "valueFrom": ["fieldRef": ["fieldPath": "spec.nope"]]]],
                "spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Invalid value: \"spec.nope\": error "
                    + "converting fieldPath: field label not supported: spec.nope"
            ),
            CoreFault(
                "spec.containers.0.env",
                [["name": "A", "valueFrom": ["fieldRef": ["fieldPath": "metadata.labels['app']"]]]]),
            CoreFault(
                "spec.containers.0.env", [["name": "A", "valueFrom": ["secretKeyRef": ["name": "s"]]]],
                "spec.containers[0].env[0].valueFrom.secretKeyRef.key: Required value"),
            CoreFault(
                "spec.containers.0.env",
                [["name": "A", "valueFrom": ["resourceFieldRef": ["resource": "limits.gpu"]]]],
                "spec.containers[0].env[0].valueFrom.resourceFieldRef.resource: Unsupported value: \"limits.gpu\": "
                    + "supported values: "
                    + "\"limits.cpu\", \"limits.ephemeral-storage\", \"limits.memory\", \"requests.cpu\", "
                    + "\"requests.ephemeral-storage\", \"requests.memory\""),
            CoreFault(
                "spec.containers.0.env",
                [["name": "A", "valueFrom": ["resourceFieldRef": ["resource": "limits.cpu", "divisor": "2"]]]],
                "spec.containers[0].env[0].valueFrom.resourceFieldRef.divisor: Invalid value: \"limits.cpu\": only "
                    + "divisor's values 1m and 1 are supported with the cpu resource"
            ),
            CoreFault(
                "spec.containers.0.envFrom", [["prefix": "P_"]],
                "spec.containers[0].envFrom: Invalid value: \"\": must specify one of: `configMapRef` or `secretRef`"),
            CoreFault(
                "spec.containers.0.envFrom", [["configMapRef": ["name": "A b"]]],
                "spec.containers[0].envFrom[0].configMapRef.name: Invalid value: \"A b\": \(subdomain)"),
        ])
    func environments(_ fault: CoreFault) {
        #expect(
            Self.pods.faults(fault.applied(to: Self.valid))
                == fault.faults)
    }

    @Test(
        "mounts, devices and volumes",
        arguments: [
            CoreFault(
                "spec.containers.0.volumeMounts.0.name", "nope",
                "spec.containers[0].volumeMounts[0].name: Not found: \"nope\""),
            CoreFault(
                "spec.containers.0.volumeMounts.0.mountPath", "",
                "spec.containers[0].volumeMounts[0].mountPath: Required value"),
            CoreFault(
                "spec.containers.0.volumeMounts.1", ["name": "data", "mountPath": "/data"],
                "spec.containers[0].volumeMounts[1].mountPath: Invalid value: \"/data\": must be unique"),
            CoreFault(
                "spec.containers.0.volumeMounts.0.subPath", "../x",
                "spec.containers[0].volumeMounts.subPath: Invalid value: \"../x\": must not contain '..'"),
            CoreFault(
                "spec.containers.0.volumeMounts.0.mountPropagation", "Bidirectional",
                "spec.containers[0].volumeMounts.mountPropagation: Forbidden: Bidirectional mount propagation is "
                    + "available only to privileged containers"
            ),
            CoreFault(
                "spec.containers.0.volumeDevices", [["name": "data", "devicePath": "/dev/x"]],
                "spec.containers[0].volumeMounts[0].name: Invalid value: \"data\": must not already exist in "
                    + "volumeDevices",
                "spec.containers[0].volumeDevices[0].name: Invalid value: \"data\": can only use volume source type "
                    + "of PersistentVolumeClaim or Ephemeral for block mode",
                "spec.containers[0].volumeDevices[0].name: Invalid value: \"data\": must not already exist in "
                    + "volumeMounts"
            ),
            CoreFault("spec.containers.0.volumeDevices", [["name": "disk", "devicePath": "/dev/x"]]),
            CoreFault("spec.volumes.2", ["name": "data"], "spec.volumes[2].name: Duplicate value: \"data\""),
            CoreFault(
                "spec.volumes.2", ["name": "two", "emptyDir": [:], "hostPath": ["path": "/x"]],
                "spec.volumes[2].hostPath: Forbidden: may not specify more than 1 volume type"),
            CoreFault(
                "spec.volumes.2", ["name": "h", "hostPath": ["path": ""]],
                "spec.volumes[2].hostPath.path: Required value"),
            CoreFault(
                "spec.volumes.2", ["name": "h", "hostPath": ["path": "/x", "type": "Pipe"]],
                "spec.volumes[2].hostPath.type: Unsupported value: \"Pipe\": supported values: \"\", "
                    + "\"BlockDevice\", \"CharDevice\", \"Directory\", \"DirectoryOrCreate\", \"File\", "
                    + "\"FileOrCreate\", \"Socket\""
            ),
            CoreFault(
                "spec.volumes.2", ["name": "s", "secret": [:]], "spec.volumes[2].secret.secretName: Required value"),
            CoreFault(
                "spec.volumes.2", ["name": "c", "configMap": ["name": "c", "defaultMode": 512]],
                "spec.volumes[2].configMap.defaultMode: Invalid value: 512: must be a number between 0 and 0777 "
                    + "(octal), both inclusive"
            ),
            CoreFault(
                "spec.volumes.2", ["name": "c", "configMap": ["name": "c", "items": [["key": "k", "path": "/abs"]]]],
                "spec.volumes[2].configMap.items[0].path: Invalid value: \"/abs\": must be a relative path"),
            CoreFault(
                "spec.volumes.2",
                [
                    "name": "p",
                    "projected": ["sources": [["serviceAccountToken": ["path": "t", "expirationSeconds": 5]]]],
                ],
                "spec.volumes[2].projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 5: may "
                    + "not specify a duration less than 10 minutes"
            ),
            CoreFault(
                "spec.volumes.2",
                [
                    "name": "p",
                    "projected": [
                        "sources": [
                            ["secret": ["name": "a", "items": [["key": "k", "path": "f"]]]],
                            ["configMap": ["name": "b", "items": [["key": "k", "path": "f"]]]],
                        ]
                    ],
                ],
                "spec.volumes[2].projected: Invalid value: \"b\": conflicting duplicate paths"),
            CoreFault(
                "spec.volumes.2", ["name": "n", "nfs": ["server": "s", "path": "rel"]],
                "spec.volumes[2].nfs.path: Invalid value: \"rel\": must be an absolute path"),
            CoreFault(
                "spec.volumes.2", ["name": "d", "downwardAPI": ["items": [["path": "f"]]]],
                "spec.volumes[2].downwardAPI: Required value: one of fieldRef and resourceFieldRef is required"),
            CoreFault(
                "spec.volumes.2",
                ["name": "e", "ephemeral": ["volumeClaimTemplate": ["spec": ["accessModes": ["ReadWriteOnce"]]]]],
                "spec.volumes[2].ephemeral.volumeClaimTemplate.spec.resources[storage]: Required value"),
            CoreFault(
                "spec.volumes.2", ["name": "i", "image": [:]], "spec.volumes[2].image.reference: Required value"),
        ])
    func volumes(_ fault: CoreFault) {
        #expect(Self.pods.faults(fault.applied(to: Self.valid)) == fault.faults)
    }

    @Test(
        "probes and hooks",
        arguments: [
            CoreFault(
                "spec.containers.0.livenessProbe", ["periodSeconds": 1],
                "spec.containers[0].livenessProbe: Required value: must specify a handler type"),
            CoreFault(
                "spec.containers.0.livenessProbe", ["exec": ["command": ["a"]], "tcpSocket": ["port": 1]],
                "spec.containers[0].livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type"),
            CoreFault(
                "spec.containers.0.livenessProbe", ["exec": ["command": ["a"]], "successThreshold": 2],
                "spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1"),
            CoreFault(
                "spec.containers.0.readinessProbe", ["exec": ["command": ["a"]], "terminationGracePeriodSeconds": 3],
                "spec.containers[0].readinessProbe.terminationGracePeriodSeconds: Invalid value: 3: must not be set "
                    + "for readinessProbes"
            ),
            CoreFault(
                "spec.containers.0.startupProbe", ["httpGet": ["port": 0]],
                "spec.containers[0].startupProbe.httpGet.port: Invalid value: 0: must be between 1 and 65535, inclusive"
            ),
            CoreFault(
                "spec.containers.0.livenessProbe", ["httpGet": ["port": 80, "scheme": "FTP"]],
                "spec.containers[0].livenessProbe.httpGet.scheme: Unsupported value: \"FTP\": supported values: "
                    + "\"HTTP\", \"HTTPS\""
            ),
            CoreFault(
                "spec.containers.0.livenessProbe", ["exec": ["command": ["a"]], "initialDelaySeconds": -1],
                "spec.containers[0].livenessProbe.initialDelaySeconds: Invalid value: -1: must be greater than or "
                    + "equal to 0"
            ),
            CoreFault(
                "spec.containers.0.lifecycle", ["preStop": ["sleep": ["seconds": 31]]],
                "spec.containers[0].lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than "
                    + "terminationGracePeriodSeconds (30)"
            ),
            CoreFault(
                "spec.initContainers.0.lifecycle", ["preStop": ["exec": ["command": ["a"]]]],
                "spec.initContainers[0].lifecycle: Forbidden: may not be set for init containers without "
                    + "restartPolicy=Always"
            ),
        ])
    func probes(_ fault: CoreFault) {
        #expect(Self.pods.faults(fault.applied(to: Self.valid)) == fault.faults)
    }

    @Test(
        "resources",
        arguments: [
            CoreFault(
                "spec.containers.0.resources", ["limits": ["cpu": "1"], "requests": ["cpu": "2"]],
                "spec.containers[0].resources.requests: Invalid value: \"2\": must be less than or equal to cpu "
                    + "limit of 1"
            ),
            CoreFault(
                "spec.containers.0.resources", ["requests": ["memory": "-1"]],
                "spec.containers[0].resources.requests[memory]: Invalid value: \"-1\": must be greater than or equal "
                    + "to 0"
            ),
            CoreFault(
                "spec.containers.0.resources", ["limits": ["gpu": "1"]],
                "spec.containers[0].resources.limits[gpu]: Invalid value: \"gpu\": must be a standard resource type "
                    + "or fully qualified",
                "spec.containers[0].resources.limits[gpu]: Invalid value: \"gpu\": must be a standard resource for "
                    + "containers",
                "spec.containers[0].resources.requests[gpu]: Invalid value: \"gpu\": must be a standard resource "
                    + "type or fully qualified",
                "spec.containers[0].resources.requests[gpu]: Invalid value: \"gpu\": must be a standard resource for "
                    + "containers"
            ),
            CoreFault(
                "spec.containers.0.resources", ["requests": ["example.com/gpu": "1"]],
                "spec.containers[0].resources.limits: Required value: Limit must be set for non overcommitable "
                    + "resources"
            ),
            CoreFault(
                "spec.containers.0.resources", ["limits": ["example.com/gpu": "500m"]],
                "spec.containers[0].resources.limits[example.com/gpu]: Invalid value: \"500m\": must be an integer",
                "spec.containers[0].resources.requests[example.com/gpu]: Invalid value: \"500m\": must be an integer"),
            CoreFault(
                "spec.containers.0.resources", ["limits": ["hugepages-2Mi": "4Mi"]],
                "spec.containers[0].resources: Forbidden: HugePages require cpu or memory"),
            CoreFault(
                "spec.containers.0.resources", ["claims": [["name": "gpu"]]],
                "spec.containers[0].resources.claims[0]: Not found: \"gpu\": must be one of the names in "
                    + "pod.spec.resourceClaims which is empty"
            ),
        ])
    func resources(_ fault: CoreFault) {
        #expect(Self.pods.faults(fault.applied(to: Self.valid)) == fault.faults)
    }

    @Test(
        "the pod's own fields",
        arguments: [
            CoreFault(
                "spec.restartPolicy", "Maybe",
                "spec.restartPolicy: Unsupported value: \"Maybe\": supported values: \"Always\", "
                    + "\"OnFailure\", \"Never\""
            ),
            CoreFault(
                "spec.dnsPolicy", "None",
                "spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"),
            CoreFault(
                "spec.dnsConfig", ["nameservers": ["1.1.1"]],
                "spec.dnsConfig.nameservers[0]: Invalid value: \"1.1.1\": must be a valid IP address, (e.g. 10.9.8.7 "
                    + "or 2001:db8::ffff)"
            ),
            CoreFault("spec.nodeName", "A_b", "spec.nodeName: Invalid value: \"A_b\": \(subdomain)"),
            CoreFault("spec.hostname", "A", "spec.hostname: Invalid value: \"A\": \(label)"),
            CoreFault(
                "spec.activeDeadlineSeconds", 0,
                "spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive"),
            CoreFault(
                "spec.securityContext", ["runAsUser": -1],
                "spec.securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive"),
            CoreFault(
                "spec.securityContext", ["seccompProfile": ["type": "Localhost"]],
                "spec.securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type "
                    + "is Localhost"
            ),
            CoreFault(
                "spec.securityContext", ["sysctls": [["name": "a..b", "value": "1"]]],
                "spec.securityContext.sysctls[0].name: Invalid value: \"a..b\": must have at most 253 characters and "
                    + "match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$"
            ),
            CoreFault(
                "spec.tolerations", [["key": "a", "operator": "Exists", "value": "x"]],
                "spec.tolerations[0].operator: Invalid value: \"x\": value must be empty when `operator` is 'Exists'"),
            CoreFault(
                "spec.tolerations", [["operator": "Equal"]],
                "spec.tolerations[0].operator: Invalid value: \"Equal\": operator must be Exists when `key` is "
                    + "empty, which means \"match all values and all keys\""
            ),
            CoreFault(
                "spec.tolerations", [["key": "a", "effect": "NoSchedule", "tolerationSeconds": 1]],
                "spec.tolerations[0].effect: Invalid value: \"NoSchedule\": effect must be 'NoExecute' when "
                    + "`tolerationSeconds` is set"
            ),
            CoreFault(
                "spec.hostAliases", [["ip": "x", "hostnames": ["a"]]],
                "spec.hostAliases[0].ip: Invalid value: \"x\": must be a valid IP address, (e.g. 10.9.8.7 or "
                    + "2001:db8::ffff)"
            ),
            CoreFault(
                "spec.topologySpreadConstraints", [["maxSkew": 0, "topologyKey": "z", "whenUnsatisfiable": "Never"]],
                "spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero",
                "spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: \"Never\": supported "
                    + "values: \"DoNotSchedule\", \"ScheduleAnyway\""
            ),
            CoreFault(
                "spec.affinity",
                ["nodeAffinity": ["requiredDuringSchedulingIgnoredDuringExecution": ["nodeSelectorTerms": []]]],
                "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: "
                    + "Required value: must have at least one node selector term"
            ),
            CoreFault(
                "spec.affinity",
                [
                    "podAntiAffinity": [
                        "preferredDuringSchedulingIgnoredDuringExecution": [
                            ["weight": 0, "podAffinityTerm": ["topologyKey": "z"]]
                        ]
                    ]
                ],
                "spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid "
                    + "value: 0: must be in the range 1-100"
            ),
            CoreFault(
                "spec.readinessGates", [["conditionType": ""]],
                "spec.readinessGates[0].conditionType: Invalid value: \"\": name part must be non-empty",
                "spec.readinessGates[0].conditionType: Invalid value: \"\": name part must consist of alphanumeric "
                    + "characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. "
                    + "'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
                    + "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
            ),
            CoreFault(
                "spec.os", ["name": "plan9"],
                "spec.os: Unsupported value: \"plan9\": supported values: \"linux\", \"windows\""),
            CoreFault(
                "spec.serviceAccountName", "A", "spec.serviceAccountName: Invalid value: \"A\": \(subdomain)"),
            CoreFault(
                "metadata.annotations", ["controller.kubernetes.io/pod-deletion-cost": "+5"],
                "metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: \"+5\": must be a "
                    + "32bit integer"
            ),
            CoreFault(
                "metadata.annotations", ["kubernetes.io/config.mirror": "x"],
                "metadata.annotations[kubernetes.io/config.mirror]: Invalid value: \"x\": must set spec.nodeName if "
                    + "mirror pod annotation is set"
            ),
        ])
    func podFields(_ fault: CoreFault) {
        #expect(Self.pods.faults(fault.applied(to: Self.valid)) == fault.faults)
    }

    @Test("a container that may not gain privileges isn't privileged")
    func privileges() {
        let pod = CoreFault(
            "spec.containers.0.securityContext", ["privileged": true, "allowPrivilegeEscalation": false]
        ).applied(to: Self.valid)
        let faults = Self.pods.faults(pod)
        #expect(faults.count == 1)
        #expect(faults.first?.hasPrefix("spec.containers[0].securityContext: Invalid value: {") == true)
        #expect(
            faults.first?.hasSuffix(": cannot set `allowPrivilegeEscalation` to false and `privileged` to true") == true
        )
    }

    @Test("30,000 of anything in one pod are judged in good time")
    func many() {
        let tolerations = JSON.array((0..<30_000).map { ["key": .string("k\($0)"), "operator": "Exists"] })
        let ports = JSON.array((0..<30_000).map { _ in ["containerPort": 80] })
        var pod = CoreFault("spec.tolerations", tolerations).applied(to: Self.valid)
        pod = CoreFault("spec.containers.0.ports", ports).applied(to: pod)
        let clock = ContinuousClock()
        var faults = 0
        var warnings = 0
        let time = clock.measure {
            let created = Self.pods.created(pod)
            faults = PodKind.rules.validate(created).count + PodKind.rules.validateUpdate(created, created).count
            warnings = PodKind.rules.warnings(created, nil).count
        }
        #expect(faults == 0)
        #expect(warnings == 100)
        #expect(time < .seconds(20))
    }
}
