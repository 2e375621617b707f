import JSON
import TestKit
import Testing

@testable import KubeModel

@Suite struct StrategicMergePatchTests {
    private static let core = GroupVersion("", "v1")

    private func apply(_ row: PatchCase, _ type: SchemaType?) throws {
        try row.check { try StrategicMergePatch.apply($1, to: $0, type: type) }
    }

    @Test("a pod's spec is merged by its lists' keys", arguments: StrategicMergePatchCases.podSpec)
    func podSpec(_ row: PatchCase) throws {
        try apply(row, builtIn(StrategicMergePatchTests.core, "Pod").field("spec")?.type)
    }

    @Test("lists get the order that is asked for", arguments: StrategicMergePatchCases.order)
    func order(_ row: PatchCase) throws {
        try apply(row, builtIn(StrategicMergePatchTests.core, "Pod").field("spec")?.type)
    }

    @Test("metadata is merged", arguments: StrategicMergePatchCases.metadata)
    func metadata(_ row: PatchCase) throws {
        try apply(row, builtIn(StrategicMergePatchTests.core, "Pod").field("metadata")?.type)
    }

    @Test("a Deployment is merged down to its pods' template", arguments: StrategicMergePatchCases.deployment)
    func deployment(_ row: PatchCase) throws {
        try apply(row, builtIn(GroupVersion("apps", "v1"), "Deployment"))
    }

    @Test("a Service's ports are merged by number", arguments: StrategicMergePatchCases.serviceSpec)
    func service(_ row: PatchCase) throws {
        try apply(row, builtIn(StrategicMergePatchTests.core, "Service").field("spec")?.type)
    }

    @Test("there are at least a hundred cases")
    func enough() {
        let tables = [
            StrategicMergePatchCases.podSpec, StrategicMergePatchCases.order, StrategicMergePatchCases.metadata,
            StrategicMergePatchCases.deployment, StrategicMergePatchCases.serviceSpec,
        ]
        #expect(tables.map(\.count).reduce(0, +) >= 100)
    }

    @Test("random patches end, whatever they hold", arguments: Fuzz.seeds(4))
    func fuzz(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let type = try builtIn(StrategicMergePatchTests.core, "Pod")
        for _ in 0..<100 {
            let base = RandomJSON.object(&random, depth: 5), patch = RandomJSON.object(&random, depth: 5)
            _ = try? StrategicMergePatch.apply(patch, to: base, type: type)
            let merged = try MergePatch.apply(patch, to: base)
            // The first time a list may take an object's place with the nulls in it; from then on nothing changes.
            let again = try MergePatch.apply(patch, to: merged)
            #expect(try MergePatch.apply(patch, to: again) == again)
            _ = try? JSONPatch(["op": "add"])
            _ = try? JSONPatch(.array([RandomJSON.operation(&random), RandomJSON.operation(&random)])).apply(to: base)
        }
    }

    @Test("long lists are merged in linear time")
    func longLists() throws {
        let type = try builtIn(StrategicMergePatchTests.core, "Pod")
        let containers = (0..<20_000).map { JSON.object(JSONObject([("name", .string("c\($0)"))])) }
        let base: JSON = ["spec": ["containers": .array(containers)]]
        let clock = ContinuousClock()
        let took = try clock.measure {
            let result = try StrategicMergePatch.apply(
                ["spec": ["containers": .array(containers.reversed())]], to: base, type: type)
            #expect(result["spec"]["containers"].array?.count == 20_000)
        }
        #expect(took < .seconds(20))
    }
}

/// Random objects with the words that patches and pods use.
enum RandomJSON {
    private static let words = [
        "spec", "containers", "name", "env", "ports", "containerPort", "metadata", "finalizers", "labels", "$patch",
        "$retainKeys", "$setElementOrder/containers", "$deleteFromPrimitiveList/finalizers", "delete", "replace",
        "volumes",
        "a", "b", "op", "add", "remove", "path",
    ]

    static func object(_ random: inout SeededGenerator, depth: Int) -> JSON {
        var members = JSONObject()
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            members[words.randomElement(using: &random) ?? "a"] = value(&random, depth: depth - 1)
        }
        return .object(members)
    }

    static func operation(_ random: inout SeededGenerator) -> JSON {
        let path = (0..<Int.random(in: 0...3, using: &random)).map { _ in
            "/" + (words.randomElement(using: &random) ?? "")
        }
        return [
            "op": .string(["add", "remove", "replace", "move", "copy", "test"].randomElement(using: &random) ?? ""),
            "path": .string(path.joined()), "from": "/spec", "value": value(&random, depth: 2),
        ]
    }

    private static func value(_ random: inout SeededGenerator, depth: Int) -> JSON {
        switch Int.random(in: 0..<(depth > 0 ? 7 : 4), using: &random) {
        case 0: .null
        case 1: .int(Int64.random(in: 0...2, using: &random))
        case 2: .string(words.randomElement(using: &random) ?? "a")
        case 3: .bool(true)
        case 4: .array((0..<Int.random(in: 0...3, using: &random)).map { _ in value(&random, depth: depth - 1) })
        default: object(&random, depth: depth)
        }
    }
}
