import JSON
import Testing

@testable import KubeModel

@Suite struct LabelSelectorTests {
    @Test(
        "a selector is read and written in one canonical form",
        arguments: [
            ("", ""), ("a=b", "a=b"), ("a==b", "a==b"), ("b=2,a=1", "a=1,b=2"), ("a!=b", "a!=b"), ("a", "a"),
            ("!a", "!a"), (" a in ( y , x ) ", "a in (x,y)"), ("a notin (x)", "a notin (x)"), ("a>1,b<2", "a>1,b<2"),
            ("a in ()", "a in ()"), ("a in (,)", "a in ()"), ("a in (x,,y)", "a in (,x,y)"), ("a=", "a="),
            ("a=,b", "a=,b"), ("in in (in)", "in in (in)"), ("notin", "notin"), ("x in (a,a)", "x in (a)"),
            ("example.com/role=web,!example.com/old", "!example.com/old,example.com/role=web"), ("a\n=\tb", "a=b"),
        ])
    func forms(_ text: String, _ canonical: String) throws {
        let selector = try LabelSelector(parsing: text)
        #expect(selector.description == canonical)
        #expect(try LabelSelector(parsing: canonical) == selector)
    }

    private static let keyForm =
        "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
        + "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
        + "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
    private static let valueForm =
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start "
        + "and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "
        + "validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"

    @Test(
        "what is no selector is refused with the original's sentence",
        arguments: [
            (",", "found ',', expected: !, identifier, or 'end of string'"),
            ("=b", "found '=', expected: !, identifier, or 'end of string'"),
            ("a,", "found '', expected: identifier after ','"),
            ("a=b c", "found 'c', expected: ',' or 'end of string'"),
            ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
            ("a in x", "unable to parse requirement: found 'x' expected: '('"),
            ("a in (x", "unable to parse requirement: found '', expected: ',' or ')'"),
            ("a in (=)", "unable to parse requirement: found '=', expected: ',', ')' or identifier"),
            ("a in (,=)", "unable to parse requirement: found '=', expected: ',', or identifier"),
            ("a==(", "unable to parse requirement: found '(', expected: identifier"),
            ("!", "unable to parse requirement: found '', expected: identifier"),
            ("!a=b", "found '=', expected: ',' or 'end of string'"),
            (
                "a>x",
                "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must "
                    + "be an integer"
            ),
            ("*bar", "unable to parse requirement: <nil>: Invalid value: \"*bar\": \(keyForm)"),
            ("a=-", "unable to parse requirement: values[0][a]: Invalid value: \"-\": \(valueForm)"),
        ])
    func refused(_ text: String, _ message: String) {
        #expect(throws: SelectorError(description: message)) { try LabelSelector(parsing: text) }
    }

    @Test(
        "selectors match as the operators say",
        arguments: [
            ("", true), ("app=web", true), ("app==db", false), ("app!=db", true), ("none!=x", true), ("app", true),
            ("!app", false), ("!none", true), ("app in (db,web)", true), ("none in (x)", false),
            ("app notin (db)", true), ("none notin (x)", true), ("n>9", true), ("n>10", false), ("n<11", true),
            ("app>1", false), ("none<1", false), ("app=web,n=10", true), ("app=web,n=11", false),
            ("n in (1,2,3,4,5,6,7,8,9,10)", true), ("n in (1,2,3,4,5,6,7,8,9,11)", false),
        ])
    func matching(_ text: String, _ expected: Bool) throws {
        let selector = try LabelSelector(parsing: text)
        let labels: JSON = ["app": "web", "n": "10", "e": ""]
        #expect(selector.matches(labels) == expected)
        #expect(selector.matches(["app": "web", "n": "10", "e": ""]) == expected)
    }

    @Test("the selector of an object selects by labels and expressions, and nothing when it is missing")
    func objects() throws {
        let json: JSON = [
            "matchLabels": ["app": "web"],
            "matchExpressions": [
                ["key": "tier", "operator": "In", "values": ["b", "a"]], ["key": "old", "operator": "DoesNotExist"],
            ],
        ]
        #expect(try LabelSelector(json).description == "app=web,!old,tier in (a,b)")
        #expect(try LabelSelector(JSON.null) == .nothing)
        #expect(try !LabelSelector(JSON.null).matches(["a": "b"] as JSON))
        #expect(try LabelSelector(JSON.object(JSONObject())).matches(["a": "b"] as JSON))
        #expect(throws: SelectorError(description: "\"Near\" is not a valid label selector operator")) {
            try LabelSelector(["matchExpressions": [["key": "a", "operator": "Near"]]])
        }
        #expect(try LabelSelector(parsing: "a in (x),b").exactValue(of: "a") == "x")
    }

    @Test("the selector of an object is validated with the field's path")
    func validation() {
        let json: JSON = [
            "matchExpressions": [
                ["key": "a", "operator": "In"], ["key": "b", "operator": "Exists", "values": ["x"]],
                ["key": "c", "operator": "Near"], ["key": "d", "operator": "In", "values": ["-"]],
            ]
        ]
        let path = FieldPath("spec.selector")
        let list = "spec.selector.matchExpressions"
        #expect(
            LabelSelector.validate(json, path).map(\.description) == [
                "\(list)[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
                "\(list)[1].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
                "\(list)[2].operator: Invalid value: \"Near\": not a valid selector operator",
                "\(list)[3].values[0]: Invalid value: \"-\": \(LabelSelectorTests.valueForm)",
            ])
        #expect(LabelSelector.hasInvalidValue(json))
        #expect(LabelSelector.validate(.null, path).isEmpty)
    }
}
