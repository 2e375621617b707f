import JSON
import Testing

@testable import KubeModel

@Suite("admissionregistration.k8s.io")
struct AdmissionTests {
    static let rule = #"{"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}"#

    func webhooks(_ rules: KindRules) throws -> JSON {
        try rules.defaulted(
            """
            {"metadata": {"name": "w"}, "webhooks": [{"name": "a.example.com", "sideEffects": "None",
             "admissionReviewVersions": ["v1"], "rules": [\(Self.rule)],
             "clientConfig": {"service": {"namespace": "ns", "name": "svc"}}}]}
            """)
    }

    func policy() throws -> JSON {
        try ValidatingAdmissionPolicy.rules.defaulted(
            """
            {"metadata": {"name": "p.example.com"}, "spec": {"matchConstraints": {"resourceRules": [\(Self.rule)]},
             "validations": [{"expression": "object.spec.replicas <= 5"}]}}
            """)
    }

    @Test("a minimal webhook fails closed and is about everything its rules match")
    func webhookDefaults() throws {
        let hook = try webhooks(MutatingWebhookConfiguration.rules)["webhooks"][0]
        #expect(hook["failurePolicy"] == "Fail")
        #expect(hook["matchPolicy"] == "Equivalent")
        #expect(hook["namespaceSelector"] == [:])
        #expect(hook["objectSelector"] == [:])
        #expect(hook["timeoutSeconds"] == 10)
        #expect(hook["reinvocationPolicy"] == "Never")
        #expect(hook["rules"][0]["scope"] == "*")
        #expect(hook["clientConfig"]["service"]["port"] == 443)
        let other = try webhooks(ValidatingWebhookConfiguration.rules)["webhooks"][0]
        #expect(other.has("reinvocationPolicy") == false)
    }

    @Test("a webhook's faults are the original's")
    func webhookFaults() throws {
        let rules = ValidatingWebhookConfiguration.rules
        func set(_ object: inout JSON, _ member: String, _ value: JSON) {
            var hook = object["webhooks"][0]
            hook[member] = value
            object["webhooks"] = [hook]
        }
        func rule(_ object: inout JSON, _ member: String, _ value: JSON) {
            var rule = object["webhooks"][0]["rules"][0]
            rule[member] = value
            set(&object, "rules", [rule])
        }
        let (at, client) = ("webhooks[0]", "webhooks[0].clientConfig")
        rules.expect(
            [
                FaultCase(
                    "name",
                    "\(at).name: Invalid value: \"a.b\": should be a domain with at least three segments separated by dots"
                ) { set(&$0, "name", "a.b") },
                FaultCase(
                    "operation",
                    "\(at).rules[0].operations[0]: Unsupported value: \"x\": "
                        + "supported values: \"*\", \"CONNECT\", \"CREATE\", \"DELETE\", \"UPDATE\""
                ) { rule(&$0, "operations", ["x"]) },
                FaultCase(
                    "wildcard",
                    "\(at).rules[0].apiGroups: Invalid value: [\"*\",\"a\"]: "
                        + "if '*' is present, must not specify other API groups"
                ) { rule(&$0, "apiGroups", ["*", "a"]) },
                FaultCase(
                    "resources",
                    "\(at).rules[0].resources[1]: Invalid value: \"a/b\": if 'a/*' is present, must not specify a/b"
                ) { rule(&$0, "resources", ["a/*", "a/b"]) },
                FaultCase(
                    "side effects",
                    "\(at).sideEffects: Unsupported value: \"Some\": supported values: \"None\", \"NoneOnDryRun\""
                ) { set(&$0, "sideEffects", "Some") },
                FaultCase(
                    "no side effects", "\(at).sideEffects: Required value: must specify one of None, NoneOnDryRun"
                ) { set(&$0, "sideEffects", .null) },
                FaultCase(
                    "timeout",
                    "\(at).timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds"
                ) { set(&$0, "timeoutSeconds", 31) },
                FaultCase(
                    "reviews", "\(at).admissionReviewVersions: Required value: must specify one of v1, v1beta1"
                ) { set(&$0, "admissionReviewVersions", []) },
                FaultCase(
                    "unknown reviews",
                    "\(at).admissionReviewVersions[1]: Invalid value: \"v2\": duplicate version",
                    "\(at).admissionReviewVersions: Invalid value: [\"v2\",\"v2\"]: "
                        + "must include at least one of v1, v1beta1"
                ) { set(&$0, "admissionReviewVersions", ["v2", "v2"]) },
                FaultCase("client", "\(client): Required value: exactly one of url or service is required") {
                    set(&$0, "clientConfig", [:])
                },
                FaultCase(
                    "URL",
                    "\(client).url: Invalid value: \"http\": 'https' is the only allowed URL scheme; "
                        + "desired format: https://host[/path]",
                    "\(client).url: Invalid value: \"me\": user information is not permitted in the URL",
                    "\(client).url: Invalid value: \"f\": fragments are not permitted in the URL",
                    "\(client).url: Invalid value: \"q\": query parameters are not permitted in the URL"
                ) { set(&$0, "clientConfig", ["url": "http://me@host/x?q#f"]) },
                FaultCase("no namespace", "\(client).service.name: Required value") {
                    set(&$0, "clientConfig", ["service": ["name": "a", "port": 443]])
                },
                FaultCase(
                    "path", "\(client).service.path: Invalid value: \"/a//b\": segment[1] may not be empty"
                ) {
                    set(
                        &$0, "clientConfig",
                        ["service": ["name": "a", "namespace": "b", "port": 443, "path": "/a//b"]])
                },
                FaultCase(
                    "condition", "\(at).matchConditions[0].expression: Required value",
                    "\(at).matchConditions[0].name: Required value"
                ) { set(&$0, "matchConditions", [[:]]) },
                FaultCase("twice", "webhooks[1].name: Duplicate value: \"a.example.com\"") {
                    $0["webhooks"] = [$0["webhooks"][0], $0["webhooks"][0]]
                },
            ], of: try webhooks(rules))
        #expect(rules.row(try webhooks(rules)) == ["w", 1, "60m"])
    }

    @Test("a stored webhook with side effects may keep them")
    func storedWebhook() throws {
        let rules = ValidatingWebhookConfiguration.rules
        var old = try webhooks(rules)
        var hook = old["webhooks"][0]
        hook["sideEffects"] = "Some"
        old["webhooks"] = [hook]
        #expect(rules.validate(old).count == 1)
        #expect(rules.validateUpdate(old, old).isEmpty)
    }

    @Test("a validating policy's faults are the original's")
    func validatingPolicy() throws {
        let rules = ValidatingAdmissionPolicy.rules
        let details = "Required value: validations or auditAnnotations must contain at least one item"
        func validation(_ object: inout JSON, _ member: String, _ value: JSON) {
            var one = object["spec"]["validations"][0]
            one[member] = value
            object["spec", "validations"] = [one]
        }
        let at = "spec.validations[0]"
        rules.expect(
            [
                FaultCase(
                    "empty", "spec.matchConstraints: Required value", "spec.validations: \(details)",
                    "spec.auditAnnotations: \(details)"
                ) { $0["spec"] = ["failurePolicy": "Fail"] },
                FaultCase("rules", "spec.matchConstraints.resourceRules: Required value") {
                    $0["spec", "matchConstraints", "resourceRules"] = []
                },
                FaultCase("kind", "spec.paramKind.apiVersion: Required value", "spec.paramKind.kind: Required value") {
                    $0["spec", "paramKind"] = [:]
                },
                FaultCase("expression", "\(at).expression: Required value: expression is not specified") {
                    validation(&$0, "expression", " ")
                },
                FaultCase("message", "\(at).message: Invalid value: \"a\\nb\": must not contain line breaks") {
                    validation(&$0, "message", "a\nb")
                },
                FaultCase(
                    "reason",
                    "\(at).reason: Unsupported value: \"x\": "
                        + "supported values: \"Forbidden\", \"Invalid\", \"RequestEntityTooLarge\""
                ) { validation(&$0, "reason", "x") },
                FaultCase(
                    "variable", "spec.variables[0].name: Invalid value: \"for\": must be a valid CEL identifier",
                    "spec.variables[0].expression: Required value: expression is not specified"
                ) { $0["spec", "variables"] = [["name": "for"]] },
                FaultCase(
                    "annotation",
                    "spec.auditAnnotations[0].valueExpression: Required value: valueExpression is not specified"
                ) { $0["spec", "auditAnnotations"] = [["key": "k"]] },
            ], of: try policy())
        #expect(rules.row(try policy()) == ["p.example.com", 1, "<unset>", "60m"])
    }

    @Test("a mutating policy's faults are the original's")
    func mutatingPolicy() throws {
        let rules = MutatingAdmissionPolicy.rules
        var good = try policy()
        good["spec", "reinvocationPolicy"] = "Never"
        good["spec", "mutations"] = [
            ["patchType": "JSONPatch", "jsonPatch": ["expression": "[]"]]
        ]
        let at = "spec.mutations[0]"
        rules.expect(
            [
                FaultCase("none", "spec.mutations: Required value: mutations must contain at least one item") {
                    $0["spec", "mutations"] = []
                },
                FaultCase(
                    "type",
                    "\(at).patchType: Unsupported value: \"x\": supported values: \"ApplyConfiguration\", \"JSONPatch\""
                ) { $0["spec", "mutations"] = [["patchType": "x"]] },
                FaultCase(
                    "patch", "\(at).jsonPatch: Required value: must be specified when patchType is JSONPatch"
                ) { $0["spec", "mutations"] = [["patchType": "JSONPatch"]] },
                FaultCase("policy", "spec.reinvocationPolicy: Required value") {
                    $0["spec", "reinvocationPolicy"] = ""
                },
            ], of: good)
        #expect(rules.row(good) == ["p.example.com", 1, "<unset>", "60m"])
    }

    @Test("a binding names its policy, parameters and actions")
    func binding() throws {
        let rules = ValidatingAdmissionPolicyBinding.rules
        let good = try rules.defaulted(
            """
            {"metadata": {"name": "b"}, "spec": {"policyName": "p.example.com", "validationActions": ["Deny"],
             "paramRef": {"name": "c", "namespace": "ns", "parameterNotFoundAction": "Deny"}, "matchResources": {}}}
            """)
        #expect(good["spec"]["matchResources"]["matchPolicy"] == "Equivalent")
        let exclusive = "Forbidden: name and selector are mutually exclusive"
        rules.expect(
            [
                FaultCase("policy", "spec.policyName: Required value") { $0["spec", "policyName"] = "" },
                FaultCase(
                    "both", "spec.paramRef.name: \(exclusive)", "spec.paramRef.selector: \(exclusive)"
                ) { $0["spec", "paramRef", "selector"] = [:] },
                FaultCase(
                    "neither", "spec.paramRef: Required value: one of name or selector must be specified",
                    "spec.paramRef.parameterNotFoundAction: Required value"
                ) { $0["spec", "paramRef"] = [:] },
                FaultCase(
                    "actions",
                    "spec.validationActions: Invalid value: [\"Deny\",\"Warn\"]: must not contain both Deny and Warn "
                        + "(repeating the same validation failure information in the API response and headers serves "
                        + "no purpose)"
                ) { $0["spec", "validationActions"] = ["Deny", "Warn"] },
                FaultCase(
                    "no action", "spec.validationActions: Required value: at least one validation action is required"
                ) { $0["spec", "validationActions"] = [] },
            ], of: good)
        #expect(rules.row(good) == ["b", "p.example.com", "ns/c", "60m"])
    }
}
