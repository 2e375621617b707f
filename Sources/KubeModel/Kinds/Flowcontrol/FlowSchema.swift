import JSON

/// `flowcontrol.apiserver.k8s.io` FlowSchema: which requests are of which priority level.
enum FlowSchema {
    static let group = "flowcontrol.apiserver.k8s.io"
    /// The API's own limit.
    private static let lastPrecedence = 10_000

    static let rules: KindRules = {
        var rules = KindRules(group: group, kind: "FlowSchema")
        rules.defaults = { object in object.edit("spec") { $0.fillZero("matchingPrecedence", 1_000) } }
        rules.keepStatusApart(keepsMetadata: true)
        rules.countGeneration()
        rules.validate = validate
        rules.validatesChangesLikeCreations()
        rules.validateStatusUpdate = { new, _ in conditionFaults(new["status"]) }
        rules.table = table
        rules.standsBefore = { precedence($0) < precedence($1) }
        return rules
    }()

    private static func precedence(_ object: JSON) -> Int { object["spec"]["matchingPrecedence"].int ?? 0 }

    @Sendable private static func validate(_ object: JSON) -> [FieldError] {
        let (spec, path) = (object["spec"], FieldPath("spec"))
        let name = object["metadata"].text("name")
        var faults = specFaults(spec, name, path)
        if let fixed = mandatory[name], !SemanticEquality.equal(spec, fixed) {
            faults.append(SpecFaults.invalid(path, spec, "spec of '\(name)' must equal the fixed value"))
        }
        return faults + conditionFaults(object["status"])
    }

    private static func specFaults(_ spec: JSON, _ name: String, _ path: FieldPath) -> [FieldError] {
        let (precedence, at) = (spec["matchingPrecedence"].int ?? 0, path["matchingPrecedence"])
        var faults: [FieldError] = []
        func wrong(_ detail: String) { faults.append(.invalid(at, .init(precedence), detail)) }
        if precedence <= 0 { wrong("must be a positive value") }
        if precedence > lastPrecedence { wrong("must not be greater than \(lastPrecedence)") }
        if precedence == 1, name != "exempt" { wrong("only the schema named 'exempt' may have matchingPrecedence 1") }
        let method = spec["distinguisherMethod"]
        if !method.isNull, !["ByNamespace", "ByUser"].contains(method.text("type")) {
            let value: JSON = ["Type": .string(method.text("type"))]
            let at = path["distinguisherMethod"]["type"]
            faults.append(SpecFaults.notSupported(at, value, ["ByNamespace", "ByUser"]))
        }
        faults += SpecFaults.missingOrMisnamed(
            spec["priorityLevelConfiguration"], path["priorityLevelConfiguration"], "name",
            "must reference a priority level", check: Names.dnsSubdomain)
        return faults
            + spec.list("rules").enumerated().flatMap { FlowSchemaRules.faults($1, path["rules"][$0]) }
    }

    static func conditionFaults(_ status: JSON) -> [FieldError] {
        let (conditions, path) = (status.list("conditions"), FieldPath("status.conditions"))
        let repeated = Set(SpecFaults.repeated(conditions.map { $0.text("type") }))
        return conditions.enumerated().flatMap { index, condition -> [FieldError] in
            let at = path[index]
            let duplicate: [FieldError] = repeated.contains(index) ? [.duplicate(at["type"], condition["type"])] : []
            return duplicate + SpecFaults.missing(condition, at, "type")
        }
    }

    /// The two that always are, and may not be changed.
    private static let mandatory: [String: JSON] = [
        "exempt": [
            "priorityLevelConfiguration": ["name": "exempt"], "matchingPrecedence": 1,
            "rules": everything("system:masters"),
        ],
        "catch-all": [
            "priorityLevelConfiguration": ["name": "catch-all"], "matchingPrecedence": 10_000,
            "distinguisherMethod": ["type": "ByUser"],
            "rules": everything("system:unauthenticated", "system:authenticated"),
        ],
    ]

    private static func everything(_ groups: String...) -> JSON {
        let subjects = groups.map { JSON(dictionaryLiteral: ("kind", "Group"), ("group", ["name": .string($0)])) }
        return [
            [
                "subjects": .array(subjects),
                "resourceRules": [
                    [
                        "verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "clusterScope": true,
                        "namespaces": ["*"],
                    ]
                ],
                "nonResourceRules": [["verbs": ["*"], "nonResourceURLs": ["*"]]],
            ]
        ]
    }

    private static let table = KindTable([
        .objectName,
        .init("PriorityLevel", "The level of the requests that match."),
        .init("MatchingPrecedence", "Which schema is asked first: the lowest."),
        .init("DistinguisherMethod", "What makes requests different flows."),
        .objectAge,
        .init("MissingPL", "Whether the level isn't there."),
    ]) { object, now in
        let spec = object["spec"]
        let dangling = object["status"].list("conditions").first { $0.text("type") == "Dangling" }
        return [
            KindTable.Cell.name(object), .string(spec["priorityLevelConfiguration"].text("name")),
            KindTable.Cell.count(spec["matchingPrecedence"]),
            KindTable.Cell.text(spec["distinguisherMethod"]["type"], or: "<none>"), KindTable.Cell.age(object, now),
            KindTable.Cell.text(dangling?["status"] ?? .null, or: "?"),
        ]
    }
}
