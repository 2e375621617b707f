import JSON
import Testing

@testable import KubeModel

@Suite("flowcontrol.apiserver.k8s.io")
struct FlowcontrolTests {
    @Test("a schema's faults are the original's")
    func schema() throws {
        let rules = FlowSchema.rules
        let good = try rules.defaulted(
            """
            {"metadata": {"name": "s"}, "spec": {"priorityLevelConfiguration": {"name": "global-default"}, "rules": [
             {"subjects": [{"kind": "User", "user": {"name": "ann"}}],
              "resourceRules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"], "namespaces": ["*"]}]}]}}
            """)
        #expect(good["spec"]["matchingPrecedence"] == 1_000)
        func rule(_ object: inout JSON, _ member: String, _ value: JSON) {
            var rule = object["spec"]["rules"][0]
            rule[member] = value
            object["spec", "rules"] = [rule]
        }
        let at = "spec.rules[0]"
        rules.expect(
            [
                FaultCase(
                    "first",
                    "spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1"
                ) { $0["spec", "matchingPrecedence"] = 1 },
                FaultCase(
                    "last", "spec.matchingPrecedence: Invalid value: 10001: must not be greater than 10000"
                ) { $0["spec", "matchingPrecedence"] = 10_001 },
                FaultCase(
                    "method",
                    "spec.distinguisherMethod.type: Unsupported value: {\"Type\":\"x\"}: "
                        + "supported values: \"ByNamespace\", \"ByUser\""
                ) { $0["spec", "distinguisherMethod"] = ["type": "x"] },
                FaultCase(
                    "level",
                    "spec.priorityLevelConfiguration.name: Required value: must reference a priority level"
                ) { $0["spec", "priorityLevelConfiguration"] = [:] },
                FaultCase(
                    "subject", "\(at).subjects[0].user: Required value: user is required when subject kind is 'User'",
                    "\(at).subjects[0].group: Forbidden: group is forbidden when subject kind is not 'Group'"
                ) { rule(&$0, "subjects", [["kind": "User", "group": ["name": "a"]]]) },
                FaultCase(
                    "nothing",
                    "\(at): Required value: at least one of resourceRules and nonResourceRules has to be non-empty"
                ) { rule(&$0, "resourceRules", []) },
                FaultCase(
                    "URL",
                    "\(at).nonResourceRules[0].nonResourceURLs[0]: Invalid value: \"/a*\": "
                        + "wildcard can only do suffix matching"
                ) { rule(&$0, "nonResourceRules", [["verbs": ["*"], "nonResourceURLs": ["/a*"]]]) },
            ], of: good)
        #expect(rules.row(good) == ["s", "global-default", 1_000, "<none>", "60m", "?"])
        var exempt = good
        exempt["metadata", "name"] = "exempt"
        #expect(
            rules.validate(exempt).map(\.detail) == ["spec of 'exempt' must equal the fixed value"])
    }

    @Test("a limited level gets shares and queues")
    func level() throws {
        let rules = PriorityLevelConfiguration.rules
        let good = try rules.defaulted(
            """
            {"metadata": {"name": "l"},
             "spec": {"type": "Limited", "limited": {"limitResponse": {"type": "Queue", "queuing": {}}}}}
            """)
        let queuing: JSON = ["handSize": 8, "queues": 64, "queueLengthLimit": 50]
        #expect(
            good["spec"]["limited"] == [
                "limitResponse": ["type": "Queue", "queuing": queuing], "nominalConcurrencyShares": 30,
                "lendablePercent": 0,
            ])
        let at = "spec.limited.limitResponse.queuing"
        rules.expect(
            [
                FaultCase(
                    "exempt", "spec.type: Invalid value: \"Exempt\": must be 'Exempt' if and only if `name` is 'exempt'"
                ) { $0["spec"] = ["type": "Exempt"] },
                FaultCase(
                    "percent", "spec.limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive"
                ) { $0["spec", "limited", "lendablePercent"] = 101 },
                FaultCase(
                    "hand", "\(at).handSize: Invalid value: 65: should not be greater than queues (64)"
                ) { $0["spec", "limited", "limitResponse", "queuing", "handSize"] = 65 },
                FaultCase(
                    "entropy",
                    "\(at).handSize: Invalid value: 11: "
                        + "required entropy bits of deckSize 64 and handSize 11 should not be greater than 60"
                ) { $0["spec", "limited", "limitResponse", "queuing", "handSize"] = 11 },
                FaultCase("ten fit") { $0["spec", "limited", "limitResponse", "queuing", "handSize"] = 10 },
            ], of: good)
        #expect(rules.row(good) == ["l", "Limited", 30, 64, 8, 50, "60m"])
    }

    @Test("the exempt level keeps all but its part `exempt`, which may change")
    func exemptLevel() throws {
        let rules = PriorityLevelConfiguration.rules
        var object = try rules.defaulted(#"{"metadata": {"name": "exempt"}, "spec": {"type": "Exempt"}}"#)
        #expect(object["spec"]["exempt"] == ["nominalConcurrencyShares": 0, "lendablePercent": 0])
        object["spec", "exempt", "lendablePercent"] = 50
        #expect(rules.validate(object).isEmpty)
        #expect(rules.row(object) == ["exempt", "Exempt", "<none>", "<none>", "<none>", "<none>", "60m"])
    }
}
