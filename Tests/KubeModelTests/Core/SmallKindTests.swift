import JSON
import Testing

@testable import KubeModel

@Suite struct ConfigMapAndSecretTests {
    private let maps = CoreKind("ConfigMap"), secrets = CoreKind("Secret")
    private static let key =
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or "
        + "'KEY_NAME',  "
        + "or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"

    @Test("keys are file names, and each stands once")
    func keys() {
        #expect(maps.faults(["data": ["a b": "c"]]) == ["data[a b]: Invalid value: \"a b\": \(Self.key)"])
        #expect(maps.faults(["data": ["..": "c"]]) == ["data[..]: Invalid value: \"..\": must not be '..'"])
        #expect(
            maps.faults(["data": ["a": "b"], "binaryData": ["a": "YQ=="]])
                == ["data[a]: Invalid value: \"a\": duplicate of key present in binaryData"])
    }

    @Test("a mebibyte is enough")
    func size() {
        let big = JSON.string(String(repeating: "x", count: 1 << 20))
        #expect(maps.faults(["data": ["a": big]]) == [])
        #expect(maps.faults(["data": ["a": big, "b": "y"]]) == [": Too long: may not be more than 1048576 bytes"])
        let encoded = JSON.string(encodeBase64([UInt8](repeating: 0, count: 1 << 20)))
        #expect(secrets.faults(["data": ["a": encoded]]) == [])
        #expect(
            secrets.faults(["data": ["a": encoded, "b": "YQ=="]])
                == ["data: Too long: may not be more than 1048576 bytes"])
    }

    @Test("immutable ones don't change")
    func immutable() {
        let old: JSON = ["data": ["a": "b"], "immutable": true]
        #expect(maps.faults(of: old, after: old) == [])
        #expect(
            maps.faults(of: ["data": ["a": "c"]], after: old) == [
                "immutable: Forbidden: field is immutable when `immutable` is set",
                "data: Forbidden: field is immutable when `immutable` is set",
            ])
    }

    @Test(
        "a secret's type says what it must hold",
        arguments: [
            (
                "kubernetes.io/service-account-token", "{}",
                ["metadata.annotations[kubernetes.io/service-account.name]: Required value"]
            ),
            ("kubernetes.io/dockerconfigjson", "{}", ["data[.dockerconfigjson]: Required value"]),
            (
                "kubernetes.io/dockerconfigjson", #"{".dockerconfigjson":""}"#,
                [
                    "data[.dockerconfigjson]: Invalid value: \"<secret contents redacted>\": unexpected end of JSON "
                        + "input"
                ]
            ),
            (
                "kubernetes.io/dockercfg", #"{".dockercfg":"eA=="}"#,
                [
                    "data[.dockercfg]: Invalid value: \"<secret contents redacted>\": invalid character 'x' looking for "
                        + "beginning of value"
                ]
            ),
            (
                "kubernetes.io/dockercfg", #"{".dockercfg":"W10="}"#,
                [
                    "data[.dockercfg]: Invalid value: \"<secret contents redacted>\": json: cannot unmarshal array into "
                        + "Go value of type map[string]interface {}"
                ]
            ),
            ("kubernetes.io/dockercfg", #"{".dockercfg":"e30="}"#, []),
            (
                "kubernetes.io/basic-auth", "{}",
                ["data[username]: Required value", "data[password]: Required value"]
            ),
            ("kubernetes.io/basic-auth", #"{"password":""}"#, []),
            ("kubernetes.io/ssh-auth", "{}", ["data[ssh-privatekey]: Required value"]),
            ("kubernetes.io/tls", #"{"tls.crt":""}"#, ["data[tls.key]: Required value"]),
            ("example.com/mine", "{}", []),
        ] as [(String, String, [String])])
    func types(type: String, data: String, expected: [String]) throws {
        #expect(secrets.faults(["type": .string(type), "data": try JSON(parsing: data)]) == expected)
    }

    @Test("a secret's type doesn't change, and a missing one is the old one")
    func typeChange() {
        let old = secrets.created(["type": "example.com/a"])
        #expect(
            secrets.faults(of: ["type": "example.com/b"], after: old)
                == ["type: Invalid value: \"example.com/b\": field is immutable"])
    }
}

@Suite struct NamespaceTests {
    private let namespaces = CoreKind("Namespace")

    @Test("finalizers are kept from users, and checked where they come from")
    func finalizers() throws {
        let old = namespaces.created(["metadata": ["name": "a"]])
        var new = old
        new["spec", "finalizers"] = []
        new["status", "phase"] = "Terminating"
        let after = namespaces.updated(new, old)
        #expect(after["spec"] == old["spec"] && after["status"] == old["status"])
        #expect(
            namespaces.faults(["metadata": ["name": "a"], "spec": ["finalizers": ["mine"]]]) == [
                "spec.finalizers: Invalid value: \"mine\": name is neither a standard finalizer name nor is it fully "
                    + "qualified"
            ])
        let finalize = try #require(NamespaceKind.rules.subresourceUpdates["finalize"])
        finalize.prepare(&new, old)
        #expect(new["spec", "finalizers"] == [] && new["status"] == old["status"])
    }

    @Test("a phase goes with being deleted")
    func phase() {
        var old = namespaces.created(["metadata": ["name": "a"]])
        var new = old
        new["status", "phase"] = "Terminating"
        #expect(
            namespaces.statusFaults(of: new, after: old) == [
                "status.Phase: Invalid value: \"Terminating\": may only be 'Active' if `deletionTimestamp` is empty"
            ])
        old["metadata", "deletionTimestamp"] = "2026-01-01T00:00:00Z"
        new["metadata", "deletionTimestamp"] = "2026-01-01T00:00:00Z"
        #expect(namespaces.statusFaults(of: new, after: old) == [])
    }
}

@Suite struct NodeTests {
    private let nodes = CoreKind("Node")

    @Test("taints are in order and each stands once")
    func taints() {
        func faults(_ taints: JSON) -> [String] { nodes.faults(["spec": ["taints": taints]]) }
        #expect(faults([["key": "a", "effect": "NoSchedule"]]) == [])
        #expect(
            faults([["key": "a", "effect": "Never"]]) == [
                "metadata.taints[0].effect: Unsupported value: \"Never\": supported values: "
                    + "\"NoSchedule\", \"PreferNoSchedule\", \"NoExecute\""
            ])
        #expect(faults([["key": "a"]]) == ["metadata.taints[0].effect: Required value"])
        #expect(
            faults([["key": "a", "effect": "NoSchedule"], ["key": "a", "value": "b", "effect": "NoSchedule"]]) == [
                "metadata.taints[1]: Duplicate value: "
                    + "{\"Key\":\"a\",\"Value\":\"b\",\"Effect\":\"NoSchedule\",\"TimeAdded\":null}: taints must be "
                    + "unique by key and effect pair"
            ])
    }

    @Test("what was assigned stays")
    func assigned() {
        let old = nodes.created(["spec": ["podCIDR": "10.0.0.0/24", "providerID": "a"]])
        #expect(
            nodes.faults(of: ["spec": ["podCIDR": "10.0.1.0/24", "providerID": "b"]], after: old) == [
                "spec.podCIDRs: Forbidden: node updates may not change podCIDR except from \"\" to valid",
                "spec.providerID: Forbidden: node updates may not change providerID except from \"\" to valid",
            ])
        var new = old
        new["spec", "unschedulable"] = true
        #expect(nodes.faults(of: new, after: old) == [])
        #expect(
            nodes.faults(["spec": ["podCIDRs": ["10.0.0.0/24", "10.0.1.0/24"]]]) == [
                "spec.podCIDRs: Invalid value: [\"10.0.0.0/24\",\"10.0.1.0/24\"]: may specify no more than one CIDR "
                    + "for each IP family"
            ])
    }

    @Test("an address stands once")
    func addresses() {
        let old = nodes.created([:])
        var new = old
        new["status", "addresses"] = [["type": "InternalIP", "address": "a"], ["type": "InternalIP", "address": "a"]]
        #expect(
            nodes.statusFaults(of: new, after: old) == [
                "status.addresses[1]: Duplicate value: {\"Type\":\"InternalIP\",\"Address\":\"a\"}"
            ])
    }
}

@Suite struct BindingTests {
    @Test("a pod is bound to a node by name")
    func target() {
        let bindings = CoreKind("Binding")
        #expect(bindings.faults(["target": ["kind": "Node", "name": "n"]]) == [])
        #expect(
            bindings.faults(["target": ["kind": "Pod"]]) == [
                "target.kind: Unsupported value: \"Pod\": supported values: \"Node\", \"<empty>\"",
                "target.name: Required value",
            ])
    }
}
