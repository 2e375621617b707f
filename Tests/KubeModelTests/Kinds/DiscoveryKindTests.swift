import JSON
import Testing

@testable import KubeModel

@Suite("discovery.k8s.io")
struct DiscoveryKindTests {
    let rules = EndpointSlice.rules

    func slice() throws -> JSON {
        var object = try rules.defaulted(
            """
            {"metadata": {"name": "web-1"}, "addressType": "IPv4", "ports": [{"port": 80}],
             "endpoints": [{"addresses": ["10.0.0.1"]}]}
            """)
        rules.prepareForCreate(&object)
        return object
    }

    @Test("ports have a name and protocol")
    func defaults() throws {
        #expect(try slice()["ports"] == [["port": 80, "name": "", "protocol": "TCP"]])
        #expect(try slice()["metadata"]["generation"] == 1)
    }

    @Test("changes of content and labels count, changes of other metadata don't")
    func generation() throws {
        let old = try slice()
        func generation(_ change: (inout JSON) -> Void) -> JSON {
            var new = old
            change(&new)
            rules.prepareForUpdate(&new, old)
            return new["metadata"]["generation"]
        }
        #expect(generation { _ in } == 1)
        #expect(generation { $0["metadata", "annotations"] = ["a": "b"] } == 1)
        #expect(generation { $0["metadata", "labels"] = ["a": "b"] } == 2)
        #expect(generation { $0["ports"] = [] } == 2)
    }

    @Test("a slice's faults are the original's")
    func faults() throws {
        let at = "endpoints[0].addresses[0]"
        func address(_ object: inout JSON, _ address: String, _ type: String = "IPv4") {
            object["addressType"] = .string(type)
            object["endpoints"] = [["addresses": [.string(address)]]]
        }
        func endpoint(_ object: inout JSON, _ name: String, _ value: JSON) {
            var endpoint: JSON = ["addresses": ["10.0.0.1"]]
            endpoint[name] = value
            object["endpoints"] = [endpoint]
        }
        rules.expect(
            [
                FaultCase("no type", "addressType: Required value") { $0["addressType"] = "" },
                FaultCase(
                    "type", "addressType: Unsupported value: \"x\": supported values: \"FQDN\", \"IPv4\", \"IPv6\""
                ) { $0["addressType"] = "x" },
                FaultCase("no address", "endpoints[0].addresses: Required value: must contain at least 1 address") {
                    $0["endpoints"] = [[:]]
                },
                FaultCase(
                    "no IP",
                    "\(at): Invalid value: \"x\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
                ) { address(&$0, "x") },
                FaultCase("family", "\(at): Invalid value: \"fd00::1\": must be an IPv4 address") {
                    address(&$0, "fd00::1")
                },
                FaultCase("unspecified", "\(at): Invalid value: \"0.0.0.0\": may not be unspecified (0.0.0.0)") {
                    address(&$0, "0.0.0.0")
                },
                FaultCase(
                    "loopback",
                    "\(at): Invalid value: \"127.0.0.1\": may not be in the loopback range (127.0.0.0/8, ::1/128)"
                ) { address(&$0, "127.0.0.1") },
                FaultCase(
                    "link-local",
                    "\(at): Invalid value: \"fe80::1\": may not be in the link-local range (169.254.0.0/16, fe80::/10)"
                ) { address(&$0, "fe80::1", "IPv6") },
                FaultCase(
                    "domain",
                    "\(at): Invalid value: \"a\": should be a domain with at least two segments separated by dots"
                ) { address(&$0, "a", "FQDN") },
                FaultCase("good domain") { address(&$0, "a.b.", "FQDN") },
                FaultCase("hints", "endpoints[0].hints.forZones[1].name: Duplicate value: \"a\"") {
                    endpoint(&$0, "hints", ["forZones": [["name": "a"], ["name": "a"]]])
                },
                FaultCase("many", "endpoints: Too many: 1001: must have at most 1000 items") {
                    $0["endpoints"] = .array(Array(repeating: ["addresses": ["10.0.0.1"]], count: 1_001))
                },
                FaultCase(
                    "port", "ports[1].name: Duplicate value: \"\"",
                    "ports[1].protocol: Unsupported value: \"x\": supported values: \"SCTP\", \"TCP\", \"UDP\""
                ) { $0["ports"] = [["name": "", "protocol": "TCP"], ["name": "", "protocol": "x"]] },
            ], of: try slice())
        rules.expectUpdates(
            [
                FaultCase("type", "addressType: Invalid value: \"IPv6\": field is immutable") {
                    $0["addressType"] = "IPv6"
                    $0["endpoints"] = []
                }
            ], of: try slice())
    }

    @Test("odd addresses are warned of, unless the cluster's own controller wrote them")
    func warnings() throws {
        var object = try slice()
        object["addressType"] = "IPv6"
        object["endpoints"] = [["addresses": ["fd00:0::1"]]]
        #expect(
            rules.warnings(object, nil) == [
                "endpoints[0].addresses[0]: IPv6 address \"fd00:0::1\" should be in RFC 5952 canonical format "
                    + "(\"fd00::1\")"
            ])
        object["metadata", "labels"] = [
            "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io"
        ]
        #expect(rules.warnings(object, nil).isEmpty)
    }

    @Test("a slice is printed with its first ports and addresses")
    func table() throws {
        #expect(rules.columnNames == ["Name", "AddressType", "Ports", "Endpoints", "Age"])
        #expect(rules.row(try slice()) == ["web-1", "IPv4", "80", "10.0.0.1", "60m"])
        var object = try slice()
        object["ports"] = []
        object["endpoints"] = [["addresses": ["a", "b"]], ["addresses": ["c", "d"]]]
        #expect(rules.row(object) == ["web-1", "IPv4", "<unset>", "a,b,c + 1 more...", "60m"])
    }
}
