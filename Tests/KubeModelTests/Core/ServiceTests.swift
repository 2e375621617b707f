import JSON
import Testing

@testable import KubeModel

@Suite struct ServiceTests {
    static let services = CoreKind("Service")
    static let valid: JSON = [
        "metadata": ["name": "web", "namespace": "default"],
        "spec": ["clusterIP": "10.96.0.10", "ports": [["port": 80]], "selector": ["app": "web"]],
    ]

    @Test(
        "faults of a new service",
        arguments: [
            CoreFault("metadata.name", "web"),
            CoreFault("spec.ports", [], "spec.ports: Required value"),
            CoreFault(
                "spec.ports.0.port", 0, "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
                "spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive"),
            CoreFault(
                "spec.ports.1", ["port": 443], "spec.ports[0].name: Required value",
                "spec.ports[1].name: Required value"),
            CoreFault(
                "spec.ports", [["name": "a", "port": 80], ["name": "a", "port": 81]],
                "spec.ports[1].name: Duplicate value: \"a\""),
            CoreFault(
                "spec.ports", [["name": "a", "port": 80], ["name": "b", "port": 80]],
                "spec.ports[1]: Duplicate value: "
                    + "{\"Name\":\"\",\"Protocol\":\"TCP\",\"AppProtocol\":null,\"Port\":80,\"TargetPort\":0,\"NodePort\":0}"
            ),
            CoreFault(
                "spec.ports.0.nodePort", 30080,
                "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"),
            CoreFault(
                "spec.type", "Internal",
                "spec.type: Unsupported value: \"Internal\": supported values: \"ClusterIP\", \"ExternalName\", "
                    + "\"LoadBalancer\", \"NodePort\""
            ),
            CoreFault(
                "spec.sessionAffinity", "Cookie",
                "spec.sessionAffinity: Unsupported value: \"Cookie\": supported values: \"ClientIP\", \"None\""),
            CoreFault(
                "spec.clusterIP", "10.96.0",
                "spec.clusterIPs[0]: Invalid value: \"10.96.0\": must be a valid IP address, (e.g. 10.9.8.7 or "
                    + "2001:db8::ffff)"
            ),
            CoreFault(
                "spec.clusterIPs", ["10.96.0.11"],
                "spec.clusterIPs: Invalid value: [\"10.96.0.11\"]: first value must match `clusterIP`"),
            CoreFault(
                "spec.ipFamilies", ["IPv6"],
                "spec.clusterIPs[0]: Invalid value: \"10.96.0.10\": expected an IPv6 value as indicated by "
                    + "`ipFamilies[0]`"
            ),
            CoreFault(
                "spec.externalIPs", ["127.0.0.1"],
                "spec.externalIPs[0]: Invalid value: \"127.0.0.1\": may not be in the loopback range (127.0.0.0/8, "
                    + "::1/128)"
            ),
            CoreFault(
                "spec.externalTrafficPolicy", "Local",
                "spec.externalTrafficPolicy: Invalid value: \"Local\": may only be set for externally-accessible "
                    + "services"
            ),
            CoreFault(
                "spec.internalTrafficPolicy", "Node",
                "spec.internalTrafficPolicy: Unsupported value: \"Node\": supported values: \"Cluster\", \"Local\""),
            CoreFault(
                "spec.loadBalancerClass", "a",
                "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'"),
            CoreFault(
                "spec.loadBalancerSourceRanges", ["10.0.0.0/8"],
                "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'"),
            CoreFault(
                "spec.trafficDistribution", "Near",
                "spec.trafficDistribution: Unsupported value: \"Near\": supported values: \"PreferClose\", "
                    + "\"PreferSameZone\", \"PreferSameNode\""
            ),
            CoreFault(
                "spec", ["type": "ExternalName"], "spec.externalName: Required value"),
            CoreFault("spec", ["type": "ExternalName", "externalName": "a.example.com."]),
            CoreFault(
                "spec", ["type": "NodePort", "clusterIP": "None", "ports": [["port": 80]]],
                "spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' for NodePort services"),
            CoreFault("spec", ["clusterIP": "None"]),
            CoreFault(
                "spec",
                [
                    "type": "LoadBalancer", "clusterIP": "10.96.0.1", "externalTrafficPolicy": "Local",
                    "ports": [["port": 80]],
                ],
                "spec.healthCheckNodePort: Required value"),
            CoreFault(
                "spec",
                [
                    "sessionAffinity": "ClientIP", "clusterIP": "10.96.0.1", "ports": [["port": 80]],
                    "sessionAffinityConfig": ["clientIP": ["timeoutSeconds": 86401]],
                ],
                "spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 86401: must be greater than 0 "
                    + "and less than 86400"
            ),
        ])
    func faults(_ fault: CoreFault) {
        #expect(Self.services.faults(fault.applied(to: Self.valid)) == fault.faults)
    }

    private let stored = services.created(valid)

    @Test("the cluster address doesn't change, and stays when it is left out")
    func clusterAddress() {
        #expect(
            Self.services.faults(of: CoreFault("spec.clusterIP", "10.96.0.11").applied(to: stored), after: stored) == [
                "spec.clusterIPs[0]: Invalid value: [\"10.96.0.11\"]: may not change once set"
            ])
        var short = CoreFault("spec.clusterIP", nil).applied(to: stored)
        short = CoreFault("spec.clusterIPs", nil).applied(to: short)
        #expect(Self.services.updated(short, stored)["spec"].isAlike(stored["spec"]))
        #expect(Self.services.faults(of: short, after: stored) == [])
    }

    @Test("node ports stay by their ports' names, and go with a type that has none")
    func nodePorts() {
        let node = Self.services.created(
            CoreFault(
                "spec",
                [
                    "type": "NodePort", "clusterIP": "10.96.0.1",
                    "ports": [
                        ["name": "a", "port": 80, "nodePort": 30080], ["name": "b", "port": 81, "nodePort": 30081],
                    ],
                ]
            ).applied(to: Self.valid))
        var new = CoreFault("spec.ports", [["name": "b", "port": 8081], ["name": "a", "port": 80]]).applied(to: node)
        #expect(Self.services.updated(new, node)["spec"].list("ports").map { $0["nodePort"] } == [30081, 30080])
        new = CoreFault("spec.type", "ClusterIP").applied(to: node)
        #expect(Self.services.updated(new, node)["spec"].list("ports").allSatisfy { !$0.has("nodePort") })
        #expect(Self.services.updated(new, node)["spec"].has("externalTrafficPolicy") == false)
        #expect(Self.services.faults(of: new, after: node) == [])
    }

    @Test("a service that becomes a name lets its address go")
    func toExternalName() {
        var new = CoreFault("spec.type", "ExternalName").applied(to: stored)
        new = CoreFault("spec.externalName", "a.example.com").applied(to: new)
        let after = Self.services.updated(new, stored)
        #expect(!after["spec"].has("clusterIP") && !after["spec"].has("clusterIPs"))
        #expect(Self.services.faults(of: new, after: stored) == [])
    }

    @Test("faults of a status")
    func status() {
        var new = stored
        new["status", "loadBalancer"] = ["ingress": [["ip": "1.2.3.4", "ipMode": "VIP"]]]
        #expect(
            Self.services.statusFaults(of: new, after: stored) == [
                "status.loadBalancer.ingress: Forbidden: may only be used when `spec.type` is 'LoadBalancer'"
            ])
        var balanced = stored
        balanced["spec", "type"] = "LoadBalancer"
        new["status", "loadBalancer"] = ["ingress": [["ip": "1.2.3.4"], ["hostname": "1.2.3.4"]]]
        #expect(
            Self.services.statusFaults(of: new, after: balanced) == [
                "status.loadBalancer.ingress[0].ipMode: Required value: must be specified when `ip` is set",
                "status.loadBalancer.ingress[1].hostname: Invalid value: \"1.2.3.4\": must be a DNS name, not an IP "
                    + "address",
            ])
    }

    @Test("warnings")
    func warnings() {
        func warnings(_ spec: JSON) -> [String] {
            ServiceKind.rules.warnings(Self.services.created(["metadata": ["name": "a"], "spec": spec]), nil)
        }
        #expect(warnings(["ports": [["port": 80]]]) == [])
        #expect(
            warnings(["externalIPs": ["1.2.3.4"], "trafficDistribution": "PreferClose"]) == [
                "spec.externalIPs is deprecated and may no longer be implemented in some clusters",
                "spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"",
            ])
        #expect(
            warnings(["externalName": "a"]) == ["spec.externalName is ignored when spec.type is not \"ExternalName\""])
    }
}
