import JSON
import Testing

@testable import KubeModel

@Suite("networking.k8s.io")
struct NetworkingTests {
    static let subdomain =
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
        + "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
        + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"

    func policy() throws -> JSON {
        try NetworkPolicy.rules.defaulted(
            """
            {"metadata": {"name": "p"}, "spec": {"podSelector": {"matchLabels": {"app": "web"}},
             "ingress": [{"ports": [{"port": 80, "endPort": 90}], "from": [{"podSelector": {}}]}],
             "egress": [{"to": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}]}]}}
            """)
    }

    func ingress() throws -> JSON {
        try JSON(
            parsing: """
                {"metadata": {"name": "i"}, "spec": {"ingressClassName": "nginx", "rules": [{"host": "a.example.com",
                 "http": {"paths": [{"path": "/x", "pathType": "Prefix",
                                     "backend": {"service": {"name": "web", "port": {"number": 80}}}}]}}]}}
                """)
    }

    @Test("a NetworkPolicy is about what it has rules for")
    func policyDefaults() throws {
        var object = try policy()
        #expect(object["spec"]["policyTypes"] == ["Ingress", "Egress"])
        #expect(object["spec"]["ingress"][0]["ports"][0]["protocol"] == "TCP")
        object["spec"] = ["podSelector": [:]]
        NetworkPolicy.rules.defaults(&object)
        #expect(object["spec"]["policyTypes"] == ["Ingress"])
        #expect(NetworkPolicy.rules.row(try policy()) == ["p", "app=web", "60m"])
        #expect(NetworkPolicy.rules.row(object) == ["p", "<none>", "60m"])
    }

    @Test("a NetworkPolicy's ports and peers are checked")
    func policyFaults() throws {
        let (port, peer) = ("spec.ingress[0].ports[0]", "spec.ingress[0].from[0]")
        func set(_ object: inout JSON, ports: JSON = [], from: JSON = []) {
            object["spec", "ingress"] = [["ports": ports, "from": from]]
        }
        func cidr(_ object: inout JSON, _ block: JSON) { set(&object, from: [["ipBlock": block]]) }
        NetworkPolicy.rules.expect(
            [
                FaultCase(
                    "protocol",
                    "\(port).protocol: Unsupported value: \"x\": supported values: \"TCP\", \"UDP\", \"SCTP\""
                ) { set(&$0, ports: [["protocol": "x"]]) },
                FaultCase("port", "\(port).port: Invalid value: 0: must be between 1 and 65535, inclusive") {
                    set(&$0, ports: [["port": 0]])
                },
                FaultCase("end", "\(port).endPort: Invalid value: 2: must be greater than or equal to `port`") {
                    set(&$0, ports: [["port": 2, "endPort": 1]])
                },
                FaultCase(
                    "end of a name",
                    "\(port).endPort: Invalid value: 1: may not be specified when `port` is non-numeric"
                ) { set(&$0, ports: [["port": "http", "endPort": 1]]) },
                FaultCase(
                    "end of nothing",
                    "\(port).endPort: Invalid value: 1: may not be specified when `port` is not specified"
                ) { set(&$0, ports: [["endPort": 1]]) },
                FaultCase("no peer", "\(peer): Required value: must specify a peer") { set(&$0, from: [[:]]) },
                FaultCase(
                    "two peers", "\(peer): Forbidden: may not specify both ipBlock and another peer"
                ) { set(&$0, from: [["podSelector": [:], "ipBlock": ["cidr": "10.0.0.0/8"]]]) },
                FaultCase("no network", "\(peer).ipBlock.cidr: Required value") { cidr(&$0, [:]) },
                FaultCase(
                    "network",
                    "\(peer).ipBlock.cidr: Invalid value: \"x\": "
                        + "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
                ) { cidr(&$0, ["cidr": "x"]) },
                FaultCase(
                    "exception",
                    "\(peer).ipBlock.except[0]: Invalid value: \"10.0.0.0/8\": must be a strict subset of `cidr`",
                    "\(peer).ipBlock.except[1]: Invalid value: \"11.0.0.0/16\": must be a strict subset of `cidr`"
                ) { cidr(&$0, ["cidr": "10.0.0.0/8", "except": ["10.0.0.0/8", "11.0.0.0/16"]]) },
                FaultCase(
                    "type", "spec.policyTypes[0]: Unsupported value: \"x\": supported values: \"Ingress\", \"Egress\""
                ) { $0["spec", "policyTypes"] = ["x"] },
                FaultCase(
                    "types",
                    "spec.policyTypes: Invalid value: [\"a\",\"b\",\"c\"]: may not specify more than two policyTypes"
                ) { $0["spec", "policyTypes"] = ["a", "b", "c"] },
            ], of: try policy())
    }

    @Test("a network that was stored with host bits may stay, with a warning")
    func storedNetwork() throws {
        var (old, new) = (try policy(), try policy())
        old["spec", "egress"] = [["to": [["ipBlock": ["cidr": "10.0.0.1/8"]]]]]
        new = old
        #expect(NetworkPolicy.rules.validateUpdate(new, old).isEmpty)
        #expect(!NetworkPolicy.rules.validate(new).isEmpty)
        #expect(
            NetworkPolicy.rules.warnings(new, old) == [
                "spec.egress[0].to[0].ipBlock.cidr: CIDR value \"10.0.0.1/8\" is ambiguous in this context "
                    + "(should be \"10.0.0.0/8\" or \"10.0.0.1/32\"?)"
            ])
    }

    @Test("an Ingress's hosts, paths and backends are checked")
    func ingressFaults() throws {
        let path = "spec.rules[0].http.paths[0]"
        func entry(_ object: inout JSON, _ type: String, _ path: String) {
            object["spec", "rules"] = [
                [
                    "http": [
                        "paths": [
                            [
                                "path": .string(path), "pathType": .string(type),
                                "backend": ["service": ["name": "web", "port": ["name": "http"]]],
                            ]
                        ]
                    ]
                ]
            ]
        }
        func backend(_ object: inout JSON, _ backend: JSON) { object["spec", "defaultBackend"] = backend }
        Ingress.rules.expect(
            [
                FaultCase(
                    "nothing",
                    "spec: Invalid value: null: either `defaultBackend` or `rules` must be specified"
                ) { $0["spec"] = [:] },
                FaultCase(
                    "address", "spec.rules[0].host: Invalid value: \"1.2.3.4\": must be a DNS name, not an IP address"
                ) { $0["spec", "rules"] = [["host": "1.2.3.4"]] },
                FaultCase("host", "spec.rules[0].host: Invalid value: \"A\": \(Self.subdomain)") {
                    $0["spec", "rules"] = [["host": "A"]]
                },
                FaultCase("no paths", "spec.rules[0].http.paths: Required value") {
                    $0["spec", "rules"] = [["http": ["paths": []]]]
                },
                FaultCase("no type", "\(path).pathType: Required value: pathType must be specified") {
                    $0["spec", "rules"] = [["http": ["paths": [["path": "/"]]]]]
                },
                FaultCase(
                    "type",
                    "\(path).pathType: Unsupported value: \"Odd\": "
                        + "supported values: \"Exact\", \"ImplementationSpecific\", \"Prefix\""
                ) { entry(&$0, "Odd", "/") },
                FaultCase("relative", "\(path).path: Invalid value: \"x\": must be an absolute path") {
                    entry(&$0, "Exact", "x")
                },
                FaultCase("any") { entry(&$0, "ImplementationSpecific", "") },
                FaultCase(
                    "dots", "\(path).path: Invalid value: \"/a/../b//c/..\": must not contain '//'",
                    "\(path).path: Invalid value: \"/a/../b//c/..\": must not contain '/../'",
                    "\(path).path: Invalid value: \"/a/../b//c/..\": cannot end with '/..'"
                ) { entry(&$0, "Prefix", "/a/../b//c/..") },
                FaultCase(
                    "no backend",
                    "spec.defaultBackend: Invalid value: \"\": resource or service backend is required"
                ) { backend(&$0, [:]) },
                FaultCase(
                    "two backends",
                    "spec.defaultBackend: Invalid value: \"\": cannot set both resource and service backends"
                ) { backend(&$0, ["service": [:], "resource": [:]]) },
                FaultCase(
                    "service", "spec.defaultBackend.service.name: Required value",
                    "spec.defaultBackend: Required value: port name or number is required"
                ) { backend(&$0, ["service": [:]]) },
                FaultCase(
                    "two ports", "spec.defaultBackend: Invalid value: \"\": cannot set both port name & port number"
                ) { backend(&$0, ["service": ["name": "web", "port": ["name": "a", "number": 1]]]) },
                FaultCase(
                    "port",
                    "spec.defaultBackend.service.port.number: Invalid value: 65536: "
                        + "must be between 1 and 65535, inclusive"
                ) { backend(&$0, ["service": ["name": "web", "port": ["number": 65_536]]]) },
                FaultCase(
                    "resource", "spec.defaultBackend.resource.kind: Required value",
                    "spec.defaultBackend.resource.name: Required value"
                ) { backend(&$0, ["resource": [:]]) },
                FaultCase(
                    "TLS", "spec.tls[0].hosts[0]: Invalid value: \"A\": \(Self.subdomain)",
                    "spec.tls[0].secretName: Invalid value: \"B\": \(Self.subdomain)"
                ) { $0["spec", "tls"] = [["hosts": ["A"], "secretName": "B"]] },
                FaultCase(
                    "two classes",
                    "annotations.kubernetes.io/ingress.class: Invalid value: \"x\": "
                        + "must match `ingressClassName` when both are specified"
                ) { $0["metadata", "annotations"] = ["kubernetes.io/ingress.class": "x"] },
            ], of: try ingress())
    }

    @Test("an Ingress that was stored under looser rules may stay")
    func storedIngress() throws {
        var old = try ingress()
        old["spec", "rules"] = [["host": "*.example.com", "http": ["paths": []]]]
        old["spec", "tls"] = [["secretName": "B"]]
        #expect(Ingress.rules.validate(old).count == 2)
        #expect(Ingress.rules.validateUpdate(old, old).isEmpty)
    }

    @Test("an Ingress's addresses are checked, and its old way of naming a class is warned of")
    func ingressStatus() throws {
        let path = "status.loadBalancer.ingress[0]"
        Ingress.rules.expectStatusUpdates(
            [
                FaultCase(
                    "ip",
                    "\(path).ip: Invalid value: \"x\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
                ) { $0["status"] = ["loadBalancer": ["ingress": [["ip": "x"]]]] },
                FaultCase(
                    "host", "\(path).hostname: Invalid value: \"1.2.3.4\": must be a DNS name, not an IP address"
                ) { $0["status"] = ["loadBalancer": ["ingress": [["hostname": "1.2.3.4"]]]] },
            ], of: try ingress())
        var object = try ingress()
        object["metadata", "annotations"] = ["kubernetes.io/ingress.class": "nginx"]
        #expect(
            Ingress.rules.warnings(object, nil) == [
                "annotation \"kubernetes.io/ingress.class\" is deprecated, please use 'spec.ingressClassName' instead"
            ])
        #expect(Ingress.rules.warnings(object, object).isEmpty)
    }

    @Test("an Ingress is printed with up to three hosts, and its addresses sorted")
    func ingressTable() throws {
        #expect(Ingress.rules.columnNames == ["Name", "Class", "Hosts", "Address", "Ports", "Age"])
        var object = try ingress()
        #expect(Ingress.rules.row(object) == ["i", "nginx", "a.example.com", "", "80", "60m"])
        object["spec"] = [
            "rules": [["host": "a"], ["host": "b"], ["host": "c"], ["host": "d"], ["host": "e"]], "tls": [[:]],
        ]
        object["status"] = ["loadBalancer": ["ingress": [["ip": "10.0.0.2"], ["hostname": "a.b"], ["ip": "10.0.0.1"]]]]
        let cells: [JSON] = ["i", "<none>", "a,b,c + 2 more...", "10.0.0.1,10.0.0.2,a.b", "80, 443", "60m"]
        #expect(Ingress.rules.row(object) == cells)
        object["spec"] = ["defaultBackend": [:]]
        #expect(Ingress.rules.row(object)[2] == "*")
    }

    @Test("an IngressClass keeps its controller, and its parameters have a scope")
    func ingressClass() throws {
        let good = try IngressClass.rules.defaulted(
            """
            {"metadata": {"name": "nginx"}, "spec": {"controller": "k8s.io/nginx",
             "parameters": {"apiGroup": "k8s.example.com", "kind": "Config", "name": "c"}}}
            """)
        #expect(good["spec"]["parameters"]["scope"] == "Cluster")
        let at = "spec.parameters"
        IngressClass.rules.expect(
            [
                FaultCase("no controller", "spec.controller: Required value") { $0["spec", "controller"] = "" },
                FaultCase(
                    "controller",
                    "spec.controller: Invalid value: \"x\": must be a domain-prefixed path (such as \"acme.io/foo\")"
                ) { $0["spec", "controller"] = "x" },
                FaultCase("long", "spec.controller: Too long: may not be more than 250 bytes") {
                    $0["spec", "controller"] = .string("a.b/" + String(repeating: "c", count: 250))
                },
                FaultCase(
                    "namespace", "\(at).namespace: Required value: `parameters.scope` is set to 'Namespace'"
                ) { $0["spec", "parameters", "scope"] = "Namespace" },
                FaultCase("needless", "\(at).namespace: Forbidden: `parameters.scope` is set to 'Cluster'") {
                    $0["spec", "parameters", "namespace"] = "ns"
                },
                FaultCase(
                    "scope",
                    "\(at).scope: Unsupported value: \"x\": supported values: \"Cluster\", \"Namespace\""
                ) { $0["spec", "parameters", "scope"] = "x" },
            ], of: good)
        IngressClass.rules.expectUpdates(
            [
                FaultCase("controller", "spec.controller: Invalid value: \"a.b/c\": field is immutable") {
                    $0["spec", "controller"] = "a.b/c"
                }
            ], of: good)
        #expect(IngressClass.rules.row(good) == ["nginx", "k8s.io/nginx", "Config.k8s.example.com/c", "60m"])
        var plain = good
        plain["spec"] = ["controller": "a.b/c"]
        #expect(IngressClass.rules.row(plain)[2] == "<none>")
    }

    @Test("an IPAddress's name is the address, and it belongs to one object for good")
    func address() throws {
        let rules = AddressReservation.rules
        let good: JSON = [
            "metadata": ["name": "10.96.0.1"],
            "spec": ["parentRef": ["resource": "services", "namespace": "default", "name": "kubernetes"]],
        ]
        rules.expect(
            [
                FaultCase("no parent", "spec.parentRef: Required value") { $0["spec"] = [:] },
                FaultCase("empty", "spec.parentRef.resource: Required value", "spec.parentRef.name: Required value") {
                    $0["spec", "parentRef"] = [:]
                },
                FaultCase("group", "spec.parentRef.group: Invalid value: \"A\": \(Self.subdomain)") {
                    $0["spec", "parentRef", "group"] = "A"
                },
            ], of: good)
        rules.expectUpdates(
            [
                FaultCase(
                    "parent",
                    "spec.parentRef: Invalid value: {\"Group\":\"\",\"Resource\":\"services\",\"Namespace\":\"x\","
                        + "\"Name\":\"kubernetes\"}: field is immutable"
                ) { $0["spec", "parentRef", "namespace"] = "x" }
            ], of: good)
        #expect(rules.row(good) == ["10.96.0.1", "services/default/kubernetes"])
        guard case .own(let check) = rules.nameRule else { return #expect(Bool(false)) }
        #expect(check("10.96.0.1", false) == [])
        #expect(check("fd00::0", false) == ["must be in canonical form (\"fd00::\")"])
    }

    @Test("a ServiceCIDR has a network of each family at most, and may get the second one later")
    func serviceCIDR() throws {
        let rules = ServiceCIDR.rules
        let good: JSON = ["metadata": ["name": "k"], "spec": ["cidrs": ["10.96.0.0/16"]]]
        rules.expect(
            [
                FaultCase("none", "spec.cidrs: Required value: at least one CIDR required") { $0["spec"] = [:] },
                FaultCase(
                    "three",
                    "spec.cidrs: Invalid value: {\"CIDRs\":[\"a\",\"b\",\"c\"]}: may only hold up to 2 values"
                ) { $0["spec", "cidrs"] = ["a", "b", "c"] },
                FaultCase(
                    "bits",
                    "spec.cidrs[0]: Invalid value: \"10.96.0.1/16\": must not have bits set beyond the prefix length"
                ) { $0["spec", "cidrs"] = ["10.96.0.1/16"] },
                FaultCase(
                    "family",
                    "spec.cidrs: Invalid value: [\"10.0.0.0/16\",\"10.1.0.0/16\"]: may specify no more than one IP for "
                        + "each IP family, i.e 192.168.0.0/24 and 2001:db8::/64"
                ) { $0["spec", "cidrs"] = ["10.0.0.0/16", "10.1.0.0/16"] },
            ], of: good)
        rules.expectUpdates(
            [
                FaultCase("second") { $0["spec", "cidrs"] = ["10.96.0.0/16", "fd00::/64"] },
                FaultCase("changed", "spec.cidrs[0]: Invalid value: \"10.97.0.0/16\": field is immutable") {
                    $0["spec", "cidrs"] = ["10.97.0.0/16"]
                },
                FaultCase("none", "spec.cidrs: Invalid value: []: field is immutable") { $0["spec", "cidrs"] = [] },
            ], of: good)
        #expect(rules.row(good) == ["k", "10.96.0.0/16", "60m"])
    }
}
