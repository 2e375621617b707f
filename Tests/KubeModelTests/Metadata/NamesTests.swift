import JSON
import Testing

@testable import KubeModel

@Suite struct NamesTests {
    private static let label =
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end "
        + "with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
        + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"

    @Test("good names pass")
    func good() {
        #expect(Names.dnsLabel("web-1").isEmpty && Names.dnsLabel("1").isEmpty)
        #expect(Names.dnsSubdomain("a.b-c.d").isEmpty)
        #expect(Names.dns1035("a1-b").isEmpty)
        #expect(Names.wildcardSubdomain("*.example.com").isEmpty)
        #expect(Names.qualifiedName("app.kubernetes.io/Name_1.x").isEmpty && Names.qualifiedName("a").isEmpty)
        #expect(Names.labelValue("").isEmpty && Names.labelValue("V_1.x").isEmpty)
        #expect(Names.portName("http-2").isEmpty)
        #expect(Names.httpHeaderName("X-Y").isEmpty)
        #expect(Names.envVarName("_A.b-1").isEmpty && Names.relaxedEnvVarName("1 a:b").isEmpty)
        #expect(Names.configMapKey("a.b_C-1").isEmpty)
        #expect(Names.cIdentifier("_a1").isEmpty && Names.percent("100%").isEmpty)
        #expect(Names.conditionReason("ReasonA,B:C_").isEmpty && Names.pathSegment("a:b c").isEmpty)
        #expect(Names.dnsSubdomainWithUnderscore("_a._tcp.example").isEmpty)
    }

    @Test(
        "a bad label gets the sentence that fits",
        arguments: [
            ("", [label]), ("A", [label]), ("-a", [label]), ("a-", [label]), ("a_b", [label]), ("é", [label]),
            ("a.b", ["must not contain dots"]), ("a\n", [label]),
            (String(repeating: "a", count: 64), ["must be no more than 63 characters"]),
            (String(repeating: "A", count: 64), ["must be no more than 63 characters", label]),
        ])
    func labels(_ value: String, _ faults: [String]) {
        #expect(Names.dnsLabel(value) == faults)
    }

    @Test("a qualified name's parts are named in its faults")
    func qualified() {
        let name =
            "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
            + "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
            + "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
        #expect(Names.qualifiedName("") == ["name part must be non-empty", name])
        #expect(Names.qualifiedName("a/") == ["name part must be non-empty", name])
        #expect(Names.qualifiedName("/a") == ["prefix part must be non-empty"])
        #expect(Names.qualifiedName("a/-b") == [name])
        #expect(Names.qualifiedName("a/b/c").first?.hasPrefix("a valid label key must consist of") == true)
        #expect(Names.qualifiedName("A/b").first?.hasPrefix("prefix part a lowercase RFC 1123 subdomain") == true)
        #expect(
            Names.qualifiedName("a/" + String(repeating: "b", count: 64)) == [
                "name part must be no more than 63 bytes"
            ])
        #expect(
            Names.labelValue("a b") == [
                "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must "
                    + "start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex "
                    + "used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
            ])
    }

    @Test("a C identifier's fault has the original's words")
    func identifiers() {
        #expect(
            Names.cIdentifier("1a") == [
                "a valid C identifier must start with alphabetic character or '_', followed by a string of "
                    + "alphanumeric characters or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName', regex used for "
                    + "validation is '[A-Za-z_][A-Za-z0-9_]*')"
            ])
    }

    @Test("port names say all that is wrong with them")
    func ports() {
        #expect(
            Names.portName("-1--") == [
                "must contain at least one letter (a-z)", "must not contain consecutive hyphens",
                "must not begin or end with a hyphen",
            ])
        #expect(Names.portName("a-very-long-name-").first == "must be no more than 15 characters")
        #expect(Names.portNumber(0) == ["must be between 1 and 65535, inclusive"])
    }

    @Test("keys and variables don't climb out of their folder")
    func folders() {
        #expect(Names.configMapKey("..") == ["must not be '..'"])
        #expect(Names.configMapKey("..a") == ["must not start with '..'"])
        #expect(Names.envVarName("1a").count == 1)
        #expect(Names.relaxedEnvVarName("") == ["environment variable name must be non-empty"])
        #expect(Names.pathSegment("a/%") == ["may not contain '/'", "may not contain '%'"])
    }

    @Test(
        "addresses of new fields are canonical",
        arguments: [
            ("10.9.8.7", ""), ("2001:db8::ffff", ""), ("::", ""), ("::1", ""), ("1::", ""),
            ("010.1.2.3", "must not have leading 0s"), ("10.9.8", "valid"), ("10.9.8.256", "valid"), ("", "valid"),
            ("FE80::1", "must be in canonical form (\"fe80::1\")"),
            ("fe80:0:0:0:0:0:0:0abc", "must be in canonical form (\"fe80::abc\")"),
            ("::ffff:1.2.3.4", "must not be an IPv4-mapped IPv6 address"), ("fe80::1%eth0", "valid"),
            ("1::2::3", "valid"), ("1:2:3:4:5:6:7", "valid"), ("1:2:3:4:5:6:7:8:9", "valid"),
            ("1:2:3:4:5:6:7::", "must be in canonical form (\"1:2:3:4:5:6:7:0\")"),
            ("12345::", "valid"), (":1", "valid"), ("1:", "valid"), (":::", "valid"),
        ])
    func addresses(_ text: String, _ detail: String) {
        let detail = detail == "valid" ? "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)" : detail
        #expect(Names.ip(FieldPath("ip"), text).map(\.detail) == (detail.isEmpty ? [] : [detail]))
    }

    @Test(
        "networks of new fields are canonical",
        arguments: [
            ("10.0.0.0/8", ""), ("2001:db8::/64", ""), ("0.0.0.0/0", ""),
            ("10.0.0.1/8", "must not have bits set beyond the prefix length"),
            ("10.0.0.0/08", "must not have leading 0s in IP or prefix length"),
            ("::ffff:10.0.0.0/104", "must not have an IPv4-mapped IPv6 address"),
            ("2001:DB8::/64", "must be in canonical form (\"2001:db8::/64\")"), ("10.0.0.0/33", "valid"),
            ("10.0.0.0", "valid"), ("10.0.0.0/", "valid"), ("10.0.0.0/+8", "valid"), ("x/8", "valid"),
        ])
    func networks(_ text: String, _ detail: String) {
        let detail =
            detail == "valid" ? "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)" : detail
        #expect(Names.cidr(FieldPath("cidr"), text).map(\.detail) == (detail.isEmpty ? [] : [detail]))
    }

    @Test("odd addresses that old fields accept get a warning")
    func warnings() {
        let path = FieldPath("spec.ip")
        #expect(
            Names.ipWarnings(path, "010.0.0.1") == [
                "spec.ip: non-standard IP address \"010.0.0.1\" is invalid: use \"10.0.0.1\""
            ])
        #expect(
            Names.cidrWarnings(path, "10.0.0.1/8") == [
                "spec.ip: CIDR value \"10.0.0.1/8\" is ambiguous in this context (should be \"10.0.0.0/8\" or "
                    + "\"10.0.0.1/32\"?)"
            ])
        #expect(Names.legacyIP(path, "bad", old: ["bad"]).isEmpty)
        #expect(CIDR("10.0.0.0/8")?.contains(IPAddress(bytes: IPAddress("10.1.2.3")?.bytes ?? [])) == true)
        #expect(CIDR("10.0.0.0/8")?.contains(IPAddress(bytes: IPAddress("11.1.2.3")?.bytes ?? [])) == false)
    }
}
