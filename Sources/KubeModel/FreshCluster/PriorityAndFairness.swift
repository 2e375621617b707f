import JSON

/// The FlowSchemas and PriorityLevelConfigurations that every server keeps as they are here, or suggests.
enum PriorityAndFairness {
    static var objects: [JSON] { levels + schemas.map(\.json) }

    private static func object(_ kind: String, _ name: String, _ spec: JSON) -> JSON {
        [
            "apiVersion": "flowcontrol.apiserver.k8s.io/v1", "kind": .string(kind),
            "metadata": [
                "name": .string(name), "annotations": ["apf.kubernetes.io/autoupdate-spec": "true"],
            ],
            "spec": spec,
        ]
    }

    // MARK: Levels

    static let levels: [JSON] = [
        object(
            "PriorityLevelConfiguration", "exempt",
            ["type": "Exempt", "exempt": ["nominalConcurrencyShares": 0, "lendablePercent": 0]]),
        limited("catch-all", shares: 5, lendable: 0, queues: nil),
        limited("system", shares: 30, lendable: 33, queues: (64, 6)),
        limited("node-high", shares: 40, lendable: 25, queues: (64, 6)),
        limited("leader-election", shares: 10, lendable: 0, queues: (16, 4)),
        limited("workload-high", shares: 40, lendable: 50, queues: (128, 6)),
        limited("workload-low", shares: 100, lendable: 90, queues: (128, 6)),
        limited("global-default", shares: 20, lendable: 50, queues: (128, 6)),
    ]

    private static func limited(_ name: String, shares: Int, lendable: Int, queues: (count: Int, hand: Int)?) -> JSON {
        var response: JSON = ["type": "Reject"]
        if let queues {
            response = [
                "type": "Queue",
                "queuing": ["queues": JSON(queues.count), "handSize": JSON(queues.hand), "queueLengthLimit": 50],
            ]
        }
        return object(
            "PriorityLevelConfiguration", name,
            [
                "type": "Limited",
                "limited": [
                    "nominalConcurrencyShares": JSON(shares), "limitResponse": response,
                    "lendablePercent": JSON(lendable),
                ],
            ])
    }

    // MARK: Schemas

    private struct FlowSchema {
        let name: String, level: String, precedence: Int
        /// "": all requests are one flow.
        let distinguisher: String
        let subjects: [JSON]
        let resources: [JSON], paths: [JSON]

        var json: JSON {
            var rule: JSON = ["subjects": .array(subjects)]
            if !resources.isEmpty { rule["resourceRules"] = .array(resources) }
            if !paths.isEmpty { rule["nonResourceRules"] = .array(paths) }
            var spec: JSON = [
                "priorityLevelConfiguration": ["name": .string(level)], "matchingPrecedence": JSON(precedence),
            ]
            if !distinguisher.isEmpty { spec["distinguisherMethod"] = ["type": .string(distinguisher)] }
            spec["rules"] = [rule]
            return object("FlowSchema", name, spec)
        }
    }

    private static func groups(_ names: String...) -> [JSON] {
        names.map { ["kind": "Group", "group": ["name": .string($0)]] }
    }
    private static func users(_ names: String...) -> [JSON] {
        names.map { ["kind": "User", "user": ["name": .string($0)]] }
    }
    private static let systemAccounts: [JSON] = [
        ["kind": "ServiceAccount", "serviceAccount": ["namespace": "kube-system", "name": "*"]]
    ]

    private static func resources(
        _ verbs: [String] = ["*"], _ group: String = "*", _ resources: [String] = ["*"], clusterScope: Bool = true
    ) -> JSON {
        var rule: JSON = [
            "verbs": JSON(verbs), "apiGroups": JSON([group]), "resources": JSON(resources),
        ]
        if clusterScope { rule["clusterScope"] = true }
        rule["namespaces"] = ["*"]
        return rule
    }
    private static func paths(_ verbs: [String] = ["*"], _ paths: [String] = ["*"]) -> JSON {
        ["verbs": JSON(verbs), "nonResourceURLs": JSON(paths)]
    }

    private static func schema(
        _ name: String, _ level: String, _ precedence: Int, by distinguisher: String, _ subjects: [JSON],
        _ resourceRules: [JSON] = [resources()], _ pathRules: [JSON] = [paths()]
    ) -> FlowSchema {
        FlowSchema(
            name: name, level: level, precedence: precedence, distinguisher: distinguisher, subjects: subjects,
            resources: resourceRules, paths: pathRules)
    }

    private static var schemas: [FlowSchema] {
        let everyone = groups("system:unauthenticated", "system:authenticated")
        let leases = "coordination.k8s.io"
        let leaders = users("system:kube-controller-manager", "system:kube-scheduler") + systemAccounts
        return [
            schema("exempt", "exempt", 1, by: "", groups("system:masters")),
            schema("catch-all", "catch-all", 10_000, by: "ByUser", everyone),
            schema("system-nodes", "system", 500, by: "ByUser", groups("system:nodes")),
            schema(
                "system-node-high", "node-high", 400, by: "ByUser", groups("system:nodes"),
                [
                    resources(["*"], "", ["nodes", "nodes/status"]),
                    resources(["*"], leases, ["leases"], clusterScope: false),
                ], []),
            schema(
                "probes", "exempt", 2, by: "", everyone, [], [paths(["get"], ["/healthz", "/readyz", "/livez"])]),
            schema(
                "system-leader-election", "leader-election", 100, by: "ByUser", leaders,
                [resources(["get", "create", "update"], leases, ["leases"], clusterScope: false)], []),
            schema(
                "kube-controller-manager", "workload-high", 800, by: "ByNamespace",
                users("system:kube-controller-manager")),
            schema("kube-scheduler", "workload-high", 800, by: "ByNamespace", users("system:kube-scheduler")),
            schema("kube-system-service-accounts", "workload-high", 900, by: "ByNamespace", systemAccounts),
            schema("service-accounts", "workload-low", 9_000, by: "ByUser", groups("system:serviceaccounts")),
            schema("global-default", "global-default", 9_900, by: "ByUser", everyone),
        ]
    }
}
