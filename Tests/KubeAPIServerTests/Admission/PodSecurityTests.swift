import JSON
import KubeModel
import Testing

@testable import KubeAPIServer

private let metadata: JSON = ["name": "web"]

private func found(_ level: PodSecurityLevel, _ spec: JSON, minor: Int? = nil, _ metadata: JSON = metadata) -> String {
    PodSecurityStandards.text(
        PodSecurityStandards.evaluate(PodSecurityStandard(level: level, minor: minor), metadata, spec))
}

private func containers(_ contexts: JSON...) -> JSON {
    [
        "containers": .array(
            contexts.enumerated().map { ["name": .string("c\($0.offset)"), "securityContext": $0.element] })
    ]
}

private let hardened: JSON = [
    "allowPrivilegeEscalation": false, "runAsNonRoot": true, "capabilities": ["drop": ["ALL"]],
    "seccompProfile": ["type": "RuntimeDefault"],
]

@Suite("Pod Security Standards")
struct PodSecurityStandardTests {
    @Test("a hardened pod keeps every standard, a privileged namespace takes anything")
    func hardenedPod() {
        #expect(found(.restricted, containers(hardened)).isEmpty)
        #expect(found(.privileged, containers(["privileged": true])).isEmpty)
        #expect(found(.baseline, ["containers": [["name": "c"]]]).isEmpty)
    }

    @Test(
        "the baseline's findings are the original's",
        arguments: [
            (
                containers(["privileged": true], ["privileged": true]),
                #"privileged (containers "c0", "c1" must not set securityContext.privileged=true)"#
            ),
            (["hostNetwork": true, "hostIPC": true], "host namespaces (hostNetwork=true, hostIPC=true)"),
            (["volumes": [["name": "v", "hostPath": [:]]]], #"hostPath volumes (volume "v")"#),
            (
                ["containers": [["name": "c", "ports": [["hostPort": 80], ["hostPort": 443], ["hostPort": 0]]]]],
                #"hostPort (container "c" uses hostPorts 443, 80)"#
            ),
            (
                containers(["capabilities": ["add": ["SYS_ADMIN", "CHOWN", "NET_RAW"]]]),
                #"non-default capabilities (container "c0" must not include "NET_RAW", "SYS_ADMIN" in securityContext.capabilities.add)"#
            ),
            (
                [
                    "containers": [
                        [
                            "name": "c", "livenessProbe": ["httpGet": ["host": "h"]],
                            "lifecycle": ["preStop": ["tcpSocket": ["host": "g"]]],
                        ]
                    ]
                ],
                #"probe or lifecycle host (container "c" uses probe or lifecycle hosts "g", "h")"#
            ),
            (
                containers(["procMount": "Unmasked"]),
                #"procMount (container "c0" must not set securityContext.procMount to "Unmasked")"#
            ),
            (
                [
                    "securityContext": ["seLinuxOptions": ["type": "spc_t", "role": "r"]],
                    "containers": [["name": "c", "securityContext": ["seLinuxOptions": ["user": "u"]]]],
                ],
                #"seLinuxOptions (pod and container "c" set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set; role may not be set)"#
            ),
            (
                ["securityContext": ["seccompProfile": ["type": "Unconfined"]]],
                #"seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")"#
            ),
            (
                ["securityContext": ["sysctls": [["name": "kernel.msgmax"], ["name": "net.ipv4.tcp_rmem"]]]],
                "forbidden sysctls (kernel.msgmax)"
            ),
            (
                ["securityContext": ["windowsOptions": ["hostProcess": true]]],
                "hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)"
            ),
            (
                containers(["appArmorProfile": ["type": "Unconfined"]]),
                #"forbidden AppArmor profile (container "c0" must not set AppArmor profile type to "Unconfined")"#
            ),
        ] as [(JSON, String)])
    func baseline(_ spec: JSON, _ expected: String) { #expect(found(.baseline, spec) == expected) }

    @Test("a bare pod violates the restricted standard in four ways")
    func restricted() {
        #expect(
            found(.restricted, ["containers": [["name": "a"], ["name": "b"]]])
                == #"allowPrivilegeEscalation != false (containers "a", "b" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (containers "a", "b" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or containers "a", "b" must set securityContext.runAsNonRoot=true), seccompProfile (pod or containers "a", "b" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")"#
        )
    }

    @Test(
        "other findings of the restricted standard",
        arguments: [
            (["runAsUser": 0], #"runAsUser=0 (container "c0" must not set runAsUser=0)"#),
            (
                ["runAsNonRoot": false],
                #"runAsNonRoot != true (container "c0" must not set securityContext.runAsNonRoot=false)"#
            ),
            (
                ["capabilities": ["drop": ["ALL"], "add": ["NET_BIND_SERVICE", "CHOWN"]]],
                #"unrestricted capabilities (container "c0" must not include "CHOWN" in securityContext.capabilities.add)"#
            ),
        ] as [(JSON, String)])
    func more(_ change: JSON, _ expected: String) {
        var context = hardened
        for (key, value) in change.object ?? JSONObject() { context[key] = value }
        #expect(found(.restricted, containers(context)) == expected)
    }

    @Test("volumes of other types are named")
    func volumes() {
        var spec = containers(hardened)
        spec["volumes"] = [
            ["name": "a", "emptyDir": [:]], ["name": "b", "nfs": [:]], ["name": "c", "hostPath": [:]],
            ["name": "d", "image": [:]],
        ]
        #expect(
            found(.restricted, spec)
                == #"restricted volume types (volumes "b", "c" use restricted volume types "hostPath", "nfs")"#)
    }

    @Test("a version's rules are those of its time")
    func versions() {
        let tcp: JSON = ["securityContext": ["sysctls": [["name": "net.ipv4.tcp_rmem"]]]]
        #expect(found(.baseline, tcp).isEmpty && !found(.baseline, tcp, minor: 31).isEmpty)
        let engine: JSON = ["securityContext": ["seLinuxOptions": ["type": "container_engine_t"]]]
        #expect(found(.baseline, engine).isEmpty && !found(.baseline, engine, minor: 30).isEmpty)
        let windows: JSON = [
            "os": ["name": "windows"], "securityContext": ["runAsNonRoot": true], "containers": [["name": "c"]],
        ]
        #expect(found(.restricted, windows).isEmpty && !found(.restricted, windows, minor: 24).isEmpty)
        let own: JSON = [
            "hostUsers": false,
            "containers": [
                [
                    "name": "c",
                    "securityContext": [
                        "allowPrivilegeEscalation": false, "capabilities": ["drop": ["ALL"]], "runAsUser": 0,
                        "seccompProfile": ["type": "RuntimeDefault"],
                    ],
                ]
            ],
        ]
        #expect(found(.restricted, own).isEmpty)
        #expect(found(.restricted, own, minor: 34).contains("runAsUser=0"))
        #expect(found(.baseline, tcp, minor: 99).isEmpty)
        let annotated: JSON = ["annotations": ["seccomp.security.alpha.kubernetes.io/pod": "unconfined"]]
        #expect(
            found(.baseline, [:], minor: 18, annotated)
                == #"seccompProfile (forbidden annotation seccomp.security.alpha.kubernetes.io/pod="unconfined")"#)
    }
}

@Suite("The PodSecurity plugin")
struct PodSecurityPluginTests {
    private func namespace(_ labels: [String: String]) -> JSON {
        [
            "metadata": [
                "name": "team",
                "labels": JSON(
                    Dictionary(uniqueKeysWithValues: labels.map { ("pod-security.kubernetes.io/\($0)", $1) })),
            ]
        ]
    }

    @Test("a pod is refused, warned of, or let in, by its namespace's labels")
    func pods() async {
        let root = pod(["hostNetwork": true])
        let enforced = FakeObjects([("namespaces", namespace(["enforce": "baseline"]))])
        #expect(
            await admit(PodSecurity(), request(.create, "pods", root), enforced).message
                == #"pods "web" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)"#
        )
        let warned = FakeObjects([("namespaces", namespace(["warn": "baseline", "warn-version": "v1.30"]))])
        #expect(
            await admit(PodSecurity(), request(.create, "pods", root), warned).warnings
                == [#"would violate PodSecurity "baseline:v1.30": host namespaces (hostNetwork=true)"#])
        let open = FakeObjects([("namespaces", namespace([:]))])
        let verdict = await admit(PodSecurity(), request(.create, "pods", root), open)
        #expect(verdict.refusal == nil && verdict.warnings.isEmpty)
    }

    @Test("an enforced level warns of templates, and lets them in")
    func templates() async {
        let objects = FakeObjects([("namespaces", namespace(["enforce": "restricted"]))])
        let deployment: JSON = [
            "metadata": ["name": "d"], "spec": ["template": ["metadata": [:], "spec": ["hostPID": true]]],
        ]
        let verdict = await admit(PodSecurity(), request(.create, "deployments.apps", deployment), objects)
        #expect(verdict.refusal == nil && verdict.warnings.count == 1)
        #expect(
            verdict.warnings.first?.hasPrefix(#"would violate PodSecurity "restricted:latest": host namespaces"#)
                == true)
    }

    @Test("only a change of containers or images is looked at again")
    func updates() async {
        let objects = FakeObjects([("namespaces", namespace(["enforce": "baseline"]))])
        let old = pod(["hostNetwork": true, "containers": [["name": "c", "image": "a"]]])
        var labelled = old
        labelled["metadata", "labels"] = ["x": "y"]
        #expect(await admit(PodSecurity(), request(.update, "pods", labelled, old: old), objects).refusal == nil)
        let changed = pod(["hostNetwork": true, "containers": [["name": "c", "image": "b"]]])
        #expect(await admit(PodSecurity(), request(.update, "pods", changed, old: old), objects).refusal != nil)
        #expect(await admit(PodSecurity(), request(.update, "pods/status", changed, old: old), objects).refusal == nil)
    }

    @Test("a namespace's bad labels are refused")
    func badLabels() async {
        let bad = namespace(["enforce": "strict", "enforce-version": "1.30"])
        #expect(
            await admit(PodSecurity(), request(.create, "namespaces", bad, namespace: "")).message
                == #"Namespace "team" is invalid: [metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted, metadata.labels[pod-security.kubernetes.io/enforce-version]: Invalid value: "1.30": must be "latest" or "v1.x"]"#
        )
    }

    @Test("a stricter namespace tells which of its pods violate the standard")
    func existingPods() async {
        let objects = FakeObjects(
            ["b", "a", "c"].map { ("pods", pod(["hostNetwork": true], name: $0)) }
                + [
                    (
                        "pods",
                        pod(
                            ["hostPID": true, "containers": [["name": "x", "securityContext": ["privileged": true]]]],
                            name: "z")
                    )
                ])
        let verdict = await admit(
            PodSecurity(),
            request(.update, "namespaces", namespace(["enforce": "baseline"]), old: namespace([:]), namespace: ""),
            objects)
        #expect(
            verdict.warnings == [
                #"existing pods in namespace "team" violate the new PodSecurity enforce level "baseline:latest""#,
                "a (and 2 other pods): host namespaces", "z: host namespaces, privileged",
            ])
    }
}
