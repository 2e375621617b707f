import JSON
import TestKit
import Testing

@testable import KubeModel

/// Objects that no decoder would let through: the rules must stand them all the same.
@Suite struct CoreFuzzTests {
    private static let seeds: [(String, JSON)] = [
        ("Pod", PodFaultsTests.valid), ("Service", ServiceTests.valid),
        ("Namespace", ["metadata": ["name": "a", "labels": ["a": "b"]], "spec": ["finalizers": ["kubernetes"]]]),
        ("ConfigMap", ["metadata": ["name": "a"], "data": ["a": "b"], "binaryData": ["c": "YQ=="], "immutable": true]),
        ("Secret", ["metadata": ["name": "a"], "type": "kubernetes.io/dockercfg", "data": [".dockercfg": "e30="]]),
        (
            "Node",
            [
                "spec": ["podCIDRs": ["10.0.0.0/24", "fd00::/64"], "taints": [["key": "a", "effect": "NoExecute"]]],
                "status": [
                    "capacity": ["cpu": "4"], "addresses": [["type": "InternalIP", "address": "1.2.3.4"]],
                    "conditions": [["type": "Ready", "status": "True"]],
                ],
            ]
        ),
        (
            "PersistentVolume",
            [
                "spec": [
                    "capacity": ["storage": "1Gi"], "accessModes": ["ReadWriteOnce"],
                    "csi": ["driver": "d", "volumeHandle": "h"],
                    "nodeAffinity": [
                        "required": ["nodeSelectorTerms": [["matchExpressions": [["key": "a", "operator": "Exists"]]]]]
                    ],
                ]
            ]
        ),
        (
            "PersistentVolumeClaim",
            [
                "spec": [
                    "accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]],
                    "dataSourceRef": ["kind": "PersistentVolumeClaim", "name": "x"],
                ], "status": ["capacity": ["storage": "1Gi"], "allocatedResources": ["storage": "2Gi"]],
            ]
        ),
        ("LimitRange", ["spec": ["limits": [["type": "Container", "max": ["cpu": "2"], "min": ["cpu": "1"]]]]]),
        (
            "ResourceQuota",
            ["spec": ["hard": ["pods": "5"], "scopes": ["BestEffort"]], "status": ["used": ["pods": "1"]]]
        ),
        ("Endpoints", ["subsets": [["addresses": [["ip": "10.0.0.1"]], "ports": [["port": 80]]]]]),
        (
            "Event",
            [
                "involvedObject": ["kind": "Pod", "name": "a"], "series": ["count": 2],
                "eventTime": "2026-01-01T00:00:00Z",
            ]
        ),
        ("ReplicationController", ["spec": ["template": ["spec": PodFaultsTests.valid["spec"]]]]),
        ("PodTemplate", ["template": ["spec": PodFaultsTests.valid["spec"]]]),
        ("ServiceAccount", ["secrets": [["name": "a"]]]), ("Binding", ["target": ["name": "n"]]),
        ("ComponentStatus", ["conditions": [["type": "Healthy", "status": "True"]]]),
    ]

    @Test("whatever is in an object, no rule crashes", arguments: Fuzz.seeds(4))
    func survives(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for (kind, object) in Self.seeds {
            let rules = AllKinds.rules(group: "", kind: kind)
            var old = object
            rules.defaults(&old)
            rules.prepareForCreate(&old)
            for _ in 0..<25 {
                var new = old
                for _ in 0..<Int.random(in: 1...3, using: &random) { Self.spoil(&new, &random) }
                Self.exercise(rules, new, old)
                Self.exercise(rules, old, new)
            }
        }
    }

    private static func exercise(_ rules: KindRules, _ given: JSON, _ old: JSON) {
        var new = given
        rules.defaults(&new)
        var created = new
        rules.prepareForCreate(&created)
        _ = rules.validate(created).map(\.description)
        var updated = new
        rules.prepareForUpdate(&updated, old)
        _ = rules.validateUpdate(updated, old).map(\.description)
        var status = new
        rules.prepareForStatusUpdate(&status, old)
        _ = rules.validateStatusUpdate(status, old)
        for update in rules.subresourceUpdates.values {
            var changed = new
            update.prepare(&changed, old)
            _ = update.validate(changed, old)
        }
        _ = rules.warnings(new, old) + rules.warnings(new, nil)
        _ = rules.selectableFields(new)
        _ = rules.gracePeriod(new, 3)
        if let table = rules.table { #expect(table.cells(new, 0).count == table.columns.count) }
    }

    private static let odd: [JSON] = [
        nil, true, false, 0, -1, 5, .int(.max), .int(.min), .number("1e400"), "", "x", "a/b/c", "../..", "-", "None",
        [], [:],
        [nil], [[]], [[:]], ["": nil], ["name": 1], "\u{0}\u{7F}", "é", "1e99999", "5n",
    ]

    /// One value somewhere becomes another.
    private static func spoil(_ json: inout JSON, _ random: inout SeededGenerator) {
        switch json {
        case .object(var members) where !members.isEmpty && Int.random(in: 0..<8, using: &random) > 0:
            let key = members.names[Int.random(in: 0..<members.count, using: &random)]
            var value = members[key] ?? .null
            spoil(&value, &random)
            members[key] = value
            json = .object(members)
        case .array(var elements) where !elements.isEmpty && Int.random(in: 0..<8, using: &random) > 0:
            let index = Int.random(in: 0..<elements.count, using: &random)
            if Bool.random(using: &random) { elements.append(elements[index]) }
            spoil(&elements[index], &random)
            json = .array(elements)
        default: json = odd[Int.random(in: 0..<odd.count, using: &random)]
        }
    }
}
